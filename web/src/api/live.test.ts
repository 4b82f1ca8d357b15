import { renderHook } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

class Source extends EventTarget {
  static CLOSED = 2;
  static all: Source[] = [];
  readyState = 0;
  onerror: (() => void) | null = null;
  closed = false;
  constructor(readonly url: string) { super(); Source.all.push(this); }
  close() { this.closed = true; }
  say(name: string, id: string, data: object = {}) {
    this.dispatchEvent(new MessageEvent(name, { lastEventId: id, data: JSON.stringify({ at: id, now: "2026-11-28T10:00:00Z", ...data }) }));
  }
}
const newest = () => Source.all.at(-1)!;
const params = () => new URL(newest().url, "http://gale").searchParams;
const after = () => params().get("after");

beforeEach(() => {
  Source.all = [];
  vi.useFakeTimers();
  vi.stubGlobal("EventSource", Source);
  vi.resetModules(); // the stream is the module's
});
afterEach(() => { vi.useRealTimers(); vi.unstubAllGlobals(); });

async function follow(...watches: string[]) {
  const { useLive } = await import("./live");
  const heard: string[] = [];
  const { unmount } = renderHook(() => useLive(watches, (event) => { if (event.kind !== "from") heard.push(event.kind); }));
  vi.advanceTimersByTime(100);
  return { heard, unmount };
}
function lose() {
  newest().onerror?.();
  vi.advanceTimersByTime(5000);
}

test("a page that saw nothing for long goes on from the time it was told last, without reading again", async () => {
  const { heard, unmount } = await follow("dag:a");
  expect(after()).toBeNull();
  newest().say("hello", "1.1");
  newest().say("time", "1.700");
  lose();
  expect(Source.all.length).toBe(2);
  expect(after()).toBe("1.700");
  newest().say("hello", "1.700");
  expect(heard).toEqual(["time"]);
  newest().say("read_again", "2.3"); // the server knows that something is missing
  expect(heard).toEqual(["time", "read_again"]);
  lose();
  expect(after()).toBe("2.3");
  unmount();
});

test("what can't be resumed is asked for: a log is looked at, and what came before the first position is read again", async () => {
  const log = await follow("log:a/r/t/-1/1");
  newest().say("hello", "1.1");
  lose();
  newest().say("hello", "1.1");
  expect(log.heard).toEqual(["log"]);
  log.unmount();
  vi.resetModules();
  const early = await follow("runs");
  lose();
  newest().say("hello", "1.5");
  expect(early.heard).toEqual(["read_again"]);
  early.unmount();
});

// Pages of one browser, as the worker that they share sees them.
async function pages() {
  const { Hub } = await import("./hub");
  const hub = new Hub();
  const page = () => {
    const heard: { kind: string; [key: string]: unknown }[] = [];
    const tell = (one: { kind: string }) => { heard.push(one); };
    return {
      heard, watch: (watches: string[], again = false) => hub.say(tell, { watches, again }),
      kinds: () => heard.splice(0).map((one) => one.kind).filter((kind) => kind !== "sign"),
    };
  };
  return { a: page(), b: page(), page };
}
const run = (dag_id: string) => ({ kind: "run", dag_id, dag_run_id: "r" });

test("pages have one stream, and each is told what it watches", async () => {
  const { a, b } = await pages();
  a.watch(["runs"]);
  newest().say("hello", "1.1");
  b.watch(["dag:b", "log:b/r/t/-1/1"]);
  expect(Source.all.map((one) => one.closed)).toEqual([true, false]);
  expect(params().getAll("watch")).toEqual(["dag:b", "log:b/r/t/-1/1", "runs"]);
  expect(after()).toBe("1.1");
  newest().say("hello", "1.1");
  a.heard.length = b.heard.length = 0;
  newest().say("turn", "1.2", { changes: [run("a"), run("b"), { kind: "tasks", dag_id: "b", dag_run_id: "r" }, { kind: "dag", dag_id: "a" }] });
  expect(a.heard.splice(0).flatMap((one) => one.changes)).toEqual([run("a"), run("b")]);
  expect(b.heard.splice(0).flatMap((one) => one.changes)).toEqual([run("b"), { kind: "tasks", dag_id: "b", dag_run_id: "r" }]);
  newest().say("log", "1.2", { dag_id: "b", dag_run_id: "r", task_id: "t", map_index: -1, try_number: 1, size: 7 });
  expect([a.kinds(), b.kinds()]).toEqual([[], ["log"]]);
  b.watch([]);
  expect(params().getAll("watch")).toEqual(["runs"]);
  a.watch([]);
  expect(newest().closed).toBe(true);
});

test("a page that comes back reads again; the others don't", async () => {
  const { a, b } = await pages();
  a.watch(["runs"]);
  newest().say("hello", "1.1");
  a.kinds();
  b.watch(["runs"], true); // the stream is there
  expect([a.kinds(), b.kinds()]).toEqual([[], ["from", "read_again"]]); // where changes come from, for what it has read before
  a.watch([]); b.watch([]);
  b.watch(["runs"], true); // the stream is opened
  expect(b.kinds()).toEqual([]);
  newest().say("hello", "1.9");
  expect(b.kinds()).toEqual(["hello", "read_again"]);
  b.watch(["dags"]);
  newest().say("hello", "1.9");
  expect(b.kinds()).toEqual(["hello"]);
  b.watch([]);
});

test("a page that is gone without a word is forgotten", async () => {
  const { a, b } = await pages();
  a.watch(["runs"]); b.watch(["dags"]);
  for (let n = 0; n < 4; n += 1) { newest().say("time", `1.${n}`); a.watch(["runs"]); }
  expect(params().getAll("watch")).toEqual(["runs"]);
  a.watch([]);
});

test("more than one stream may watch: the page that is one too many has its own", async () => {
  const { a, b } = await pages();
  a.watch(Array.from({ length: 60 }, (_, n) => `dag:${n}`));
  b.watch(["dag:1", "dag:2", "dag:3", "dag:60", "dag:61", "dag:62", "dag:63"]);
  expect(b.kinds()).toEqual([]);
  b.watch(Array.from({ length: 5 }, (_, n) => `dag:${60 + n}`));
  expect(b.kinds()).toEqual(["alone"]);
  expect(params().getAll("watch").length).toBe(60);
  a.watch([]);
});

test("a run that isn't there keeps nobody else from being told", async () => {
  const there = new Set<string>();
  vi.stubGlobal("fetch", async (url: string) => {
    const asked = new URL(url, "http://gale").searchParams.getAll("watch");
    return { status: asked.every((one) => one === "runs" || there.has(one)) ? 200 : 404 };
  });
  const { a, b } = await pages();
  a.watch(["runs"]);
  newest().say("hello", "1.1");
  b.watch(["run:a/none"]);
  newest().readyState = Source.CLOSED;
  newest().onerror!();
  await vi.advanceTimersByTimeAsync(10);
  expect(params().getAll("watch")).toEqual(["runs"]);
  newest().say("hello", "1.1");
  there.add("run:a/none"); // a follower has heard of it
  newest().say("time", "1.5");
  await vi.advanceTimersByTimeAsync(10);
  expect(params().getAll("watch")).toEqual(["run:a/none", "runs"]);
  b.kinds();
  newest().say("hello", "1.5");
  expect(b.kinds()).toEqual(["hello", "read_again"]);
  a.watch([]); b.watch([]);
});

test("who is signed out is told so", async () => {
  vi.stubGlobal("fetch", async () => ({ status: 401 }));
  const { a } = await pages();
  a.watch(["runs"]);
  newest().readyState = Source.CLOSED;
  newest().onerror!();
  await vi.advanceTimersByTimeAsync(10);
  expect(a.kinds()).toContain("signed_out");
  a.watch([]);
});
