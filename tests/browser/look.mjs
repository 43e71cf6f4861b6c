// Opens pages in headless Chromium with the network off, wide and as on a phone, and prints what is wrong as JSON.
//   node look.mjs CHROMIUM PAGE.html ...        exit code 1 if anything is wrong
// Wrong is: a request that leaves the page's own file, an error on the console, a page wider than the window, a figure
// without words, and what axe-core calls a serious or critical violation.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const [executablePath, ...pages] = process.argv.slice(2);
const WIDTHS = [1280, 390];
const SERIOUS = ["serious", "critical"];
const quiet = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"];
const browser = await chromium.launch({
  executablePath,
  args: [...quiet, "--disable-component-update", "--disable-sync", "--no-sandbox"],
});

async function faults(path, width) {
  const context = await browser.newContext({ offline: true, viewport: { width, height: 900 } });
  const page = await context.newPage();
  const own = pathToFileURL(resolve(path)).href;
  const found = [];
  page.on("request", (sent) => {
    if (sent.url() !== own && !sent.url().startsWith("data:")) found.push(`asks for ${sent.url()}`);
  });
  page.on("console", (said) => {
    if (said.type() === "error") found.push(`says on the console: ${said.text()}`);
  });
  page.on("pageerror", (error) => found.push(`fails: ${error.message}`));
  await page.goto(own, { waitUntil: "load" });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  if (wide > 0) found.push(`is ${wide} pixels wider than the window`);
  const silent = await page.evaluate(() => [...document.images].filter((one) => !one.alt.trim()).length);
  if (silent) found.push(`has ${silent} figures without words`);
  await page.evaluate(axe);
  const result = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
  for (const rule of result.violations.filter((one) => SERIOUS.includes(one.impact)))
    found.push(`${rule.impact}: ${rule.id} (${rule.nodes.length} times, first ${rule.nodes[0].target})`);
  await context.close();
  return found.map((words) => ({ page: path, width, words }));
}

const all = [];
for (const path of pages) for (const width of WIDTHS) all.push(...(await faults(path, width)));
await browser.close();
console.log(JSON.stringify(all, null, 1));
process.exitCode = all.length ? 1 : 0;
