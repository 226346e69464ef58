// What must hold of the page wherever it is served: by the router at BASE_URL, else by a stand-in with a simulation.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { launch } from "./browser.mjs";
import { declared, hashes, joined } from "./page.mjs";
import { Simulation } from "./simulation.mjs";
import { StandIn } from "./stand_in.mjs";
import { contrasts, watch } from "./watching.mjs";

describe("the page as it is served", () => {
  let browser, standIn, url;

  before(async () => {
    browser = await launch();
    if (process.env.BASE_URL) {
      url = process.env.BASE_URL.replace(/\/+$/, "").replace(/\/dashboard$/, "") + "/dashboard";
    } else {
      standIn = await new StandIn().start();
      standIn.simulate(new Simulation({ services: 7 }));
      url = standIn.url;
    }
  });
  after(async () => {
    await browser?.close();
    await standIn?.stop();
  });

  const services = async () => (await (await fetch(url.replace(/dashboard$/, "services"))).json()).services;

  it("is the page of this source, sealed, as HTML", async () => {
    assert.deepEqual(declared(joined()), hashes(joined()), "style or script has changed: run node tests/dashboard/seal.mjs");
    const answer = await fetch(url);
    assert.equal(answer.status, 200);
    assert.match(answer.headers.get("content-type"), /^text\/html; *charset=utf-8$/i);
    assert.equal(await answer.text(), joined());
  });

  it("shows every service, lives, and asks for nothing elsewhere", async () => {
    const page = await browser.newPage();
    const seen = watch(page);
    await page.goto(url);
    await page.locator(".row.body").first().waitFor();
    const names = (await services()).map(({ name }) => name);
    await page.waitForFunction((count) => document.querySelectorAll(".row.body").length >= count, names.length);
    const shown = await page.locator(".row.body .name bdi").allTextContents();
    for (const name of names) assert.ok(shown.includes(name), `${name} is not shown`);

    const drawn = () => page.locator("#flow .calls-line").getAttribute("d");
    const first = await drawn();
    await page.waitForFunction((first) => document.querySelector("#flow .calls-line").getAttribute("d") !== first, first, { timeout: 5000 });
    assert.equal(await page.locator("#link-text").textContent(), "Live");

    await page.locator(".row.body .name").first().click();
    await page.locator("#details .facts").first().waitFor();
    assert.deepEqual(seen.elsewhere(new URL(url).origin), []);
    assert.deepEqual(seen.problems, []);
    await page.close();
  });

  it("tells of a service what `services` tells", async () => {
    const page = await browser.newPage();
    const [one] = await services();
    await page.goto(url + "#" + new URLSearchParams({ service: one.name }));
    await page.locator("#details .facts").first().waitFor();
    const text = await page.locator("#details").textContent();
    for (const { key, value, from } of one.config.values) for (const part of [key, value, from]) assert.ok(text.includes(part), `${part} is missing`);
    for (const site of one.config.functions) for (const part of [site.function, site.place]) assert.ok(text.includes(part), `${part} is missing`);
    await page.close();
  });

  for (const colorScheme of ["light", "dark"]) {
    it(`is readable when it is ${colorScheme}`, async () => {
      const page = await browser.newPage({ colorScheme, viewport: { width: 1440, height: 900 } });
      await page.goto(url);
      await page.locator(".row.body").first().waitFor();
      await page.locator(".row.body .name").first().click();
      await page.locator("#details .facts").first().waitFor();
      const { checked, faint, ground } = await contrasts(page);
      assert.ok(checked > 60, `only ${checked} texts were checked`);
      assert.deepEqual(faint, []);
      assert.ok(colorScheme === "dark" ? ground < 0.1 : ground > 0.8, `the ground is of luminance ${ground}`);
      await page.close();
    });
  }

  it("fits a telephone", async () => {
    const page = await browser.newPage({ viewport: { width: 390, height: 844 } });
    await page.goto(url);
    await page.locator(".row.body").first().waitFor();
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 390, "it scrolls sideways");
    await page.close();
  });
});
