// Two hundred services at one update a second: cheap, and calm.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { launch } from "./browser.mjs";
import { Simulation } from "./simulation.mjs";
import { StandIn } from "./stand_in.mjs";
import { measured, watch } from "./watching.mjs";

describe("two hundred services", () => {
  let browser, server, simulation, page, seen;

  before(async () => {
    browser = await launch();
    server = await new StandIn().start();
    simulation = new Simulation({ services: 200 });
    server.simulate(simulation);
    clearInterval(server.clock);
    page = await browser.newPage({ viewport: { width: 1920, height: 1080 } });
    seen = watch(page);
    await page.goto(server.url);
    await page.waitForFunction(() => document.querySelectorAll(".row.body").length === 200);
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  async function tick() {
    simulation.step(server);
    server.tick();
    await page.waitForTimeout(250);
  }

  it("are drawn without a task of more than 50 ms", async () => {
    await tick();
    await tick();
    const found = await measured(browser, page, async () => { for (let i = 0; i < 10; i++) await tick(); });
    console.log(`main thread: ${(found.all / 10).toFixed(1)} ms per update, the longest task ${found.longest.toFixed(1)} ms`);
    assert.ok(found.longest < 50, `a task of ${found.longest} ms`);
    assert.deepEqual(seen.problems, []);
  });

  it("do not shift the page", async () => {
    const shifts = await page.evaluate(() => {
      window.places = () => JSON.stringify([...document.querySelectorAll(".band, .totals > div, .flow, .timeline, .tools, .head, .head > *")].map((node) => {
        const { x, y, width, height } = node.getBoundingClientRect();
        return [x, y, width, height].map(Math.round);
      }));
      return window.places();
    });
    for (let i = 0; i < 10; i++) await tick();
    assert.equal(await page.evaluate(() => window.places()), shifts);
    const heights = await page.evaluate(() => [...new Set([...document.querySelectorAll(".body")].map((node) => node.offsetHeight))]);
    assert.deepEqual(heights, [40]);
  });

  it("write only what has changed", async () => {
    server.tick();
    await page.waitForTimeout(250);
    await page.evaluate(() => {
      window.writes = 0;
      new MutationObserver((records) => { window.writes += records.filter(({ target }) => target.nodeType === Node.TEXT_NODE || target.localName === "span").length; })
        .observe(document.querySelector("#rows"), { subtree: true, childList: true, characterData: true, attributes: true });
    });
    // The same figures again, once all ten seconds of the means are the same.
    for (let i = 0; i < 16; i++) { server.tick(); await page.waitForTimeout(30); }
    await page.waitForTimeout(200);
    await page.evaluate(() => { window.writes = 0; });
    server.tick();
    await page.waitForTimeout(200);
    assert.equal(await page.evaluate(() => window.writes), 0);
  });
});
