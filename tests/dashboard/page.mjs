// The page as the router serves it: its parts in the order that dashboard.rs names.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

const operations = new URL("../../resilience-runtime/src/admin/", import.meta.url);

export function joined() {
  const rust = readFileSync(new URL("dashboard.rs", operations), "utf8");
  const parts = [...rust.matchAll(/include_str!\("([^"]+)"\)/g)].map(([, path]) => path);
  if (parts.length === 0) throw new Error("dashboard.rs names no parts of the page");
  return parts.map((path) => readFileSync(new URL(path, operations), "utf8")).join("");
}

const digest = (text) => "sha256-" + createHash("sha256").update(text.replaceAll("\r\n", "\n")).digest("base64");

// What stands between the tags, to the letter, is what the browser hashes.
export function hashes(page) {
  const inside = (pattern) => {
    const found = [...page.matchAll(pattern)];
    if (found.length !== 1) throw new Error(`the page is to have one element like ${pattern}, it has ${found.length}`);
    return digest(found[0][1]);
  };
  return { style: inside(/<style>([\s\S]*?)<\/style>/g), script: inside(/<script type="module">([\s\S]*?)<\/script>/g) };
}

export const declared = (page) => ({
  style: page.match(/style-src '([^']+)'/)?.[1],
  script: page.match(/script-src '([^']+)'/)?.[1],
});

export const top = new URL("dashboard/top.html", operations);
