// ---- Which rows are seen. Kept in the address, so that it can be passed on.

const filter = byId("filter");
const only = byId("only");
const shown = new Cell(byId("shown"));
const emptyTitle = new Cell(make("span"));
const emptyText = new Cell(make("span"));
byId("empty-title").replaceChildren(emptyTitle.node);
byId("empty-text").replaceChildren(emptyText.node);
const asked = new URLSearchParams(location.hash.slice(1));
filter.value = asked.get("filter") ?? "";
const view = { words: [], trouble: asked.get("only") === "trouble", details: asked.get("service") };

function readFilter() {
  view.words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
  toggle(only, "aria-pressed", String(view.trouble));
}
readFilter();

function keepView() {
  const now = new URLSearchParams();
  if (filter.value) now.set("filter", filter.value);
  if (view.trouble) now.set("only", "trouble");
  if (view.details != null) now.set("service", view.details);
  history.replaceState(null, "", location.pathname + location.search + (now.size ? "#" + now : ""));
}

filter.addEventListener("input", () => { readFilter(); keepView(); drawSoon(); });
only.addEventListener("click", () => { view.trouble = !view.trouble; readFilter(); keepView(); drawSoon(); });

function matches({ name, rank, live }) {
  if (view.trouble && rank === 2) return false;
  if (view.words.length === 0) return true;
  const text = [name, live.kind ?? "", word(live.circuit_breaker.state), live.health ?? ""].join(" ").toLowerCase();
  return view.words.every((part) => text.includes(part));
}

function filterRows() {
  let visible = 0;
  for (const service of model.order) {
    const row = rows.get(service.name);
    const seen = matches(service);
    if (row.node.hidden === seen) row.node.hidden = !seen;
    if (seen) visible += 1;
  }
  const all = model.services.size;
  shown.say(all === 0 || visible === all ? "" : `${visible} of ${all}`);
  byId("empty").hidden = visible > 0;
  if (visible > 0) return;
  if (model.received == null) emptyTitle.say("Waiting for the first data"), emptyText.say("");
  else if (all === 0) emptyTitle.say("No service yet"), emptyText.say("A service appears here at its first call.");
  else if (view.words.length) emptyTitle.say("No service matches"), emptyText.say(`${all} are hidden by the filter.`);
  else emptyTitle.say("No trouble"), emptyText.say(all === 1 ? "The one service is fine." : `All ${all} services are fine.`);
}
