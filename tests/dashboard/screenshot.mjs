// Pictures of a running page: node tests/dashboard/screenshot.mjs BASE_URL OUT.png [--width 1440] [--height 900] [--wait 3] [--details NAME]
// writes OUT-light.png and OUT-dark.png.
import { launch } from "./browser.mjs";

const [base, out, ...rest] = process.argv.slice(2);
if (!base || !out) {
  console.error("usage: screenshot.mjs BASE_URL OUT.png [--width 1440] [--height 900] [--wait 3] [--details NAME]");
  process.exit(2);
}
const option = (name, otherwise) => (rest.includes("--" + name) ? rest[rest.indexOf("--" + name) + 1] : otherwise);
const url = base.endsWith("/dashboard") ? base : base.replace(/\/$/, "") + "/dashboard";
const details = option("details", null);

const browser = await launch();
try {
  for (const colorScheme of ["light", "dark"]) {
    const width = Number(option("width", 1440));
    const page = await browser.newPage({ colorScheme, viewport: { width, height: Number(option("height", 900)) }, deviceScaleFactor: Number(option("scale", 1)) });
    await page.goto(url + (details == null ? "" : "#" + new URLSearchParams({ service: details })));
    await page.locator(".row.body").first().waitFor();
    await page.waitForTimeout(1000 * Number(option("wait", 3)));
    await page.screenshot({ path: out.replace(/(\.png)?$/, `-${colorScheme}.png`), animations: "disabled" });
    await page.close();
  }
} finally {
  await browser.close();
}
