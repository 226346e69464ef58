// Writes the hashes of the page's style and script into its Content-Security-Policy.
import { readFileSync, writeFileSync } from "node:fs";
import { hashes, joined, top } from "./page.mjs";

const { style, script } = hashes(joined());
const before = readFileSync(top, "utf8");
const after = before.replace(/style-src '[^']+'/, `style-src '${style}'`).replace(/script-src '[^']+'/, `script-src '${script}'`);
if (after !== before) writeFileSync(top, after);
console.log(after === before ? "the hashes are those of the page" : "the hashes are renewed");
