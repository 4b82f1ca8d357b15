// How long a DAG's page takes to open, and its frames while the grid is scrolled, in Chromium:
//   node web/tools/measure-grid.mjs http://127.0.0.1:8080 PASSWORD DAG [RUNS]
// Frames are those of requestAnimationFrame; 16.7 ms are 60 a second. On a machine that does much else they say little: the
// processor's time of the page's main thread is what the page itself needs of a frame.
import { chromium } from "playwright-core";

const [base, password, dag, runs = "100"] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
await page.request.post(`${base}/api/gale/v1/session`, { data: { username: "admin", password } });
const address = `${base}/dags/${encodeURIComponent(dag)}?runs=${runs}&side=details`;
// The second time files and code are in the browser's cache, as they are for a reader.
const opened = [], needed = [];
const cdp = await page.context().newCDPSession(page);
await cdp.send("Performance.enable", { timeDomain: "threadTicks" });
const busy = async () => (await cdp.send("Performance.getMetrics")).metrics.find((one) => one.name === "TaskDuration").value * 1000;
for (let n = 0; n < 3; n += 1) {
  await page.goto("about:blank");
  const before = await busy();
  await page.goto(address, { waitUntil: "commit" });
  await page.waitForSelector(".gscroll canvas");
  opened.push(await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(() => done(performance.now()))))));
  needed.push(await busy() - before);
}
const scroll = (x, y) => page.evaluate(([dx, dy]) => new Promise((done) => {
  const box = document.querySelector(".gscroll"), deltas = [];
  let before = performance.now(), n = 0;
  const step = (now) => {
    deltas.push(now - before);
    before = now;
    if (box.scrollTop + box.clientHeight >= box.scrollHeight) box.scrollTop = 0;
    if (box.scrollLeft <= 0) box.scrollLeft = box.scrollWidth;
    box.scrollBy(-dx, dy);
    n += 1;
    if (n < 240) requestAnimationFrame(step);
    else done(deltas.slice(2).sort((a, b) => a - b));
  };
  requestAnimationFrame(step);
}), [x, y]);
const show = (name, all) => console.log(`${name}: p50 ${all[all.length >> 1].toFixed(1)} ms, p95 ${all[Math.floor(all.length * 0.95)].toFixed(1)} ms, longest ${all.at(-1).toFixed(1)} ms, over 20 ms ${all.filter((ms) => ms > 20).length} of ${all.length}`);
console.log(`opened in ${opened.map((ms) => Math.round(ms)).join(", ")} ms; main thread: ${needed.map((ms) => Math.round(ms)).join(", ")} ms of processor`);
for (const [name, x, y] of [["down, 60 px a frame", 0, 60], ["across, 20 px a frame", 20, 0]]) {
  const before = await busy();
  show(`scrolled ${name}`, await scroll(x, y));
  console.log(`  main thread: ${((await busy() - before) / 240).toFixed(2)} ms of processor a frame`);
}
await browser.close();
