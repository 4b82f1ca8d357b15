import { expect, test } from "vitest";
import type { RunChange, Summary, TimelineRow } from "../../api/shapes";
import { bucketsOf, patchSummary, piecesOf, placeOf, rangeOf, rateOf, spanOf, ticksOf } from "./timeline";

const now = Date.parse("2026-11-28T09:42:00Z");
const span = spanOf(now, 3);
const iso = (minutes: number) => new Date(now + minutes * 60_000).toISOString();
const run = (id: string, after: number, start: number | null, end: number | null, state = "success") => ({
  dag_run_id: id, state, run_type: "scheduled", run_after: iso(after), start_date: start === null ? null : iso(start), end_date: end === null ? null : iso(end),
});
const row = (more: Partial<TimelineRow>): TimelineRow => ({ dag_id: "a", runs: [], next: [], median_seconds: null, ...more });

test("now stands at four fifths", () => {
  expect(placeOf(span, now)).toBeCloseTo(0.8);
  expect([rangeOf("24h"), rangeOf("9h"), rangeOf(undefined), rangeOf("constructor")]).toEqual(["24h", "3h", "3h", "3h"]);
});

test("a run has its wait before it, runs until now, and is cut at the edge", () => {
  const [wait, bar] = piecesOf(row({ runs: [run("r", -60, -45, null, "running")] }), span);
  expect(wait).toMatchObject({ kind: "wait" });
  expect(wait!.left + wait!.width).toBeCloseTo(bar!.left);
  expect(bar!.left + bar!.width).toBeCloseTo(0.8);
  const [cut] = piecesOf(row({ runs: [run("r", -400, -400, -170)] }), span);
  expect(cut!.left).toBe(0);
  expect(piecesOf(row({ runs: [run("r", -400, -400, -390)] }), span)).toEqual([]);
  expect(piecesOf(row({ runs: [run("q", -10, null, null, "queued")] }), span).map((one) => one.kind)).toEqual(["wait"]);
});

test("runs that were made up for have waited side by side: each time is hatched once, under what ran", () => {
  const pieces = piecesOf(row({ runs: [run("a", -90, -30, -28), run("b", -60, -28, -20), run("c", -25, null, null, "queued")] }), span);
  expect(pieces.map((one) => one.kind)).toEqual(["wait", "wait", "wait", "run", "run"]);
  const ends = pieces.slice(0, 3).map((one) => [one.left, one.left + one.width]);
  expect(ends[0]![0]).toBeCloseTo(placeOf(span, now - 90 * 60_000));
  expect(ends[1]![0]).toBeCloseTo(ends[0]![1]!);
  expect(ends[2]![0]).toBeCloseTo(placeOf(span, now - 25 * 60_000));
});

test("what is planned begins when it is due, and not before now", () => {
  const [next] = piecesOf(row({ next: [iso(15)], median_seconds: 600 }), span);
  expect(next).toMatchObject({ kind: "next" });
  expect(next!.left).toBeCloseTo(placeOf(span, now + 15 * 60_000));
});

test("ticks are whole hours of the reader's zone", () => {
  expect(ticksOf(span, 9 * 3_600_000).map((at) => new Date(at).toISOString().slice(11, 16))).toEqual(["07:00", "08:00", "09:00", "10:00"]);
  expect(ticksOf(span, 5.5 * 3_600_000).map((at) => new Date(at).toISOString().slice(11, 16))).toEqual(["07:30", "08:30", "09:30"]);
  expect(ticksOf(spanOf(now, 168), 0).length).toBeLessThanOrEqual(6);
});

test("a change moves the row at once", () => {
  const data = { runs: [row({ runs: [run("r", -5, -5, null, "running")], next: [iso(1)] })] } as Summary;
  const change = { ...run("r", -5, -5, 0, "failed"), kind: "run", dag_id: "a" } as RunChange;
  expect(patchSummary(data, change).runs[0]!.runs.map((one) => one.state)).toEqual(["failed"]);
  const fresh = patchSummary(data, { ...run("s", 1, 1, null, "running"), kind: "run", dag_id: "a" } as RunChange);
  expect(fresh.runs[0]!.runs.map((one) => one.dag_run_id)).toEqual(["r", "s"]);
  expect(fresh.runs[0]!.next).toEqual([]);
});

test("minutes become bars, and a rate", () => {
  const finished = [-179, -100, -3, -2, 0].map((minute) => ({ minute: iso(minute), success: 9, failed: 1 }));
  const bars = bucketsOf(finished, span, 36);
  expect(bars.reduce((sum, one) => sum + one.success + one.failed, 0)).toBe(50);
  expect(bars[0]).toEqual({ success: 9, failed: 1 });
  expect(bars[35]).toEqual({ success: 27, failed: 3 });
  expect(rateOf(finished, now)).toBe(4); // the minute that hasn't ended doesn't count
});
