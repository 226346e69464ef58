// ---- Totals, health and the flow of all calls.

const tile = (id) => new Cell((byId(id).replaceChildren(), byId(id)));
const totals = Object.fromEntries(
  ["services", "services-sub", "trouble", "trouble-sub", "calls", "calls-sub", "success", "success-sub", "rejected", "retries", "retries-sub", "fallbacks", "slowest", "slowest-sub"]
    .map((name) => [name, tile("t-" + name)]),
);
const flow = new Chart(byId("flow"), byId("flow-max"), 480, 112);
const version = new Cell(byId("version"));
const checksGlyph = byId("checks-glyph").appendChild(glyph("unknown"));
const checksStatus = tile("checks-status");
const checksCount = tile("checks-count");

function tally() {
  const sum = { trouble: 0, watch: 0, idle: 0, calls: 0, successes: 0, failures: 0, rejections: 0, retries: 0, fallbacks: 0, slowest: null, retrying: 0 };
  for (const service of model.services.values()) {
    const { recent, rank, live } = service;
    sum.trouble += rank === 0;
    sum.watch += rank === 1;
    sum.idle += !recent.calls;
    sum.retrying += recent.retries > 0;
    for (const name of ["calls", "successes", "failures", "rejections", "retries", "fallbacks"]) sum[name] += recent[name] ?? 0;
    if (recent.p95 != null && !(sum.slowest?.recent.p95 >= recent.p95)) sum.slowest = service;
  }
  return sum;
}

function drawOverview() {
  const sum = tally();
  const some = model.services.size > 0;
  totals.services.say(String(model.services.size));
  totals["services-sub"].say(sum.idle ? `${sum.idle} idle` : some ? "all in use" : "\u00a0");
  totals.trouble.say(String(sum.trouble));
  totals["trouble-sub"].say(some ? `${sum.watch} to watch` : "\u00a0");
  byId("t-trouble-tile").className = sum.trouble ? "bad" : sum.watch ? "warn" : "";
  totals.calls.say(some ? rate(sum.calls) : NONE);
  totals["calls-sub"].say(sum.failures ? `${rate(sum.failures)} fail` : some ? "none fail" : "\u00a0");
  totals.success.say(share(sum.calls > 0 ? Math.min(1, sum.successes / sum.calls) : null));
  totals["success-sub"].say("of all calls");
  totals.rejected.say(some ? rate(sum.rejections) : NONE);
  totals.retries.say(some ? rate(sum.retries) : NONE);
  totals["retries-sub"].say(sum.retrying === 1 ? "1 service" : `${sum.retrying} services`);
  totals.fallbacks.say(some ? rate(sum.fallbacks) : NONE);
  totals.slowest.say(span(sum.slowest?.recent.p95));
  totals["slowest-sub"].say(sum.slowest?.name ?? "\u00a0");
  flow.draw(model.flow, FLOW, 1, perSecond);
  version.say(model.version);
  drawHealth();
}

const GRAVITY = { unhealthy: 0, degraded: 1, unknown: 2, healthy: 3 };

function drawHealth() {
  const checks = Object.entries(model.health?.checks ?? {});
  byId("checks").hidden = checks.length === 0;
  if (checks.length === 0) return;
  setGlyph(checksGlyph, model.health.status);
  checksStatus.say(capital(word(model.health.status)));
  checksCount.say(`${checks.filter(([, check]) => check.status === "healthy").length} of ${checks.length} checks healthy`);
  const key = JSON.stringify(checks);
  if (drawHealth.key === key) return;
  drawHealth.key = key;
  checks.sort(([a, one], [b, other]) => (GRAVITY[one.status] ?? 2) - (GRAVITY[other.status] ?? 2) || (a < b ? -1 : 1));
  byId("checks-list").replaceChildren(...checks.map(([name, check]) => {
    const label = make("bdi", "", name);
    label.title = name;
    return make("li", "", glyph(check.status), label, make("span", "", word(check.status) + (check.critical ? ", critical" : "")));
  }));
}

document.addEventListener("click", ({ target }) => { if (!byId("checks").contains(target)) byId("checks").open = false; });
