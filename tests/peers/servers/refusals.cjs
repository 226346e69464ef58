// Preloaded into a server that says nothing of the requests that it refuses: it says so, before the client knows.
"use strict";

const { ServerResponse } = require("node:http");

const writeHead = ServerResponse.prototype.writeHead;
ServerResponse.prototype.writeHead = function (status, ...rest) {
  if (status >= 400) {
    console.error(`refused ${status} ${this.req.method} ${this.req.url}`);
  }
  return writeHead.call(this, status, ...rest);
};
