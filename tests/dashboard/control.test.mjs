// The circuit by hand: only where it is allowed, only after a question, and what the server refuses is shown.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { launch } from "./browser.mjs";
import { StandIn } from "./stand_in.mjs";

describe("control", () => {
  let browser, server, page;

  before(async () => { browser = await launch(); });
  after(async () => { await browser?.close(); });
  beforeEach(async () => { server = await new StandIn({ names: ["openai"], control: true }).start(); });
  afterEach(async () => {
    await page?.close();
    await server.stop();
  });

  async function open() {
    page = await browser.newPage();
    await page.goto(server.url + "#service=openai");
    await page.locator("#details .facts").first().waitFor();
    await page.locator('#link[data-link="live"]').waitFor();
  }
  const dialog = () => page.locator("#ask");

  it("is absent unless the server allows it", async () => {
    server.control = false;
    await open();
    assert.equal(await page.getByRole("button", { name: /Force|Reset|Disable/ }).count(), 0);
    assert.deepEqual(server.requests.filter((line) => line.startsWith("POST")), []);
  });

  it("asks first, and does nothing when the answer is no", async () => {
    await open();
    await page.getByRole("button", { name: "Disable" }).click();
    assert.match(await dialog().textContent(), /Disable the circuit\?.*openai/);
    await page.keyboard.press("Escape");
    assert.equal(await dialog().isVisible(), false);
    assert.equal(await page.locator("#details").isVisible(), true);
    await page.getByRole("button", { name: "Disable" }).click();
    await page.keyboard.press("Enter");
    assert.equal(await dialog().isVisible(), false, "the focus is on Cancel");
    assert.deepEqual(server.commands, []);
  });

  it("sends what was asked for and shows what came of it", async () => {
    await open();
    for (const [label, action, state] of [["Force open", "force_open", "forced_open"], ["Force closed", "force_closed", "closed"], ["Disable", "disable", "disabled"], ["Reset", "reset", "closed"]]) {
      await page.locator("#details").getByRole("button", { name: label }).click();
      await dialog().getByRole("button", { name: label }).click();
      await dialog().waitFor({ state: "hidden" });
      assert.deepEqual(server.commands.at(-1), { name: "openai", body: { action }, type: "application/json" });
      await page.waitForFunction((state) => document.querySelector(".body").dataset.circuit === state, state);
    }
  });

  it("shows why it was refused, and stays", async () => {
    await open();
    for (const [refuse, said] of [
      [[403, {}], "Not allowed (403)."],
      [[404, { error: "<b>no such service</b>" }], "<b>no such service</b> (404)"],
      [[500, "not the shape"], "The server answered 500."],
    ]) {
      server.refuse = refuse;
      await page.locator("#details").getByRole("button", { name: "Reset" }).click();
      await dialog().getByRole("button", { name: "Reset" }).click();
      await page.waitForFunction((said) => document.querySelector("#ask .problem").textContent === said, said);
      await dialog().getByRole("button", { name: "Cancel" }).click();
    }
  });
});
