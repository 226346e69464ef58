// Speaks what the operations router speaks, as a test tells it to. Only the routes that the page uses.
//
//     node tests/dashboard/stand_in.mjs [--services 7] [--port 8080] [--control] [--calm]
//
// shows the page over a simulation, to look at it.
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { joined } from "./page.mjs";
import { Simulation } from "./simulation.mjs";

export const circuit = (state = "closed", more = {}) => ({ state, in_state_seconds: 42, opened: 0, ...more });

export const sample = (at_ms, more = {}) => ({
  at_ms, calls_per_second: 0, successes_per_second: 0, failures_per_second: 0, rejections_per_second: 0, retries_per_second: 0,
  hedges_per_second: 0, fallbacks_per_second: 0, p50_seconds: null, p95_seconds: null, p99_seconds: null, ...more,
});

export const live = (name, more = {}) => ({
  name, kind: "custom", health: null, circuit_breaker: circuit(), rate_limit: null, bulkhead: null, retry_budget: { capacity: 100, left: 100 },
  ...more,
});

// The longer form that `services` gives of what `events` tells.
export function service({ sample: _, ...short }, more = {}) {
  return {
    ...short,
    circuit_breaker: { ...short.circuit_breaker, rejected: 0, consecutive_failures: 0, window: { calls: 0, failures: 0, slow_calls: 0 } },
    rate_limit: short.rate_limit && { strategy: "token_bucket", ...short.rate_limit },
    totals: {
      calls: 1234, attempts: 1300, successes: 1200, failures: { transient: 60, outcome_unknown: 3, throttled: 2, permanent: 1 }, timeouts: 3,
      deadlines: 0, retries: 66, hedges: 40, hedge_wins: 31, hedge_cancelled: 40, rejections: { circuit_breaker: 17, rate_limit: 0, bulkhead: 0 }, invalid_config: 0, abandoned: 1,
      broken_streams: 0, fallbacks: { cache: 5, call: 0, value: 0, registered: 0, failed: 0 },
      cache: { hits: 0, misses: 0, shared: 0, stale: 0, negative: 0, refreshes: 0 },
    },
    latency: {
      calls: { count: 1234, mean_seconds: 0.21, p50_seconds: 0.12, p90_seconds: 0.4, p95_seconds: 0.8, p99_seconds: 1.7, max_seconds: 4.2 },
      attempts: { count: 1300, mean_seconds: 0.18, p50_seconds: 0.11, p90_seconds: 0.35, p95_seconds: 0.7, p99_seconds: 1.5, max_seconds: 4.1 },
    },
    config: {
      enabled: true,
      values: [
        { key: "retry.max_attempts", value: "3", from: "preset of kind `llm`" },
        { key: "retry.base_delay", value: "500ms", from: "attribute" },
        { key: "circuit_breaker.failure_threshold", value: "5", from: "environment: CIRCUIT_FAILURE_THRESHOLD" },
      ],
      functions: [{ function: "app::complete", place: "src/main.rs:12", off: ["bulkhead"], idempotent: true, unretried_error: null, invalid: null, ignored: null }],
    },
    ...more,
  };
}

export class StandIn {
  constructor({ control = false, prefix = "", names = [] } = {}) {
    Object.assign(this, { control, prefix, version: "1.2.3", interval: 1, health: { status: "healthy", checks: {} }, history: {}, timeline: [] });
    this.services = new Map(names.map((name) => [name, live(name)]));
    this.more = new Map();
    this.readers = new Set();
    this.requests = [];
    this.commands = [];
    this.refuse = null;
    this.at = Date.UTC(2025, 10, 25, 12, 0, 0);
  }

  async start(port = this.port ?? 0) {
    const server = this.server = createServer((request, answer) => this.answer(request, answer));
    await new Promise((done, failed) => server.once("error", failed).listen(port, "127.0.0.1", done));
    this.port = server.address().port;
    this.url = `http://127.0.0.1:${this.port}${this.prefix}/dashboard`;
    return this;
  }

  async stop() {
    clearInterval(this.clock);
    this.readers.clear();
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }

  answer(request, answer) {
    this.requests.push(`${request.method} ${request.url}`);
    const json = (status, body) => answer.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    const path = request.url.startsWith(this.prefix + "/") ? request.url.slice(this.prefix.length) : "";
    const steered = path.match(/^\/services\/([^/]*)\/circuit$/);
    if (path === "/dashboard") answer.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(joined());
    else if (path === "/events") this.stream(answer);
    else if (path === "/services") json(200, { schema: 1, at_ms: this.at, app_version: this.version, totals: {}, services: this.sorted().map((one) => service(one, this.more.get(one.name))) });
    else if (steered && request.method === "POST" && this.control) this.steer(decodeURIComponent(steered[1]), request, json);
    else json(404, { error: "no such route" });
  }

  stream(answer) {
    answer.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    this.readers.add(answer);
    answer.on("close", () => this.readers.delete(answer));
    const { at, version, interval, history, timeline, control } = this;
    this.send("hello", { schema: 1, at_ms: at, app_version: version, interval_seconds: interval, history, timeline, control }, [answer]);
    if (!this.late) this.send("snapshot", this.now(), [answer]);
  }

  async steer(name, request, json) {
    let body = "";
    for await (const part of request) body += part;
    this.commands.push({ name, body: JSON.parse(body), type: request.headers["content-type"] });
    if (this.refuse) return json(...this.refuse);
    if (!this.services.has(name)) return json(404, { error: "no such service" });
    const state = { force_open: "forced_open", force_closed: "closed", reset: "closed", disable: "disabled" }[JSON.parse(body).action];
    this.turn(name, state);
    json(200, { service: name, state });
  }

  send(event, data, readers = this.readers) {
    for (const reader of readers) reader.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  sorted() {
    return [...this.services.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  now() {
    const services = this.sorted().map((one) => ({ ...one, sample: { ...sample(this.at), ...one.sample, at_ms: this.at } }));
    return { at_ms: this.at, health: this.health, services };
  }

  set(name, more) {
    this.services.set(name, { ...(this.services.get(name) ?? live(name)), ...more });
  }

  tick(seconds = 1) {
    for (let i = 0; i < seconds; i++) {
      this.at += 1000;
      this.send("snapshot", this.now());
    }
  }

  change(change) {
    const told = { at_ms: this.at, type: "circuit_breaker", service: null, from: null, to: null, retry_after_seconds: null, ...change };
    this.timeline = [...this.timeline, told].slice(-200);
    this.send("change", told);
  }

  turn(name, to, retry_after_seconds = null) {
    const { circuit_breaker: before } = this.services.get(name);
    this.set(name, { circuit_breaker: { ...before, state: to, in_state_seconds: 0, opened: before.opened + (to === "open") } });
    this.change({ service: name, from: before.state, to, retry_after_seconds });
  }

  missed(count) {
    this.send("missed", { count });
  }

  simulate(simulation) {
    this.at = Date.now() - 120_000;
    for (let i = 0; i < 120; i++) {
      this.at += 1000;
      simulation.step(this);
      for (const [name, one] of this.services) (this.history[name] ??= []).push({ ...one.sample, at_ms: this.at });
    }
    this.clock = setInterval(() => {
      this.at = Date.now();
      simulation.step(this);
      for (const [name, one] of this.services) this.history[name] = [...this.history[name], { ...one.sample, at_ms: this.at }].slice(-120);
      this.send("snapshot", this.now());
    }, 1000);
    return this;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const option = (name) => process.argv[process.argv.indexOf("--" + name) + 1];
  const has = (name) => process.argv.includes("--" + name);
  const server = new StandIn({ control: has("control") });
  await server.start(has("port") ? Number(option("port")) : 0);
  server.simulate(new Simulation({ services: has("services") ? Number(option("services")) : 7, calm: has("calm") }));
  console.log(server.url);
}
