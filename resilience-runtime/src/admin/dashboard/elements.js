// ---- Elements. Text gets in as text and in no other way: names may contain anything.

const byId = (id) => document.getElementById(id);

function make(tag, className, ...inside) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...inside.filter((part) => part != null));
  return node;
}

function drawn(tag, attributes) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const name in attributes) node.setAttribute(name, attributes[name]);
  return node;
}

const GLYPHS = new Set(["closed", "open", "half_open", "forced_open", "disabled", "healthy", "degraded", "unhealthy", "unknown", "cooldown", "note", "close"]);

function glyph(state) {
  const svg = drawn("svg", { "aria-hidden": "true" });
  svg.append(drawn("use", {}));
  setGlyph(svg, state);
  return svg;
}

function setGlyph(svg, state) {
  const known = GLYPHS.has(state) ? state : "unknown";
  svg.setAttribute("class", "glyph is-" + known);
  svg.firstChild.setAttribute("href", "#g-" + known);
}

function button(text, className, act) {
  const node = make("button", className, text);
  node.type = "button";
  node.addEventListener("click", act);
  return node;
}

// Touches the page only where something differs: at one update a second most cells stay as they are.
class Cell {
  constructor(node) {
    this.node = node;
    this.text = document.createTextNode("");
    this.node.append(this.text);
    this.className = node.className;
  }
  say(text) {
    if (this.text.data !== text) this.text.data = text;
  }
  look(className) {
    if (this.className !== className) this.node.className = this.className = className;
  }
}

function toggle(node, name, value) {
  if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}
