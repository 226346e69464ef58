// ---- Totals since the start, latencies and the configuration of one service, as `services` tells them.

function table(titles, lines, className = "facts") {
  const head = make("tr", "", ...titles.map(([text, className]) => make("th", className ?? "", text)));
  return make("table", className, make("thead", "", head), make("tbody", "", ...lines));
}

function facts({ totals: sum, latency, config, circuit_breaker: circuit, rate_limit: limit, target }) {
  const parts = [make("h3", "", "Since the start"), totalsOf(sum, circuit)];
  if (target) parts.unshift(make("p", "note", `Target of ${target.pool}: ${targetOf(target)}.`));
  if (latency) {
    const line = (name, { count: all, mean_seconds: mean, p50_seconds: p50, p95_seconds: p95, p99_seconds: p99, max_seconds: max }) =>
      make("tr", "", make("td", "", name), ...[count(all), span(mean), span(p50), span(p95), span(p99), span(max)].map((text) => make("td", "n", text)));
    parts.push(make("h3", "", "Latency since the start"), table(
      [[""], ["count", "n"], ["mean", "n"], ["p50", "n"], ["p95", "n"], ["p99", "n"], ["longest", "n"]],
      [line("calls", latency.calls), line("attempts", latency.attempts)],
    ));
  }
  for (const one of limit ? limitsOf(limit) : []) {
    parts.push(make("p", "note", `Limit: ${count(one.limit)}${unitOf(one)} in ${span(one.period_seconds)}, ${word(one.strategy)}.`));
  }
  return parts.concat(configOf(config));
}

// Every limit of a service; what sent the snapshot may know only one.
const limitsOf = (limit) => limit.limits?.length ? limit.limits : [limit];
const unitOf = ({ name }) => name ? ` ${word(name.replace(/_per_.*/, ""))}` : "";

function totalsOf(sum, circuit) {
  const grid = make("dl", "grid");
  const fact = (label, value) => grid.append(make("div", "", make("dt", "", label), make("dd", "", count(value))));
  fact("Calls", sum.calls);
  fact("Attempts", sum.attempts);
  fact("Successes", sum.successes);
  fact("Retries", sum.retries);
  const named = (values, names) => { for (const [name, label] of names) if (values?.[name]) fact(label, values[name]); };
  named(sum, [["hedges", "Hedges"], ["hedge_wins", "Hedges that won"], ["hedge_cancelled", "Lost to another attempt"]]);
  named(sum.failures, [["transient", "Failed: transient"], ["outcome_unknown", "Failed: unknown"], ["throttled", "Failed: throttled"], ["permanent", "Failed: permanent"]]);
  named(sum.rejections, [["circuit_breaker", "Rejected: circuit"], ["rate_limit", "Rejected: limit"], ["bulkhead", "Rejected: bulkhead"], ["targets", "Rejected: no target"]]);
  named(sum.shadow_rejected, [["circuit_breaker", "In shadow: circuit"], ["rate_limit", "In shadow: limit"], ["bulkhead", "In shadow: bulkhead"]]);
  named(sum, [["timeouts", "Timeouts"], ["deadlines", "Deadlines"], ["abandoned", "Abandoned"], ["broken_streams", "Broken streams"], ["invalid_config", "Invalid config"]]);
  named(sum.fallbacks, [["cache", "Fallback: cache"], ["call", "Fallback: call"], ["value", "Fallback: value"], ["registered", "Fallback: registered"], ["failed", "Fallbacks failed"]]);
  named(sum.cache, [["hits", "Cache hits"], ["misses", "Cache misses"], ["shared", "Cache: shared"], ["stale", "Cache: stale"], ["negative", "Cache: negative"], ["refreshes", "Cache refreshes"]]);
  named(circuit, [["consecutive_failures", "Failures in a row"]]);
  return grid;
}

function configOf(config) {
  const parts = [make("h3", "", "Configuration")];
  if (config.enabled === false) parts.push(make("p", "note", "Switched off: function bodies run bare."));
  parts.push(table([["setting"], ["value"], ["from"]], config.values.map(({ key, value, from }) =>
    make("tr", "", make("td", "", make("code", "", key)), make("td", "", make("code", "", value)), make("td", "quiet", from))), "facts settings"));
  if (config.functions.length === 0) return parts;
  parts.push(make("h3", "", "Functions"), table([["function"], ["place"]], config.functions.map((site) => {
    const notes = [];
    if (site.idempotent) notes.push("idempotent");
    if (site.off?.length) notes.push("off: " + site.off.join(", "));
    if (site.unretried_error) notes.push("errors of unknown meaning are not retried: " + site.unretried_error);
    return make("tr", "",
      make("td", "", make("code", "", site.function), notes.length ? make("div", "quiet", notes.join("; ")) : null, site.invalid ? make("div", "note bad", "Invalid: " + site.invalid) : null, site.ignored ? make("div", "note bad", "Ignored: " + site.ignored) : null),
      make("td", "quiet", make("code", "", site.place)));
  })));
  return parts;
}
