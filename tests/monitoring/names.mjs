// Compares the names, labels and label values that the alerts and the Grafana dashboard use with those of a text that `/metrics` gave.
//
//     names.mjs METRICS.txt alerts.yml grafana-dashboard.json RULES_OUT.yml
//
// writes Grafana's queries as rules, its variables filled in, so that promtool can check them too.
import { readFileSync, writeFileSync } from "node:fs";

const [metricsFile, alertsFile, dashboardFile, rulesFile] = process.argv.slice(2);
// Prometheus adds these itself.
const TARGET = new Set(["job", "instance"]);
// Whatever the users' own names and numbers are.
const FREE = new Set(["service", "kind", "check", "le"]);

const exposed = new Map();
for (const line of readFileSync(metricsFile, "utf8").split("\n")) {
  const found = line.match(/^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? \S+/);
  if (!found) continue;
  const labels = exposed.get(found[1]) ?? new Map();
  for (const [, label, value] of (found[2] ?? "").matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) labels.set(label, (labels.get(label) ?? new Set()).add(value));
  exposed.set(found[1], labels);
}
if (exposed.size === 0) throw new Error(`${metricsFile} holds no metrics`);

const dashboard = JSON.parse(readFileSync(dashboardFile, "utf8"));
const queries = [];
for (const panel of dashboard.panels) for (const target of panel.targets ?? []) queries.push([`panel "${panel.title}"`, target.expr, target.legendFormat]);
for (const note of dashboard.annotations.list) queries.push([`annotation "${note.name}"`, note.expr, note.titleFormat]);
const variables = dashboard.templating.list.filter(({ type }) => type === "query").map(({ name, query }) => [`variable ${name}`, query.query, ""]);
// An alert is read as text from its `expr:` to its next key: no YAML parser is needed for a file of this shape.
const rules = readFileSync(alertsFile, "utf8").split(/^ +- alert: /m).slice(1).map((rule) => {
  const expr = rule.match(/^ +expr: *([\s\S]*?)^ +(?:for|labels):/m)?.[1];
  if (!expr) throw new Error(`no expr: ${rule.slice(0, 40)}`);
  return [`alert ${rule.match(/^\w+/)[0]}`, expr.replace(/^[|>]-?\s*\n/, ""), rule];
});

const wrong = [];
let compared = 0;
function compare([where, expr, text]) {
  const used = new Set(TARGET);
  let some = false;
  for (const [, name, matchers] of expr.matchAll(/\b(resilience_\w+)(?:\{([^}]*)\})?/g)) {
    some = true;
    compared += 1;
    const labels = exposed.get(name);
    if (!labels) {
      wrong.push(`${where}: there is no metric ${name}`);
      continue;
    }
    for (const label of labels.keys()) used.add(label);
    for (const [, label, operator, value] of (matchers ?? "").matchAll(/(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"/g)) {
      if (TARGET.has(label)) continue;
      if (!labels.has(label)) wrong.push(`${where}: ${name} has no label ${label}`);
      else if (!FREE.has(label)) for (const one of operator.endsWith("~") ? value.split("|") : [value]) if (!labels.get(label).has(one)) wrong.push(`${where}: ${name} is never of ${label} ${one}`);
    }
  }
  if (!some) wrong.push(`${where}: asks for nothing of ours: ${expr}`);
  for (const [, list] of expr.matchAll(/\b(?:by|without|on|ignoring)\s*\(([^)]*)\)/g)) for (const label of list.split(",").map((part) => part.trim())) if (!used.has(label)) wrong.push(`${where}: nothing there has a label ${label}`);
  for (const [, label] of text.matchAll(/\{\{\s*(?:\$labels\.)?(\w+)\s*\}\}/g)) if (!used.has(label)) wrong.push(`${where}: its text names a label ${label}`);
  for (const [, label] of expr.matchAll(/label_values\([^,]*(?:\{[^}]*\})?,\s*(\w+)\)/g)) if (!used.has(label)) wrong.push(`${where}: nothing there has a label ${label}`);
}
[...queries, ...variables, ...rules].forEach(compare);

const ids = dashboard.panels.map(({ id }) => id);
if (new Set(ids).size !== ids.length) wrong.push("two panels have one id");
for (const panel of dashboard.panels) {
  const { x, y, w, h } = panel.gridPos;
  if (x + w > 24) wrong.push(`panel "${panel.title}" is wider than the dashboard`);
  for (const other of dashboard.panels) {
    const at = other.gridPos;
    if (other.id > panel.id && x < at.x + at.w && at.x < x + w && y < at.y + at.h && at.y < y + h) wrong.push(`panels "${panel.title}" and "${other.title}" overlap`);
  }
  if (panel.type !== "row" && panel.datasource?.uid !== "${datasource}") wrong.push(`panel "${panel.title}" names a data source of its own`);
}
const known = new Set(dashboard.templating.list.map(({ name }) => name).concat("__rate_interval"));
for (const [where, expr] of [...queries, ...variables]) for (const [, name] of expr.matchAll(/\$\{?(\w+)/g)) if (!known.has(name)) wrong.push(`${where}: there is no variable ${name}`);

const filled = (expr) => expr.replaceAll("$__rate_interval", "5m").replace(/\$\{?\w+\}?/g, ".*");
writeFileSync(rulesFile, "groups:\n- name: grafana\n  rules:\n" + queries.map(([, expr], i) => `  - record: grafana:query${i}\n    expr: ${JSON.stringify(filled(expr))}\n`).join(""));

for (const line of wrong) console.error(line);
if (wrong.length) process.exit(1);
console.log(`${compared} uses of metrics are of names that exist`);
