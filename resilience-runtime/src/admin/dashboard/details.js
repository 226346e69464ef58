// ---- One service, at length. What does not come by the stream is fetched while this is open.

const details = byId("details");
const here = location.pathname.replace(/\/+$/, "");
const beside = (path) => here.slice(0, here.lastIndexOf("/") + 1) + path;
const AGAIN = 10_000;
let panel = null;

function openDetails(name) {
  const from = document.activeElement;
  closeDetails(false);
  panel = new Panel(name, from);
  view.details = name;
  keepView();
  drawSoon();
  panel.title.focus({ preventScroll: true });
}

function closeDetails(back = true) {
  if (!panel) return;
  clearTimeout(panel.timer);
  toggle(rows.get(panel.name)?.node ?? details, "data-open", "false");
  details.hidden = true;
  details.replaceChildren();
  const { from, name } = panel;
  panel = null;
  view.details = null;
  keepView();
  if (back) (rows.get(name)?.button ?? (from?.isConnected ? from : filter)).focus();
}

function figure(label, keys, svg, max) {
  const caption = make("figcaption", "", make("span", "", label), ...keys.map(([name, text]) => make("span", "key", make("i", name), text)));
  return make("figure", "flow", caption, svg, max, make("span", "tick t-from", "2 min ago"), make("span", "tick t-to", "now"));
}

class Panel {
  constructor(name, from) {
    Object.assign(this, { name, from, config: null });
    this.title = make("h2", "", make("bdi", "", name));
    this.title.id = "details-name";
    this.title.tabIndex = -1;
    this.glyph = glyph("unknown");
    this.state = new Cell(make("span"));
    const close = button("", "icon", () => closeDetails());
    close.append(glyph("close"));
    close.setAttribute("aria-label", "Close details");
    this.why = new Cell(make("p", "why"));
    const chart = (label, keys, height) => {
      const svg = drawn("svg", { viewBox: `0 0 480 ${height}`, preserveAspectRatio: "none", role: "img", "aria-label": label });
      const max = make("span", "tick t-max");
      return [new Chart(svg, max, 480, height), figure(label, keys, svg, max)];
    };
    let calls, latency;
    [this.calls, calls] = chart("Calls", [["k-calls", "calls"], ["k-fail", "failed"], ["k-rej", "rejected"]], 80);
    [this.latency, latency] = chart("Latency", [["k-p50", "p50"], ["k-p95", "p95"], ["k-p99", "p99"]], 80);
    this.now = new Map();
    this.grid = make("dl", "grid");
    this.events = make("ol", "d-events");
    this.rest = make("div");
    this.acts = make("div", "acts");
    this.acts.hidden = true;
    details.append(
      make("div", "d-top", make("div", "", this.title, make("p", "", this.glyph, this.state.node)), close),
      this.acts, this.why.node, calls, latency, make("h3", "", "Now"), this.grid, make("h3", "", "Its transitions"), this.events, this.rest,
    );
    details.hidden = false;
    details.scrollTop = 0;
    this.fetch();
  }

  draw() {
    const service = model.services.get(this.name);
    for (const [name, row] of rows) toggle(row.node, "data-open", String(name === this.name));
    if (!service) {
      setGlyph(this.glyph, "unknown");
      this.state.say(model.received == null ? "waiting for data" : "is not there");
      return;
    }
    const { live, recent, rank, reasons, samples } = service;
    setGlyph(this.glyph, live.circuit_breaker.state);
    this.state.say([`${word(live.circuit_breaker.state)} for ${age(live.circuit_breaker.in_state_seconds)}`, live.kind, live.health && "health: " + word(live.health)].filter(Boolean).join(" · "));
    this.why.look("why " + RANKS[reasons.length ? rank : 2]);
    this.why.say(reasons.length ? capital(reasons.map((reason) => reason.text).join("; ")) + "." : "Nothing is wrong.");
    this.calls.draw(samples, FLOW, 1, perSecond);
    this.latency.draw(samples, LATENCY, 0.001, span);
    const { retry_budget: budget, rate_limit: limit, bulkhead } = live;
    this.fact("Calls/s", rate(recent.calls));
    this.fact("Success", share(recent.success));
    this.fact("Rejected", share(recent.rejected));
    this.fact("Fallbacks/s", rate(recent.fallbacks));
    this.fact("p50", span(recent.p50));
    this.fact("p95", span(recent.p95));
    this.fact("p99", span(recent.p99));
    this.fact("Retries/s", rate(recent.retries));
    this.fact("Hedges/s", rate(recent.hedges));
    this.fact("Retry budget", budget ? `${rate(budget.left)} of ${rate(budget.capacity)}` : NONE);
    this.fact("Limit left", limit ? `${rate(limit.remaining)} of ${rate(limit.limit)}` : "none");
    this.fact("Bulkhead", bulkhead ? `${bulkhead.in_flight} of ${bulkhead.max_concurrent}` : "none");
    this.fact("Opened", count(live.circuit_breaker.opened) + " ×");
    this.drawEvents();
    this.drawActs();
  }

  fact(label, value) {
    if (!this.now.has(label)) {
      const cell = new Cell(make("dd"));
      this.grid.append(make("div", "", make("dt", "", label), cell.node));
      this.now.set(label, cell);
    }
    this.now.get(label).say(value);
  }

  drawEvents() {
    const own = model.timeline.filter((change) => change.service === this.name);
    if (this.last === own.at(-1) && this.drawnEvents === own.length) return;
    this.last = own.at(-1);
    this.drawnEvents = own.length;
    const last = own.slice(-8).reverse();
    this.events.replaceChildren(...(last.length ? last.map((change) => entry(change, false)) : [make("li", "note", "None yet.")]));
    // A new configuration is looked up at once.
    if (this.last?.type === "configured" && this.looked) this.fetch();
  }

  drawActs() {
    if (this.acts.hidden !== model.control) return;
    this.acts.hidden = !model.control;
    this.acts.replaceChildren(...(model.control ? controls(this.name) : []));
  }

  async fetch() {
    clearTimeout(this.timer);
    try {
      const answer = await fetch(beside("services"), { headers: { accept: "application/json" }, cache: "no-store" });
      if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
      const all = await answer.json();
      if (panel !== this) return;
      const found = all.services.find(({ name }) => name === this.name);
      this.looked = true;
      if (found) this.rest.replaceChildren(...facts(found));
      else this.rest.replaceChildren(make("p", "note", "The server does not know this service."));
    } catch (problem) {
      if (panel !== this) return;
      if (!this.looked) this.rest.replaceChildren(make("p", "note bad", "Totals and configuration could not be fetched: " + problem.message));
    }
    if (panel === this) this.timer = setTimeout(() => this.fetch(), AGAIN);
  }
}


