// An MCP server of the TypeScript SDK that takes orders. It speaks the versions with sessions alone.
//
// usage: typescript_orders.mjs SDK CALL_LOG PORT
//
// SDK is the folder of the package. It leaves the lines of orders.py in CALL_LOG.

import { randomUUID } from "node:crypto";
import fs from "node:fs";
import http from "node:http";

const [sdk, callLog, port] = process.argv.slice(2);
const { Server } = await import(`${sdk}/dist/esm/server/index.js`);
const { StreamableHTTPServerTransport } = await import(`${sdk}/dist/esm/server/streamableHttp.js`);
const { CallToolRequestSchema, ErrorCode, ListToolsRequestSchema, McpError } = await import(
  `${sdk}/dist/esm/types.js`
);
const { version } = JSON.parse(fs.readFileSync(`${sdk}/package.json`, "utf8"));

const note = (line) => fs.appendFileSync(callLog, `${line}\n`);
const began = (tool) => fs.readFileSync(callLog, "utf8").split("\n").filter((line) => line === `began ${tool}`).length;
const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

const tools = {
  place_order: {
    readOnly: false,
    async run({ item, seconds = 0 }) {
      note("began place_order");
      const number = began("place_order");
      await pause(seconds);
      note("ended place_order");
      return `order ${number}: ${item}`;
    },
  },
  orders: {
    readOnly: true,
    async run() {
      return String(began("place_order"));
    },
  },
  hang_once: {
    readOnly: true,
    async run() {
      note("began hang_once");
      if (began("hang_once") === 1) await new Promise(() => {});
      note("ended hang_once");
      return "done";
    },
  },
};

function orders() {
  const server = new Server({ name: "orders", version }, { capabilities: { tools: {} } });
  server.setRequestHandler(ListToolsRequestSchema, () => ({
    tools: Object.entries(tools).map(([name, { readOnly }]) => ({
      name,
      inputSchema: { type: "object" },
      annotations: { readOnlyHint: readOnly, destructiveHint: false, idempotentHint: false },
    })),
  }));
  server.setRequestHandler(CallToolRequestSchema, async ({ params }) => {
    const tool = tools[params.name];
    if (!tool) throw new McpError(ErrorCode.InvalidParams, `Tool ${params.name} not found`);
    return { content: [{ type: "text", text: await tool.run(params.arguments ?? {}) }] };
  });
  return server;
}

const sessions = new Map();
const listener = http.createServer(async (request, response) => {
  const id = request.headers["mcp-session-id"];
  let transport = sessions.get(id);
  if (!transport) {
    // One that was never initialized says so to whoever has a session of a former process.
    transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (session) => sessions.set(session, transport),
    });
    await orders().connect(transport);
  }
  await transport.handleRequest(request, response);
});
note(`serves ${process.pid}`);
listener.listen(Number(port), "127.0.0.1");
