// Pages that are not ours, before the router at BASE_URL: what they send is refused, and a name that was pointed here shows nothing.
// A stand-in would only show what it does itself.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, describe, it } from "node:test";
import { launch } from "./browser.mjs";

const base = process.env.BASE_URL?.replace(/\/dashboard$/, "").replace(/\/*$/, "/");

describe("a page of another origin", { skip: !base && "there is no BASE_URL" }, () => {
  let browser, elsewhere, origin, service;

  before(async () => {
    browser = await launch("--host-resolver-rules=MAP rebind.example 127.0.0.1");
    elsewhere = createServer((_, answer) => answer.setHeader("content-type", "text/html").end("<!doctype html><title>elsewhere</title>"));
    await new Promise((done) => elsewhere.listen(0, "127.0.0.1", done));
    origin = `http://127.0.0.1:${elsewhere.address().port}/`;
    [service] = (await (await fetch(base + "services")).json()).services;
  });
  after(async () => {
    await browser?.close();
    elsewhere?.close();
  });

  const opened = async () => {
    const { services } = await (await fetch(base + "services")).json();
    return services.find(({ name }) => name === service.name).circuit_breaker.state === "forced_open";
  };

  it("cannot send a command by a form", async () => {
    const page = await browser.newPage();
    await page.goto(origin);
    const [answer] = await Promise.all([
      page.waitForNavigation(),
      page.evaluate((action) => {
        const form = Object.assign(document.createElement("form"), { method: "post", enctype: "text/plain", action });
        form.append(Object.assign(document.createElement("input"), { name: '{"action":"force_open","x":"', value: '"}' }));
        document.body.append(form);
        form.submit();
      }, `${base}services/${encodeURIComponent(service.name)}/circuit`),
    ]);
    assert.equal(answer.request().method(), "POST");
    assert.equal(answer.status(), 403);
    assert.match(await answer.text(), /another origin/);
    assert.equal(await opened(), false);
    await page.close();
  });

  it("cannot send a command by a script", async () => {
    const page = await browser.newPage();
    await page.goto(origin);
    const url = `${base}services/${encodeURIComponent(service.name)}/circuit`;
    for (const [mode, type] of [["no-cors", "text/plain"], ["cors", "application/json"]]) {
      const seen = [];
      page.on("response", (answer) => answer.url() === url && seen.push(answer.status()));
      const came = await page.evaluate(
        ([url, mode, type]) => fetch(url, { method: "POST", mode, headers: { "content-type": type }, body: '{"action":"force_open"}' }).then(() => "an answer", () => "nothing"),
        [url, mode, type],
      );
      if (mode === "cors") assert.equal(came, "nothing");
      assert.ok(seen.every((status) => status >= 400), String(seen));
      assert.equal(await opened(), false);
    }
    await page.close();
  });

  it("sees nothing under a name that was pointed here", async () => {
    const page = await browser.newPage();
    const { port } = new URL(base);
    for (const path of ["dashboard", "services", "events", "metrics", "health"]) {
      const answer = await page.goto(`http://rebind.example:${port}/${path}`);
      assert.equal(answer.status(), 421, path);
    }
    assert.equal((await page.goto(`http://rebind.example:${port}/livez`)).status(), 200);
    await page.close();
  });
});
