// Plausible lives of services, the same in every run: traffic, incidents that come and go, what the patterns make of them.
import { live, sample } from "./stand_in.mjs";

const NAMES = ["anthropic", "billing-db", "embeddings", "mcp-search", "openai", "orders-db", "vault"];
const KINDS = ["llm", "database", "llm", "mcp", "llm", "database", "secret"];
const USUAL = { llm: [9, 0.42], database: [140, 0.004], mcp: [5, 0.09], secret: [0.6, 0.018], custom: [30, 0.05] };

function generator(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

export class Simulation {
  constructor({ services = 7, calm = false, seed = 7 } = {}) {
    this.random = generator(seed);
    this.calm = calm;
    this.second = 0;
    this.lives = Array.from({ length: services }, (_, i) => {
      const kind = i < NAMES.length ? KINDS[i] : Object.keys(USUAL)[i % 5];
      const name = i < NAMES.length ? NAMES[i] : `${["tenant", "shard", "region", "queue"][i % 4]}-${String(i).padStart(3, "0")}-${kind}`;
      const [calls, latency] = USUAL[kind];
      // In a large company a few services have an incident, each at a time of its own.
      const sick = !calm && (i < NAMES.length ? i === 1 || i === 4 || i === 3 : i % 41 === 0);
      return { name, kind, calls: calls * (0.5 + this.random()), latency, sick, phase: Math.floor(this.random() * 60), state: "closed", since: -3600 * (1 + i % 70), opened: 0, budget: 100, idle: i > 12 && i % 17 === 0 };
    });
  }

  step(server) {
    this.second += 1;
    for (const one of this.lives) this.live(one, server);
    const checks = {};
    for (const { name, kind, state } of this.lives) {
      if (kind === "database" || kind === "secret") checks[name] = { status: state === "open" ? "unhealthy" : "healthy", critical: kind === "database" };
    }
    const sick = Object.values(checks).some(({ status }) => status !== "healthy");
    server.health = { status: sick ? "degraded" : "healthy", checks };
    for (const [name, { status }] of Object.entries(checks)) server.set(name, { health: status });
  }

  live(one, server) {
    const time = (this.second + one.phase) % 90;
    const failing = one.sick && time > 58 ? (time > 66 ? 0.9 : 0.3) : 0;
    const turn = (to, later = null) => {
      const from = one.state;
      one.state = to;
      one.since = this.second;
      one.opened += to === "open";
      if (server.services.has(one.name)) server.change({ service: one.name, from, to, retry_after_seconds: later });
    };
    if (one.state === "closed" && time === 70 && one.sick) turn("open", 12);
    else if (one.state === "open" && this.second - one.since >= 12) turn("half_open");
    else if (one.state === "half_open" && this.second - one.since >= 3) turn(failing ? "open" : "closed", failing ? 12 : null);

    const wave = 1 + 0.25 * Math.sin((this.second + one.phase) / 9) + 0.18 * (this.random() - 0.5);
    const calls = one.idle ? 0 : one.calls * Math.max(0.05, wave);
    const rejected = one.state === "open" ? calls : one.state === "half_open" ? calls * 0.7 : 0;
    const failures = (calls - rejected) * Math.min(1, failing * (0.7 + 0.3 * this.random()) + (this.random() < 0.04 ? 0.02 : 0));
    const retries = failures * 1.4;
    one.budget = Math.max(0, Math.min(100, one.budget - retries * 0.6 + (calls - rejected - failures) * 0.1));
    const slow = one.latency * (1 + failing * 2) * (0.9 + 0.2 * this.random());
    const timed = calls - rejected > 0.05;
    const limited = one.kind === "llm";
    const level = Math.max(0, Math.min(1, 0.62 - 0.3 * Math.sin((this.second + one.phase) / 14) - failing * 0.4));
    server.set(one.name, {
      ...live(one.name), kind: one.kind,
      circuit_breaker: { state: one.state, in_state_seconds: this.second - one.since, opened: one.opened },
      rate_limit: limited ? { limit: 600, period_seconds: 60, remaining: Math.floor(600 * level), level, cooldown_seconds: one.name === "embeddings" && !this.calm && this.second % 100 > 70 ? 100 - (this.second % 100) : 0 } : null,
      bulkhead: one.kind === "database" ? { max_concurrent: 32, in_flight: Math.min(32, Math.round(calls * slow * 4)) } : null,
      retry_budget: { capacity: 100, left: one.budget },
      sample: sample(0, {
        calls_per_second: calls, successes_per_second: calls - rejected - failures, failures_per_second: failures, rejections_per_second: rejected,
        retries_per_second: retries, fallbacks_per_second: rejected * 0.8,
        p50_seconds: timed ? slow : null, p95_seconds: timed ? slow * 2.3 : null, p99_seconds: timed ? slow * (3.6 + this.random()) : null,
      }),
    });
  }
}
