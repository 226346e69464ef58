// ---- The stream, and its return when it is lost.

const link = byId("link");
const linkText = byId("link-text");
const banner = byId("banner");
let source = null;
let tries = 0;
let again = null;
let heard = performance.now();

function connect() {
  clearTimeout(again);
  source?.close();
  heard = performance.now();
  const stream = source = new EventSource(beside("events"));
  const on = (name, act) => stream.addEventListener(name, ({ data }) => {
    if (stream !== source) return;
    heard = performance.now();
    act(JSON.parse(data));
    drawSoon();
  });
  on("hello", (hello) => { greet(hello); tries = 0; });
  on("snapshot", (snapshot) => {
    take(snapshot);
    model.received = snapshot.at_ms;
    showLink("live");
    showTitle();
  });
  on("change", (received) => { change(received); announce(received); showTitle(); });
  on("missed", ({ count: missed }) => remember({ type: "missed", at_ms: model.now, service: null, count: missed }));
  stream.addEventListener("error", () => { if (stream === source) lost(); });
}

// The browser itself tries again only after some failures; this does after all.
function lost() {
  source?.close();
  source = null;
  showLink("lost");
  clearTimeout(again);
  again = setTimeout(connect, Math.min(10_000, 500 * 2 ** tries));
  tries += 1;
}

// A silent connection is lost, too: after a suspended laptop, or behind a proxy that dropped it.
setInterval(() => {
  if (source && performance.now() - heard > 5 * model.interval + 5000) lost();
}, 1000);
addEventListener("online", connect);

function showLink(state) {
  if (link.dataset.link !== state) {
    link.dataset.link = state;
    linkText.textContent = { live: "Live", lost: "Lost" }[state];
  }
  const wrong = model.schema !== 1 ? `The server speaks version ${model.schema} of the data, this page version 1: load the page anew. ` : "";
  const text = state === "lost" ? (model.received == null ? "No connection. Trying again." : `Connection lost. Data from ${clockTime(model.received)}. Trying again.`) : wrong;
  if (banner.textContent !== text) banner.textContent = text;
  banner.hidden = text === "";
}

// A tab in the background shows it too.
function showTitle() {
  let open = 0;
  for (const { live } of model.services.values()) open += live.circuit_breaker.state === "open" || live.circuit_breaker.state === "forced_open";
  const title = (open ? `(${open} open) ` : "") + "Services";
  if (document.title !== title) document.title = title;
}
