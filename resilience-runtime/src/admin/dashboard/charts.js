// ---- Lines. Time is the server's: a gap in the data is a gap in the line.

const UP = [1, 1.5, 2, 3, 4, 5, 6, 8, 10];
function ceiling(value, least) {
  if (value <= least) return least;
  const power = 10 ** Math.floor(Math.log10(value));
  return power * UP.find((step) => step * power >= value * 0.999);
}

const greatest = (samples, field) => samples.reduce((most, sample) => Math.max(most, sample[field] ?? 0), 0);

const place = (at, width) => width - ((model.now - at) / model.interval) * (width / (KEEP - 1));

// The path of one field; closed down to the ground if it is an area. However little it is, what is more than zero is seen.
function path(samples, field, width, height, top, area, least = 0) {
  let line = "";
  let start = null;
  let last = null;
  const end = () => (area && start != null ? `L${last} ${height}L${start} ${height}Z` : "");
  let before = null;
  for (const sample of samples) {
    const value = sample[field];
    const x = place(sample.at_ms, width);
    if (value == null || x < -1) continue;
    const at = Math.round(x * 10) / 10;
    if (before == null || sample.at_ms - before > 2.5 * model.interval) {
      line += end();
      start = at;
      line += "M";
    } else {
      line += "L";
    }
    line += at + " " + Math.round((height - (value > 0 ? Math.max(least, Math.min(1, value / top) * height) : 0)) * 10) / 10;
    last = at;
    before = sample.at_ms;
  }
  return line + end();
}

function spells(service, width, y, wanted) {
  let line = "";
  for (const { state, from, to } of service.spells) {
    if ((state === "half_open") !== wanted) continue;
    const end = Math.min(width, place(to ?? model.now, width));
    if (end < 0) continue;
    const begin = Math.max(0, Math.min(place(from, width), end - 1.5));
    line += `M${begin.toFixed(1)} ${y}H${end.toFixed(1)}`;
  }
  return line;
}

class Sparkline {
  constructor() {
    this.svg = drawn("svg", { viewBox: "0 0 120 30", preserveAspectRatio: "none", "aria-hidden": "true" });
    const part = (name) => this.svg.appendChild(drawn("path", { class: name }));
    this.area = part("calls-area");
    this.line = part("calls-line");
    this.fail = part("fail-area");
    this.open = part("held-open");
    this.half = part("held-half");
  }
  draw(service) {
    const top = ceiling(greatest(service.samples, "calls_per_second"), 1);
    const line = path(service.samples, "calls_per_second", 120, 25, top, false);
    this.line.setAttribute("d", line);
    this.area.setAttribute("d", path(service.samples, "calls_per_second", 120, 25, top, true));
    const failed = greatest(service.samples, "failures_per_second") > 0;
    toggle(this.fail, "d", failed ? path(service.samples, "failures_per_second", 120, 25, top, true, 2) : "");
    toggle(this.open, "d", spells(service, 120, 28.5, false));
    toggle(this.half, "d", spells(service, 120, 28.5, true));
  }
}

// A chart with an axis: the overview's and the two of a service.
class Chart {
  constructor(svg, max, width, height) {
    Object.assign(this, { svg, max: new Cell(max), width, height, parts: new Map() });
    svg.append(drawn("path", { class: "base", d: `M0 ${height}H${width}` }));
  }
  part(name, d) {
    if (!this.parts.has(name)) this.parts.set(name, this.svg.appendChild(drawn("path", { class: name })));
    this.parts.get(name).setAttribute("d", d);
  }
  draw(samples, fields, least, unit) {
    const top = ceiling(Math.max(...fields.map(([field]) => greatest(samples, field))), least);
    for (const [field, name, area] of fields) {
      const nothing = name === "reject-line" && greatest(samples, field) === 0;
      this.part(name, nothing ? "" : path(samples, field, this.width, this.height, top, area, name === "fail-area" ? 1 : 0));
    }
    this.max.say(samples.length ? unit(top) : "");
  }
}

const FLOW = [["calls_per_second", "calls-area", true], ["calls_per_second", "calls-line", false], ["failures_per_second", "fail-area", true], ["rejections_per_second", "reject-line", false]];
const LATENCY = [["p50_seconds", "line-p50", false], ["p99_seconds", "line-p99", false], ["p95_seconds", "line-p95", false]];
const perSecond = (value) => rate(value) + "/s";
