// ---- The list: one row a service, kept for as long as the service is there.

const COLUMNS = ["calls", "success", "rejected", "p50", "p95", "p99", "retries"];
const rows = new Map();
const inSight = new Set();
const list = byId("rows");
const watcher = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (!isIntersecting) inSight.delete(target.row);
    else if (!inSight.has(target.row)) inSight.add(target.row), target.row.draw();
  }
}, { rootMargin: "200px" });

class Row {
  constructor(service) {
    this.service = service;
    this.node = make("div", "row body");
    this.node.row = this;
    toggle(this.node, "role", "row");
    this.button = button("", "name", () => openDetails(service.name));
    this.button.tabIndex = -1;
    const pool = service.live.target?.pool;
    const name = make("bdi", "", service.name);
    if (pool && service.name.startsWith(pool + "/")) {
      this.node.classList.add("target");
      name.replaceChildren(make("span", "pool", pool + "/"), service.name.slice(pool.length + 1));
    }
    this.kind = new Cell(make("span", "kind"));
    this.button.append(name, this.kind.node);
    this.button.title = service.name;
    const head = this.cell("c-name", this.button);
    toggle(head, "role", "rowheader");

    this.stateGlyph = glyph(service.live.circuit_breaker.state);
    this.state = new Cell(make("span", "state"));
    this.since = new Cell(make("span", "for"));
    this.cell("c-circuit", this.stateGlyph, this.state.node, this.since.node);
    this.sparkline = new Sparkline();
    this.cell("c-spark", this.sparkline.svg);
    for (const column of COLUMNS) this[column] = new Cell(this.cell("c-" + column + " n"));
    for (const column of ["budget", "limit", "bulkhead"]) {
      const meter = make("span", "meter");
      const text = make("span");
      meter.append(text, make("i"));
      const cell = this.cell("c-" + column + " n", meter);
      this[column] = { cell: new Cell(text), look: new Cell(meter), box: cell, part: null };
    }
    this.healthGlyph = glyph("note");
    this.health = new Cell(make("span", "state"));
    this.cell("c-health", this.healthGlyph, this.health.node);
    this.node.addEventListener("click", (event) => {
      if (!this.button.contains(event.target) && !getSelection().toString()) openDetails(service.name);
    });
    watcher.observe(this.node);
  }

  cell(className, ...inside) {
    const node = make("span", className, ...inside);
    node.setAttribute("role", "cell");
    this.node.append(node);
    return node;
  }

  isNew() {
    const { live, rank } = this.service;
    return this.drawnRank !== rank || this.drawnState !== live.circuit_breaker.state || this.drawnHealth !== live.health;
  }

  draw() {
    const { live, recent, rank, reasons } = this.service;
    const { state, in_state_seconds: seconds } = live.circuit_breaker;
    if (this.drawnRank !== rank) toggle(this.node, "data-rank", RANKS[this.drawnRank = rank]);
    if (this.drawnState !== state) {
      this.drawnState = state;
      setGlyph(this.stateGlyph, state);
      toggle(this.node, "data-circuit", state);
      this.state.say(word(state));
      this.state.look("state is-" + state);
    }
    this.since.say(age(seconds));
    this.kind.say(live.target ? targetOf(live.target) : live.kind ?? "");
    if (this.drawnHealth !== live.health) {
      this.drawnHealth = live.health;
      this.healthGlyph.style.display = live.health ? "" : "none";
      if (live.health) setGlyph(this.healthGlyph, live.health);
      this.health.say(live.health ? word(live.health) : NONE);
      this.health.look("state is-" + live.health);
    }
    this.number("calls", rate(recent.calls), !recent.calls);
    this.number("success", share(recent.success), recent.success == null, recent.success == null ? "" : recent.success < 0.5 ? "bad" : recent.success < 0.9 ? "warn" : "");
    this.number("rejected", share(recent.rejected), !recent.rejected, recent.rejected > 0 ? "warn" : "");
    for (const name of ["p50", "p95", "p99"]) this.number(name, span(recent[name]), recent[name] == null);
    this.number("retries", rate(recent.retries), !recent.retries);

    const { retry_budget: budget, rate_limit: limit, bulkhead } = live;
    const left = budget && budget.capacity > 0 ? budget.left / budget.capacity : null;
    this.meter("budget", left, left == null ? NONE : whole(left), left < 0.05 ? "bad" : left < 0.25 ? "warn" : "",
      budget ? `${rate(budget.left)} of ${rate(budget.capacity)} retries left` : "");
    const coolingDown = limit?.cooldown_seconds > 0;
    this.meter("limit", limit?.level ?? null, !limit ? NONE : coolingDown ? "cooldown" : whole(limit.level), coolingDown || limit?.level <= 0.02 ? "warn" : "",
      limit ? limitsOf(limit).map((one) => `${rate(one.remaining)} of ${rate(one.limit)}${unitOf(one)} in ${span(one.period_seconds)} left`).join(", ") + (coolingDown ? `; cooling down for ${span(limit.cooldown_seconds)}` : "") : "no rate limit");
    const full = bulkhead && bulkhead.in_flight >= bulkhead.max_concurrent;
    this.meter("bulkhead", bulkhead ? bulkhead.in_flight / bulkhead.max_concurrent : null, bulkhead ? `${count(bulkhead.in_flight)}/${count(bulkhead.max_concurrent)}` : NONE, full ? "warn" : "",
      bulkhead ? `${bulkhead.in_flight} of ${bulkhead.max_concurrent} running` : "no bulkhead");
    const why = reasons.map((reason) => reason.text).join("; ");
    if (this.why !== why) this.node.title = this.why = why;
    if (inSight.has(this)) this.sparkline.draw(this.service);
  }

  number(name, text, zero, look = "") {
    this[name].say(text);
    this[name].look("c-" + name + " n" + (zero ? " zero" : "") + (look ? " " + look : ""));
  }

  meter(name, part, text, look, title) {
    const meter = this[name];
    meter.cell.say(text);
    meter.look.look("meter " + (part == null ? "none" : look));
    const look2 = "c-" + name + " n " + (part == null ? "zero" : look);
    if (meter.box.className !== look2) meter.box.className = look2;
    const rounded = part == null ? 0 : Math.round(Math.max(0, Math.min(1, part)) * 100);
    if (meter.part !== rounded) meter.look.node.style.setProperty("--part", (meter.part = rounded) + "%");
    if (meter.title !== title) meter.box.title = meter.title = title;
  }
}

const targetOf = ({ latency_seconds: latency, in_flight: running, weight }) =>
  (latency == null ? "" : span(latency) + ", ") + count(running) + " running" + (weight ? ", weight " + rate(weight) : "");

const whole = (part) => (part > 0 && part < 0.005 ? "<1" : part < 1 ? Math.min(99, Math.round(part * 100)) : 100) + THIN + "%";

const TURNS = 5;
let turn = 0;
let pointerMoved = -Infinity;
list.addEventListener("pointermove", () => { pointerMoved = performance.now(); }, { passive: true });
list.addEventListener("pointerleave", () => { pointerMoved = -Infinity; });

function drawRows() {
  let others = rows.size < model.services.size;
  for (const [name, row] of rows) {
    if (model.services.get(name) === row.service) continue;
    others = true;
    if (model.services.has(name)) {
      row.service = model.services.get(name);
      continue;
    }
    watcher.unobserve(row.node);
    inSight.delete(row);
    row.node.remove();
    rows.delete(name);
  }
  // Nothing moves away under a pointer that is about to click.
  if (others || (model.orderIsOld && performance.now() - pointerMoved > 1500)) {
    putInOrder();
    arrange();
  }
  // Rows out of view are updated in turns. Their state is always current, and they are drawn when they come into view.
  turn = (turn + 1) % TURNS;
  model.order.forEach((service, at) => {
    const row = rows.get(service.name);
    if (inSight.has(row) || at % TURNS === turn || row.isNew()) row.draw();
  });
  filterRows();
}

function arrange() {
  const focused = document.activeElement;
  let next = list.firstChild;
  for (const service of model.order) {
    let row = rows.get(service.name);
    if (!row) rows.set(service.name, row = new Row(service));
    if (row.node === next) next = next.nextSibling;
    else list.insertBefore(row.node, next);
  }
  if (focused !== document.activeElement && list.contains(focused)) focused.focus({ preventScroll: true });
  if (!list.querySelector('.name[tabindex="0"]') && list.firstChild) list.firstChild.row.button.tabIndex = 0;
}

function moveFocus(step) {
  const visible = [...list.children].filter((node) => !node.hidden);
  const at = visible.indexOf(document.activeElement?.closest?.(".body"));
  const to = visible[at < 0 ? 0 : Math.max(0, Math.min(visible.length - 1, at + step))];
  if (!to) return;
  to.row.button.focus();
  to.scrollIntoView({ block: "nearest" });
}

list.addEventListener("focusin", ({ target }) => {
  if (!target.classList.contains("name")) return;
  for (const node of list.querySelectorAll('.name[tabindex="0"]')) node.tabIndex = -1;
  target.tabIndex = 0;
});
