// The page for scripted events, second by second. The stand-in server has its own clock.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { launch } from "./browser.mjs";
import { circuit, StandIn } from "./stand_in.mjs";
import { contrasts, watch } from "./watching.mjs";

const sent = (calls, failures = 0, rejections = 0, more = {}) => ({
  calls_per_second: calls, successes_per_second: calls - failures - rejections, failures_per_second: failures, rejections_per_second: rejections, ...more,
});

describe("the page with scripted events", () => {
  let browser, server, page, seen;

  before(async () => { browser = await launch(); });
  after(async () => { await browser?.close(); });
  beforeEach(async () => { server = await new StandIn().start(); });
  afterEach(async () => {
    await page?.close();
    await server.stop();
  });

  async function open(options = {}, hash = "") {
    page = await browser.newPage({ viewport: { width: 1440, height: 900 }, timezoneId: "UTC", ...options });
    seen = watch(page);
    await page.goto(server.url + hash);
    await page.locator('#link[data-link="live"]').waitFor();
  }
  const row = (name) => page.locator(".row.body").filter({ has: page.getByRole("rowheader").getByText(name, { exact: true }) });
  const cell = async (name, column) => (await row(name).locator(".c-" + column).textContent()).replaceAll("\u202f", " ");
  const names = () => page.locator(".row.body:visible .name bdi").allTextContents();
  const until = (test, argument) => page.waitForFunction(test, argument, { timeout: 5000 });

  it("shows that there is no service", async () => {
    await open();
    assert.match(await page.locator("#empty").textContent(), /No service yet/);
    server.set("first", {});
    server.tick();
    await row("first").waitFor();
    assert.equal(await page.locator("#empty").isVisible(), false);
    assert.deepEqual(seen.problems, []);
  });

  it("shows the received values", async () => {
    server.set("openai", {
      kind: "llm", health: "degraded", circuit_breaker: circuit("half_open", { in_state_seconds: 75, opened: 3 }),
      rate_limit: { limit: 60, period_seconds: 60, remaining: 12, level: 0.2, cooldown_seconds: 0 }, bulkhead: { max_concurrent: 32, in_flight: 4 },
      retry_budget: { capacity: 100, left: 87.5 },
      sample: sent(12, 0.6, 1.2, { retries_per_second: 0.5, fallbacks_per_second: 2, p50_seconds: 0.0004, p95_seconds: 0.25, p99_seconds: 1.5 }),
    });
    server.set("vault", { kind: "secret", sample: sent(0.02) });
    server.set("idle", {});
    await open();
    const expected = {
      circuit: "half-open1 min", calls: "12", success: "85.0 %", rejected: "10.0 %", p50: "0.4 ms", p95: "250 ms", p99: "1.50 s", retries: "0.5",
      budget: "88 %", limit: "20 %", bulkhead: "4/32", health: "degraded",
    };
    for (const [column, text] of Object.entries(expected)) assert.equal(await cell("openai", column), text, column);
    assert.equal(await cell("vault", "calls"), "<0.1");
    assert.equal(await row("idle").locator(".c-success").getAttribute("class"), "c-success n zero");
    for (const column of ["p50", "p95", "p99", "limit", "bulkhead", "health"]) assert.equal(await cell("vault", column), "–", column);
    const total = async (name) => (await page.locator("#t-" + name).textContent()).replaceAll("\u202f", " ");
    assert.deepEqual(await Promise.all(["services", "trouble", "calls", "success", "rejected", "retries", "fallbacks", "slowest", "slowest-sub"].map(total)),
      ["3", "0", "12", "85.0 %", "1.2", "0.5", "2.0", "250 ms", "openai"]);
  });

  it("takes means of ten seconds, so that a quiet service does not flicker", async () => {
    server.set("a", { sample: sent(0) });
    await open();
    for (let second = 1; second <= 10; second++) {
      server.set("a", { sample: sent(second % 5 === 0 ? 5 : 0) });
      server.tick();
    }
    await until(() => document.querySelector(".body .c-calls").textContent === "1.0");
    assert.equal(await cell("a", "success"), "100 %");
  });

  it("cuts off no figure, however wide it is", async () => {
    for (const state of ["forced_open", "half_open", "disabled"]) {
      server.set(state, {
        health: "unhealthy", circuit_breaker: circuit(state, { in_state_seconds: 47 * 3600 }), retry_budget: { capacity: 100, left: 88 },
        rate_limit: { limit: 60, period_seconds: 60, remaining: 0, level: 0, cooldown_seconds: 59 }, bulkhead: { max_concurrent: 1000, in_flight: 999 },
        sample: sent(88_888, 30_000, 30_000, { retries_per_second: 88_888, p50_seconds: 0.888, p95_seconds: 88.8, p99_seconds: 5999 }),
      });
    }
    for (const width of [1920, 1440, 1300, 1100, 800, 390, 340]) {
      await open({ viewport: { width, height: 900 } });
      await row("disabled").waitFor();
      const cut = await page.evaluate(() => [...document.querySelectorAll(".body > :not(.c-name), .head > *, .totals dd")]
        .filter((node) => node.checkVisibility() && node.scrollWidth > node.clientWidth).map((node) => `${node.className || node.id}: ${node.textContent}`));
      assert.deepEqual(cut, [], `at a width of ${width}`);
      await page.close();
    }
  });

  it("never rounds a failure away", async () => {
    server.set("a", { sample: sent(100_000, 1) });
    await open();
    assert.equal(await cell("a", "success"), "99.9 %");
    assert.match(await page.locator(".body .fail-area").getAttribute("d"), /M/);
  });

  it("changes a state at once in row, timeline, title and announcement", async () => {
    for (const name of ["alpha", "omega"]) server.set(name, { sample: sent(5) });
    await open();
    assert.deepEqual(await names(), ["alpha", "omega"]);
    server.turn("omega", "open", 30);
    await until(() => document.querySelector('.body[data-circuit="open"]'));
    assert.match(await cell("omega", "circuit"), /^open/);
    assert.equal(await row("omega").locator("use").first().getAttribute("href"), "#g-open");
    assert.deepEqual(await names(), ["omega", "alpha"]);
    const event = page.locator("#timeline .event").first();
    assert.equal(await event.locator("time").textContent(), "12:00:00");
    assert.equal(await event.locator("button").textContent(), "omega");
    assert.equal((await event.locator(".what").textContent()).replaceAll("\u202f", " "), "closed → open for 30 s");
    assert.equal(await page.title(), "(1 open) Services");
    await until(() => document.querySelector("#live").textContent === "omega: circuit open");
    server.missed(17);
    server.change({ type: "cooldown", service: "alpha", retry_after_seconds: 12 });
    server.change({ type: "health", service: "alpha", from: "healthy", to: "unhealthy" });
    server.change({ type: "something_new", service: "alpha" });
    await until(() => document.querySelectorAll("#timeline .event").length === 5);
    const told = (await page.locator("#timeline .what").allTextContents()).map((text) => text.replaceAll("\u202f", " "));
    assert.deepEqual(told, ["something new", "health: healthy → unhealthy", "requested back-off for 12 s", "17 changes came too fast for this page", "closed → open for 30 s"]);
    assert.deepEqual(seen.problems, []);
  });

  it("puts trouble first and moves nothing else", async () => {
    for (const name of ["a", "b", "c", "d"]) server.set(name, { sample: sent(10) });
    await open();
    server.set("c", { sample: sent(10, 5) });
    server.tick();
    await until(() => document.querySelector(".body .name").textContent.startsWith("c"));
    assert.deepEqual(await names(), ["c", "a", "b", "d"]);
    assert.equal(await row("c").getAttribute("data-rank"), "watch");
    assert.match(await row("c").getAttribute("title"), /27\.|25\.0|of its calls fail/);
    // Other figures, the same states: the same order.
    server.set("a", { sample: sent(900) });
    server.set("d", { sample: sent(1, 0.05) });
    server.tick(3);
    await until(() => Number.parseFloat(document.querySelectorAll(".body .c-calls")[1].textContent) > 300);
    assert.deepEqual(await names(), ["c", "a", "b", "d"]);
    // It takes its place again only when it has been well for a while.
    server.set("c", { sample: sent(10) });
    server.tick(20);
    await until(() => document.querySelector(".body .name").title === "a");
    assert.deepEqual(await names(), ["a", "b", "c", "d"]);
    server.turn("d", "open");
    await until(() => document.querySelector(".body .name").title === "d");
    server.turn("d", "closed");
    server.set("b", { sample: sent(5000) });
    server.tick(4);
    await until(() => document.querySelectorAll(".body .c-calls")[2].textContent === "2006");
    assert.deepEqual(await names(), ["d", "a", "b", "c"]);
    assert.match(await cell("d", "circuit"), /^closed/);
    server.tick(2);
    await until(() => document.querySelector(".body .name").title === "a");
  });

  it("moves no row under the pointer", async () => {
    for (const name of ["a", "b", "c"]) server.set(name, {});
    await open();
    await row("a").hover();
    await page.mouse.move(400, 345, { steps: 3 });
    server.turn("c", "open");
    server.tick();
    await until(() => document.querySelector('[data-circuit="open"]'));
    assert.deepEqual(await names(), ["a", "b", "c"]);
    await page.mouse.move(5, 5);
    server.tick();
    await until(() => document.querySelector(".body .name").textContent.startsWith("c"));
  });

  it("shows names as the text they are, and steers by them", async () => {
    const hostile = ["<script>document.title='pwned'</script>", `"><img src=x onerror="document.title='pwned'">`, "a'b\"c&amp;d", "x".repeat(5000), "\u202egnp.exe", "数据库 🛰 ü", "../../secret?x=1#y", "__proto__", "%2F", " "];
    server.control = true;
    for (const name of hostile) server.set(name, { kind: "<b>bold</b>" });
    server.health = { status: "unknown", checks: { "<i>check</i>": { status: "unknown", critical: true } } };
    server.timeline = [{ at_ms: server.at, type: "<u>", service: hostile[0], from: null, to: "<s>odd</s>", retry_after_seconds: null }];
    await open();
    assert.deepEqual((await names()).sort(), [...hostile].sort());
    assert.deepEqual(await page.evaluate(() => document.querySelectorAll("main script, main img, main b, main i:not(.meter i, .toggle i), #timeline u, #timeline s, #checks-list i").length), 0);
    assert.equal(await page.title(), "Services");
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 1440);
    for (const name of hostile) {
      await page.evaluate((name) => [...document.querySelectorAll(".body .name")].find((node) => node.title === name).click(), name);
      assert.equal(await page.locator("#details-name").textContent(), name);
      await page.locator("#details .facts").first().waitFor();
      await page.getByRole("button", { name: "Reset" }).click();
      await page.locator("#ask").getByRole("button", { name: "Reset" }).click();
      await page.locator("#ask").waitFor({ state: "hidden" });
      await page.keyboard.press("Escape");
    }
    assert.deepEqual(server.commands.map(({ name }) => name), hostile);
    assert.deepEqual(seen.problems, []);
    assert.deepEqual(seen.elsewhere(new URL(server.url).origin), []);
  });

  it("finds what is looked for, and keeps it in the address", async () => {
    for (const name of ["openai", "orders-db", "vault"]) server.set(name, { kind: name === "openai" ? "llm" : "database" });
    server.set("vault", { circuit_breaker: circuit("forced_open") });
    await open();
    await page.keyboard.press("/");
    await page.keyboard.type("DATA");
    await until(() => document.querySelector("#shown").textContent === "2 of 3");
    assert.deepEqual(await names(), ["vault", "orders-db"]);
    await page.keyboard.type(" forced");
    await until(() => document.querySelector("#shown").textContent === "1 of 3");
    await page.keyboard.type(" nothing");
    await until(() => document.querySelector("#empty-title").textContent === "No service matches");
    await page.keyboard.press("Escape");
    await page.keyboard.press("Escape");
    await page.keyboard.press("t");
    await until(() => document.querySelector("#shown").textContent === "1 of 3");
    assert.equal(await page.locator("#only").getAttribute("aria-pressed"), "true");
    await page.reload();
    await until(() => document.querySelector("#shown").textContent === "1 of 3");
    server.turn("vault", "closed");
    server.tick(8);
    await until(() => document.querySelector("#empty-title").textContent === "No trouble");
  });

  it("is used by the keyboard alone", async () => {
    for (const name of ["a", "b", "c"]) server.set(name, {});
    await open();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("j");
    assert.equal(await page.evaluate(() => document.activeElement.title), "b");
    await page.keyboard.press("Enter");
    await page.locator("#details .facts").first().waitFor();
    assert.equal(await page.locator("#details-name").textContent(), "b");
    assert.equal(await page.evaluate(() => document.activeElement.id), "details-name");
    await page.keyboard.press("Escape");
    assert.equal(await page.locator("#details").isVisible(), false);
    assert.equal(await page.evaluate(() => document.activeElement.title), "b");
    // The focus stays with its row, wherever that goes.
    server.turn("b", "open");
    await until(() => document.querySelector(".body .name").title === "b");
    assert.equal(await page.evaluate(() => document.activeElement.title), "b");
    await page.keyboard.press("ArrowDown");
    assert.equal(await page.evaluate(() => document.activeElement.title), "a");
    // One stop for the tab key, not one a row.
    assert.equal(await page.evaluate(() => document.querySelectorAll('.body .name[tabindex="0"]').length), 1);
  });

  it("reconnects, and shows the age of its data", async () => {
    server.set("a", { sample: sent(3) });
    await open();
    await server.stop();
    await page.locator("#banner").waitFor();
    assert.equal(await page.locator("#banner").textContent(), "Connection lost. Data from 12:00:00. Trying again.");
    assert.deepEqual(await names(), ["a"]);
    // Started anew, with another memory.
    server.services.clear();
    server.set("b", { sample: sent(7) });
    server.at += 60_000;
    server.timeline = [];
    server.late = true;
    await server.start();
    while (server.readers.size === 0) await page.waitForTimeout(50);
    await page.waitForTimeout(300);
    assert.deepEqual(await names(), ["a"], "nothing flickers between the greeting and the first data");
    assert.equal(await page.locator("#banner").isVisible(), true);
    server.tick();
    await page.locator('#link[data-link="live"]').waitFor({ timeout: 15_000 });
    assert.equal(await page.locator("#banner").isVisible(), false);
    await until(() => document.querySelectorAll(".body").length === 1);
    assert.deepEqual(await names(), ["b"]);
    server.tick();
    await until(() => document.querySelector(".body .c-calls").textContent === "7.0");
  });

  it("comes back from an answer that is no stream", async () => {
    await open();
    const { prefix } = server;
    server.prefix = "/elsewhere";
    for (const reader of server.readers) reader.end();
    await page.locator("#banner").waitFor();
    server.prefix = prefix;
    await page.locator('#link[data-link="live"]').waitFor({ timeout: 15_000 });
  });

  it("shows what the server remembers from before", async () => {
    server.set("a", { sample: sent(4) });
    server.history = { a: Array.from({ length: 119 }, (_, i) => ({ ...sent(4), retries_per_second: 0, fallbacks_per_second: 0, p50_seconds: 0.1, p95_seconds: 0.1, p99_seconds: 0.1, at_ms: server.at - 1000 * (119 - i) })) };
    server.timeline = [
      { at_ms: server.at - 60_000, type: "circuit_breaker", service: "a", from: "closed", to: "open", retry_after_seconds: 30 },
      { at_ms: server.at - 30_000, type: "circuit_breaker", service: "a", from: "open", to: "half_open", retry_after_seconds: null },
      { at_ms: server.at - 20_000, type: "circuit_breaker", service: "a", from: "half_open", to: "closed", retry_after_seconds: null },
    ];
    await open();
    assert.equal(await page.locator("#timeline .event").count(), 3);
    const line = await page.locator(".body .calls-line").getAttribute("d");
    assert.equal(line.match(/[ML]/g).length, 120);
    assert.equal(line.match(/M/g).length, 1);
    assert.match(await page.locator(".body .held-open").getAttribute("d"), /^M59\.5 28\.5H89\.7$/);
    assert.match(await page.locator(".body .held-half").getAttribute("d"), /^M89\.7 28\.5H99\.8$/);
  });

  it("works below a prefix", async () => {
    await server.stop();
    server = await new StandIn({ prefix: "/deep/ops", names: ["a"] }).start();
    await open();
    await row("a").locator(".name").click();
    await page.locator("#details .facts").first().waitFor();
    assert.deepEqual(server.requests.filter((line) => !line.includes(" /deep/ops/")), []);
  });

  it("does not move with reduced motion", async () => {
    server.set("a", {});
    await open({ reducedMotion: "reduce" });
    server.turn("a", "open");
    await row("a").locator(".name").click();
    await page.locator("#timeline .fresh").waitFor();
    const moving = await page.evaluate(() => document.getAnimations().length);
    assert.equal(moving, 0);
  });

  for (const colorScheme of ["light", "dark"]) {
    it(`is readable in every state when it is ${colorScheme}`, async () => {
      server.control = true;
      for (const state of ["closed", "open", "half_open", "forced_open", "disabled"]) server.set(state, { circuit_breaker: circuit(state), sample: sent(10, 4, 2) });
      for (const health of ["healthy", "degraded", "unhealthy", "unknown"]) server.set("check-" + health, { health, retry_budget: { capacity: 100, left: 3 } });
      server.set("cooldowns", { rate_limit: { limit: 60, period_seconds: 60, remaining: 0, level: 0, cooldown_seconds: 9 }, bulkhead: { max_concurrent: 2, in_flight: 2 } });
      server.health = { status: "unhealthy", checks: { a: { status: "unhealthy", critical: true } } };
      await open({ colorScheme });
      // The state is shown by shape and word, too.
      const shapes = await page.evaluate(() => [...document.querySelectorAll(".body .c-circuit use")].map((use) => use.getAttribute("href")));
      assert.equal(new Set(shapes).size, 5);
      await page.locator("#checks summary").click();
      let found = await contrasts(page);
      assert.deepEqual(found.faint, []);
      await row("open").locator(".name").click();
      await page.locator("#details .facts").first().waitFor();
      await page.getByRole("button", { name: "Force open" }).click();
      found = await contrasts(page);
      assert.ok(found.checked > 150, String(found.checked));
      assert.deepEqual(found.faint, []);
    });
  }
});
