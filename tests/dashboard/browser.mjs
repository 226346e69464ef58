// Debian's Chromium, driven by playwright-core. What is missing is a failure that says what brings it.
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
const peers = resolve(root, process.env.RESILIENCE_PEERS_DIR ?? "target/peers");
const chromium = process.env.CHROMIUM ?? "/usr/bin/chromium";
const ARGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

export async function launch(...more) {
  let playwright;
  try {
    playwright = createRequire(resolve(peers, "npm-browser", "package.json"))("playwright-core");
  } catch {
    throw new Error(`playwright-core is not in ${peers}/npm-browser. Run scripts/provision-browser`);
  }
  if (!existsSync(chromium)) throw new Error(`there is no ${chromium}. Run scripts/provision-browser`);
  return playwright.chromium.launch({ executablePath: chromium, headless: true, args: [...ARGS, ...more] });
}
