// Preloaded into a server that says nothing of the messages that it gets: it says which, as they come in.
"use strict";

const { IncomingMessage } = require("node:http");
const { Readable } = require("node:stream");

const push = Readable.prototype.push;
IncomingMessage.prototype.push = function (chunk, ...rest) {
  this.heard ??= [];
  if (chunk) {
    this.heard.push(Buffer.from(chunk));
  } else if (this.heard.length > 0) {
    const body = Buffer.concat(this.heard.splice(0)).toString();
    try {
      const { method, params } = JSON.parse(body);
      console.error(`heard ${method}${params?.name ? ` ${params.name}` : ""}`);
    } catch {
      // Not a message.
    }
  }
  return push.call(this, chunk, ...rest);
};
