// What a test sees of a page from outside: requests, problems, contrast, the length of tasks.

export function watch(page) {
  const requests = [];
  const problems = [];
  page.on("request", (request) => requests.push(request.url()));
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") problems.push(message.text());
  });
  return { problems, requests, elsewhere: (origin) => requests.filter((url) => !url.startsWith(origin + "/") && !url.startsWith("data:")) };
}

// Every text against what is really behind it, by WCAG 2: 4.5, or 3 where it is large; shapes that carry a meaning: 3.
export const contrasts = (page) => page.evaluate(() => {
  const parse = (color) => {
    const [r, g, b, a = 1] = color.match(/[\d.]+/g).map(Number);
    return [r, g, b, a];
  };
  const over = ([r, g, b, a], [R, G, B]) => [r * a + R * (1 - a), g * a + G * (1 - a), b * a + B * (1 - a), 1];
  const luminance = (color) => {
    const [r, g, b] = color.slice(0, 3).map((part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (node) => {
    const layers = [];
    for (let at = node; at; at = at.parentElement) {
      const color = parse(getComputedStyle(at).backgroundColor);
      if (color[3] > 0) layers.push(color);
      if (color[3] === 1) break;
    }
    return layers.reverse().reduce((ground, layer) => over(layer, ground), [255, 255, 255, 1]);
  };
  const ratio = (a, b) => {
    const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
    return (light + 0.05) / (dark + 0.05);
  };
  const faint = [];
  let checked = 0;
  const check = (node, least, label) => {
    const style = getComputedStyle(node);
    const ground = behind(node);
    const found = ratio(over(parse(style.color), ground), ground);
    checked += 1;
    if (found < least) faint.push(`${label}: ${found.toFixed(2)} (${style.color})`);
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const node = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !node.checkVisibility({ visibilityProperty: true }) || node.closest(".away, noscript, script, style")) continue;
    const { fontSize, fontWeight } = getComputedStyle(node);
    const large = parseFloat(fontSize) >= 24 || (parseFloat(fontSize) >= 18.66 && fontWeight >= 700);
    check(node, large ? 3 : 4.5, `${node.className || node.id || node.tagName} "${texts.currentNode.data.trim().slice(0, 20)}"`);
  }
  for (const node of document.querySelectorAll("svg.glyph")) if (node.checkVisibility()) check(node, 3, node.getAttribute("class"));
  return { checked, faint: [...new Set(faint)], ground: luminance(behind(document.body)) };
});

// The tasks of the page's main thread between two moments, in milliseconds of processor time: what other programs of the machine
// take does not count.
export async function measured(browser, page, act) {
  await browser.startTracing(page, { categories: ["toplevel", "devtools.timeline", "disabled-by-default-devtools.timeline"] });
  await act();
  const { traceEvents } = JSON.parse(await browser.stopTracing());
  const thread = ({ pid, tid }) => `${pid}:${tid}`;
  const main = new Set(traceEvents.filter(({ name, args }) => name === "thread_name" && args.name === "CrRendererMain").map(thread));
  const all = traceEvents.filter((event) => event.name === "RunTask" && event.ph === "X" && main.has(thread(event)));
  // The record lacks the processor time of some tasks: those count with the whole time that they took, so that none escapes. A task
  // that was running when the record began or ended has neither.
  const tasks = all.map(({ tdur, dur }) => tdur ?? dur).filter((time) => time != null).map((time) => time / 1000);
  if (tasks.length === 0 || all.length - tasks.length > 2) throw new Error(`the browser told the length of ${tasks.length} of ${all.length} tasks`);
  return { longest: Math.max(...tasks), all: tasks.reduce((sum, task) => sum + task, 0) };
}
