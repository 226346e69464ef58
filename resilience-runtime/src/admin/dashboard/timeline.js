// ---- Transitions, newest first. Only these are read out.

const timeline = byId("timeline");
const entries = new Map();
let toSay = [];

function describe({ type, from, to, retry_after_seconds: seconds, count: missed }) {
  const later = seconds == null ? "" : ` for ${age(Math.ceil(seconds))}`;
  const step = from ? `${word(from)} → ${word(to)}` : word(to);
  switch (type) {
    case "circuit_breaker": return { glyph: to, text: step + later };
    case "circuit_breaker_key": return { glyph: to, text: "of one key: " + step + later };
    case "health": return { glyph: to, text: "health: " + step };
    case "cooldown": return { glyph: "cooldown", text: "requested back-off" + (seconds == null ? "" : ` for ${age(Math.ceil(seconds))}`) };
    case "configured": return { glyph: "note", text: "configured anew" };
    case "service": return { glyph: "note", text: "is here" };
    case "service_removed": return { glyph: "note", text: "was removed" };
    case "missed": return { glyph: "note", text: `${missed} changes came too fast for this page` };
    default: return { glyph: "note", text: word(type) + (to ? ": " + step : "") };
  }
}

function entry(change, named) {
  const { glyph: shape, text } = describe(change);
  const time = make("time", "", clockTime(change.at_ms));
  time.dateTime = new Date(change.at_ms).toISOString();
  time.title = new Date(change.at_ms).toLocaleString();
  const what = make("span", "what", text);
  what.title = text;
  const name = named && change.service != null ? button("", "", () => openDetails(change.service)) : null;
  if (name) {
    name.append(make("bdi", "", change.service));
    name.title = change.service;
  }
  return make("li", "event", time, glyph(shape), name, what);
}

function drawTimeline() {
  if (model.timelineIsNew) {
    model.timelineIsNew = false;
    entries.clear();
    timeline.replaceChildren();
    drawTimeline.quietly = true;
  }
  for (const change of model.timeline) {
    if (entries.has(change)) continue;
    const node = entry(change, true);
    if (!drawTimeline.quietly) node.classList.add("fresh");
    entries.set(change, node);
    timeline.prepend(node);
  }
  drawTimeline.quietly = false;
  if (entries.size > model.timeline.length) {
    const kept = new Set(model.timeline);
    for (const [change, node] of entries) if (!kept.has(change)) node.remove(), entries.delete(change);
  }
  byId("timeline-empty").hidden = model.timeline.length > 0;
}

function announce(change) {
  if (change.type !== "circuit_breaker" && change.type !== "health") return;
  toSay.push(`${change.service}: ${change.type === "health" ? "health " : "circuit "}${word(change.to)}`);
  if (toSay.length > 1) return;
  setTimeout(() => {
    byId("live").textContent = toSay.length > 4 ? `${toSay.slice(0, 3).join(". ")}. And ${toSay.length - 3} more changes.` : toSay.join(". ");
    toSay = [];
  }, 1000);
}
