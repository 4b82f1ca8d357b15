import { renderHook } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

class Source extends EventTarget {
  static all: Source[] = [];
  onerror: (() => void) | null = null;
  constructor(readonly url: string) { super(); Source.all.push(this); }
  close() {}
  say(name: string, id: string, data: object = {}) {
    this.dispatchEvent(new MessageEvent(name, { lastEventId: id, data: JSON.stringify({ at: id, now: "2026-11-28T10:00:00Z", ...data }) }));
  }
}
const newest = () => Source.all.at(-1)!;
const after = () => new URL(newest().url, "http://gale").searchParams.get("after");

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
  const { unmount } = renderHook(() => useLive(watches, (event) => heard.push(event.kind)));
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

test("what can't be resumed is read again: a log, and what came before the first position", async () => {
  const log = await follow("log:a/r/t/-1/1");
  newest().say("hello", "1.1");
  lose();
  newest().say("hello", "1.1");
  expect(log.heard).toEqual(["read_again"]);
  log.unmount();
  vi.resetModules();
  const early = await follow("runs");
  lose();
  newest().say("hello", "1.5");
  expect(early.heard).toEqual(["read_again"]);
  early.unmount();
});
