// ---- What is known: filled by the stream, read by everything that is drawn.

const KEEP = 120;
const RECENT = 10;
const CALM = 5000;
const RANKS = ["trouble", "watch", "fine"];

const model = {
  connected: false, received: null, now: 0, interval: 1000, version: "", control: false, schema: 1,
  health: null, services: new Map(), timeline: [], order: [], flow: [], orderIsOld: false,
};

class Service {
  constructor(live) {
    this.name = live.name;
    this.samples = [];
    this.spells = [];
    this.rank = 2;
    this.calmSince = null;
    this.opened = false;
    this.live = live;
  }

  take(live, now) {
    this.live = live;
    if (live.sample) this.keep(live.sample);
    this.recent = recentOf(this.samples, now);
    this.judge(now);
  }

  keep(sample) {
    const last = this.samples.at(-1);
    if (last && sample.at_ms <= last.at_ms) return;
    this.samples.push(sample);
    if (this.samples.length > KEEP) this.samples.shift();
  }

  // A worse state counts at once, a better one when it has lasted: a row does not jump to and fro.
  judge(now) {
    this.reasons = reasonsOf(this.live, this.recent);
    const rank = this.reasons.length ? Math.min(...this.reasons.map((reason) => reason.rank)) : 2;
    if (rank <= this.rank) {
      this.calmSince = null;
    } else if (this.calmSince == null) {
      this.calmSince = now;
      return;
    } else if (now - this.calmSince < CALM) {
      return;
    }
    if (rank !== this.rank) {
      this.rank = rank;
      this.calmSince = null;
      model.orderIsOld = true;
    }
  }
}

function recentOf(samples, now) {
  const from = now - RECENT * model.interval - model.interval / 2;
  const sum = { calls: 0, successes: 0, failures: 0, rejections: 0, retries: 0, hedges: 0, fallbacks: 0 };
  let taken = 0;
  let timed = null;
  for (let at = samples.length - 1; at >= 0 && taken < RECENT && samples[at].at_ms > from; at--) {
    const sample = samples[at];
    taken += 1;
    sum.calls += sample.calls_per_second;
    sum.successes += sample.successes_per_second;
    sum.failures += sample.failures_per_second;
    sum.rejections += sample.rejections_per_second;
    sum.retries += sample.retries_per_second;
    sum.hedges += sample.hedges_per_second ?? 0;
    sum.fallbacks += sample.fallbacks_per_second;
    timed ??= sample.p50_seconds == null ? null : sample;
  }
  for (const name in sum) sum[name] = taken ? sum[name] / taken : null;
  sum.success = sum.calls > 0 ? Math.min(1, sum.successes / sum.calls) : null;
  sum.rejected = sum.calls > 0 ? Math.min(1, sum.rejections / sum.calls) : null;
  sum.p50 = timed?.p50_seconds ?? null;
  sum.p95 = timed?.p95_seconds ?? null;
  sum.p99 = timed?.p99_seconds ?? null;
  return sum;
}

function reasonsOf(live, recent) {
  const reasons = [];
  const add = (rank, text) => reasons.push({ rank, text });
  const { circuit_breaker: circuit, rate_limit: limit, bulkhead, retry_budget: budget } = live;
  if (circuit.state === "open") add(0, "the circuit is open: calls are rejected until it is probed");
  if (circuit.state === "forced_open") add(0, "the circuit is forced open: calls are rejected until it is reset");
  if (circuit.state === "half_open") add(1, "the circuit is half-open: probes decide");
  if (live.health === "unhealthy") add(0, "its health check fails");
  if (live.health === "degraded") add(1, "its health check is degraded");
  if (recent.failures > 0 && recent.calls > 0 && recent.failures / recent.calls >= 0.1) add(1, share(recent.failures / recent.calls) + " of its calls fail");
  if (recent.rejections > 0) add(1, rate(recent.rejections) + " calls/s are rejected");
  if (budget && budget.capacity > 0 && budget.left / budget.capacity < 0.25) add(1, share(budget.left / budget.capacity) + " of the retry budget is left");
  if (limit?.cooldown_seconds > 0) add(1, "the server requested back-off for " + age(Math.ceil(limit.cooldown_seconds)));
  else if (limit && limit.level <= 0.02) add(1, "the rate limit is used up");
  if (bulkhead && bulkhead.in_flight >= bulkhead.max_concurrent) add(1, "the bulkhead is full");
  return reasons;
}

function greet(hello) {
  Object.assign(model, { version: hello.app_version ?? "", control: hello.control === true, schema: hello.schema, now: hello.at_ms });
  model.interval = (hello.interval_seconds || 1) * 1000;
  // The history of the server replaces that of the page, since the server may have restarted. The rows stay until its first snapshot.
  model.isAnew = true;
  model.flow = [];
  model.history = new Map(Object.entries(hello.history ?? {}));
  model.timeline = [];
  model.timelineIsNew = true;
  for (const change of hello.timeline ?? []) remember(change);
}

function take(snapshot) {
  model.now = snapshot.at_ms;
  model.health = snapshot.health ?? null;
  if (model.isAnew) model.services.clear();
  model.isAnew = false;
  const seen = new Set();
  for (const live of snapshot.services) {
    seen.add(live.name);
    let service = model.services.get(live.name);
    if (!service) {
      service = new Service(live);
      const history = model.history?.get(live.name) ?? [];
      model.history?.delete(live.name);
      for (const sample of history) service.keep(sample);
      if (!live.target) addUp(history);
      for (const change of model.timeline) spell(service, change);
      model.services.set(live.name, service);
      model.orderIsOld = true;
    }
    service.take(live, model.now);
  }
  for (const name of model.services.keys()) {
    if (!seen.has(name) && model.services.delete(name)) model.orderIsOld = true;
  }
  // What a target counts, the service counts whose target it is.
  addUp(snapshot.services.filter((live) => !live.target).map((live) => live.sample), snapshot.at_ms);
}

// The sum over all services, by the second. History and snapshots meet in the same places.
function addUp(samples, at) {
  const sums = new Map(model.flow.map((sum) => [Math.round(sum.at_ms / model.interval), sum]));
  if (at != null) sums.delete(Math.round(at / model.interval));
  for (const sample of samples) {
    if (!sample) continue;
    const slot = Math.round((at ?? sample.at_ms) / model.interval);
    let sum = sums.get(slot);
    if (!sum) sums.set(slot, sum = { at_ms: at ?? sample.at_ms, calls_per_second: 0, failures_per_second: 0, rejections_per_second: 0 });
    sum.calls_per_second += sample.calls_per_second;
    sum.failures_per_second += sample.failures_per_second;
    sum.rejections_per_second += sample.rejections_per_second;
  }
  model.flow = [...sums.values()].sort((a, b) => a.at_ms - b.at_ms).slice(-KEEP);
}

function change(change) {
  remember(change);
  const service = model.services.get(change.service);
  if (!service) return;
  spell(service, change);
  if (change.type === "circuit_breaker" && change.to) {
    service.live.circuit_breaker = { ...service.live.circuit_breaker, state: change.to, in_state_seconds: 0 };
    service.judge(Math.max(model.now, change.at_ms));
  }
  if (change.type === "health" && change.to) {
    service.live.health = change.to;
    service.judge(Math.max(model.now, change.at_ms));
  }
}

function remember(change) {
  model.timeline.push(change);
  if (model.timeline.length > 200) model.timeline.shift();
}

// The times at which a circuit was not closed, for the line below its calls.
function spell(service, change) {
  if (change.type !== "circuit_breaker" || change.service !== service.name) return;
  const last = service.spells.at(-1);
  if (last && last.to == null) last.to = change.at_ms;
  if (change.to !== "closed" && change.to !== "disabled") service.spells.push({ state: change.to, from: change.at_ms, to: null });
  if (service.spells.length > 100) service.spells.shift();
}

// Targets stand below the service whose targets they are, and all of them where the one with the most trouble would.
function putInOrder() {
  const family = (service) => service.live.target?.pool ?? service.name;
  const ranks = new Map();
  for (const service of model.services.values()) ranks.set(family(service), Math.min(service.rank, ranks.get(family(service)) ?? 2));
  const compare = (a, b) => a < b ? -1 : a > b ? 1 : 0;
  const before = (a, b) => ranks.get(family(a)) - ranks.get(family(b)) || compare(family(a), family(b))
    || compare(a.name !== family(a), b.name !== family(b)) || a.rank - b.rank || compare(a.name, b.name);
  model.order = [...model.services.values()].sort(before);
  model.orderIsOld = false;
}
