// ---- Numbers and words. A value that is absent is a dash, never a zero.

const NONE = "–";
const THIN = "\u202f";

const WORDS = {
  closed: "closed", open: "open", half_open: "half-open", forced_open: "forced open", disabled: "disabled",
  healthy: "healthy", degraded: "degraded", unhealthy: "unhealthy", unknown: "unknown",
};
const word = (state) => WORDS[state] ?? String(state).replaceAll("_", " ");

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

function rate(value) {
  if (value == null) return NONE;
  if (value === 0) return "0";
  if (value < 0.05) return "<0.1";
  if (value < 9.95) return value.toFixed(1);
  return count(Math.round(value));
}

function count(value) {
  if (value == null) return NONE;
  if (value < 10_000) return String(value);
  if (value < 999_500) return (value / 1000).toFixed(value < 99_950 ? 1 : 0) + "k";
  return (value / 1e6).toFixed(value < 99.95e6 ? 1 : 0) + "M";
}

// Never rounded up to 100 % nor down to 0 %: one failure among ten thousand is one.
function share(part) {
  if (part == null) return NONE;
  const percent = part * 100;
  if (percent <= 0) return "0" + THIN + "%";
  if (percent < 0.1) return "<0.1" + THIN + "%";
  if (percent >= 99.95 && percent < 100) return "99.9" + THIN + "%";
  return (percent >= 100 ? "100" : percent.toFixed(1)) + THIN + "%";
}

function span(seconds) {
  if (seconds == null) return NONE;
  if (seconds < 0.001) return (seconds * 1000).toFixed(seconds === 0 ? 0 : 1) + THIN + "ms";
  if (seconds < 0.9995) return Math.round(seconds * 1000) + THIN + "ms";
  if (seconds < 9.995) return seconds.toFixed(2) + THIN + "s";
  if (seconds < 99.95) return seconds.toFixed(1) + THIN + "s";
  return age(seconds);
}

function age(seconds) {
  if (seconds == null) return NONE;
  if (seconds < 60) return Math.floor(seconds) + THIN + "s";
  if (seconds < 3600) return Math.floor(seconds / 60) + THIN + "min";
  if (seconds < 172_800) return Math.floor(seconds / 3600) + THIN + "h";
  return Math.floor(seconds / 86_400) + THIN + "d";
}

const two = (number) => String(number).padStart(2, "0");
function clockTime(at) {
  const date = new Date(at);
  return two(date.getHours()) + ":" + two(date.getMinutes()) + ":" + two(date.getSeconds());
}
