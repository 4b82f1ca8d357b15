import { expect, test } from "vitest";
import type { Gantt, GanttRow } from "../api/shapes";
import { factsOf } from "./facts";
import { barsOf, expectedOf, groupBar, spanOf, ticksOf } from "./gantt-data";

const day = "2026-11-27T";
const at = (clock: string) => Date.parse(`${day}${clock}Z`);
const time = (clock: string) => `${day}${clock}Z`;
const row = (id: string, more: Partial<GanttRow> = {}): GanttRow => ({
  task_id: id, state: null, try_number: 1, max_tries: 2, scheduled_when: null, queued_when: null, start_date: null, end_date: null, next_retry_at: null, hostname: null, reason: null,
  counts: null, slowest_seconds: null, tries: [], usual_seconds: null, ...more,
});
const ran = (id: string, from: string, to: string, more: Partial<GanttRow> = {}) => row(id, { state: "success", start_date: time(from), end_date: time(to), ...more });
const gantt = (rows: GanttRow[], end: string | null = null): Gantt => ({
  at: "1.1", median_seconds: 600, rows,
  run: { dag_run_id: "r", dag_id: "d", logical_date: null, queued_at: time("10:00:00"), start_date: time("10:00:00"), end_date: end && time(end), duration: null, data_interval_start: null,
    data_interval_end: null, run_after: time("10:00:00"), run_type: "manual", state: end ? "success" : "running", triggered_by: null, triggering_user_name: null, conf: null, note: null, dag_versions: [],
    dag_display_name: "d", last_scheduling_decision: null, bundle_version: null, partition_key: null },
});
const now = at("10:10:00");
const shown = (one: GanttRow) => barsOf(one, now).map((bar) => `${bar.kind} ${bar.state} ${(bar.from - at("10:00:00")) / 1000}-${(bar.to - at("10:00:00")) / 1000}`);

test("waiting for a pool, in the queue, running", () => {
  expect(shown(ran("a", "10:02:00", "10:03:00", { scheduled_when: time("10:00:00"), queued_when: time("10:01:00") }))).toEqual(["pool scheduled 0-60", "queue queued 60-120", "ran success 120-180"]);
});

test("what runs goes on to now, and hollow to its usual end", () => {
  expect(shown(row("a", { state: "running", start_date: time("10:05:00"), usual_seconds: 600 }))).toEqual(["ran running 300-600", "expected running 600-900"]);
  expect(shown(row("a", { state: "running", start_date: time("10:05:00"), usual_seconds: 60 }))).toEqual(["ran running 300-600"]);
});

test("failed tries and the waits between them", () => {
  const tries = [{ try_number: 1, state: "failed", scheduled_when: null, queued_when: null, start_date: time("10:00:00"), end_date: time("10:01:00"), reason: "x" }];
  expect(shown(row("a", { state: "running", try_number: 2, tries, queued_when: time("10:02:00"), start_date: time("10:03:00") }))).toEqual(
    ["ran failed 0-60", "retry up_for_retry 60-120", "queue queued 120-180", "ran running 180-600"]);
  expect(shown(row("a", { state: "up_for_retry", start_date: time("10:00:00"), end_date: time("10:01:00"), next_retry_at: time("10:12:00") }))).toEqual(
    ["ran failed 0-60", "retry up_for_retry 60-720"]);
});

test("each try waited for its slot and then in the queue", () => {
  const tries = [{ try_number: 1, state: "failed", scheduled_when: time("10:00:00"), queued_when: time("10:01:00"), start_date: time("10:01:30"), end_date: time("10:02:00"), reason: "x" }];
  const now = row("a", { state: "running", try_number: 2, tries, scheduled_when: time("10:03:00"), queued_when: time("10:04:00"), start_date: time("10:05:00") });
  expect(shown(now)).toEqual(["pool scheduled 0-60", "queue queued 60-90", "ran failed 90-120", "retry up_for_retry 120-180", "pool scheduled 180-240", "queue queued 240-300", "ran running 300-600"]);
  const again = row("a", { state: "up_for_retry", scheduled_when: time("10:00:00"), queued_when: time("10:01:00"), start_date: time("10:01:00"), end_date: time("10:02:00"), next_retry_at: time("10:03:00") });
  expect(shown(again)).toEqual(["pool scheduled 0-60", "ran failed 60-120", "retry up_for_retry 120-180"]);
});

test("what waits, waits until now; what has nothing has no bar", () => {
  expect(shown(row("a", { state: "queued", queued_when: time("10:04:00") }))).toEqual(["queue queued 240-600"]);
  expect(shown(row("a"))).toEqual([]);
  expect(shown(row("a", { state: "skipped", start_date: time("10:01:00"), end_date: time("10:01:00") }))).toEqual([]);
});

test("tasks that wait are expected after those before them", () => {
  const rows = [row("a", { state: "running", start_date: time("10:05:00"), usual_seconds: 600 }), row("b", { usual_seconds: 60 }), row("c", { usual_seconds: 30 }), row("d"), row("e", { usual_seconds: 5 })];
  const edges = [{ upstream: "a", downstream: "b" }, { upstream: "b", downstream: "c" }, { upstream: "d", downstream: "e" }];
  const found = expectedOf(rows, edges, now);
  expect(found.get("c")).toEqual({ from: at("10:16:00"), to: at("10:16:30") });
  expect(found.has("d")).toBe(false); // nobody knows how long it takes
  expect(found.has("e")).toBe(false);
});

test("a circle of edges ends", () => {
  const rows = [row("a", { usual_seconds: 1 }), row("b", { usual_seconds: 1 })];
  expect(expectedOf(rows, [{ upstream: "a", downstream: "b" }, { upstream: "b", downstream: "a" }], now).size).toBeLessThanOrEqual(2);
});

test("the axis covers all bars, its ticks are round", () => {
  const one = gantt([ran("a", "10:00:10", "10:07:00")], "10:07:00");
  expect(spanOf(one, new Map(), now)).toEqual({ from: at("10:00:00"), to: at("10:07:00") });
  const ticks = ticksOf({ from: at("10:00:30"), to: at("10:50:00") }, 500);
  expect(ticks[0]).toEqual({ at: at("10:10:00"), relative: false });
  expect(ticks).toHaveLength(5);
  expect(ticksOf({ from: 5, to: 48 }, 500).map((tick) => tick.at)).toEqual([5, 15, 25, 35, 45]);
});

test("a group is from its first start to its last end", () => {
  expect(groupBar([ran("a", "10:00:00", "10:01:00"), row("b", { state: "running", start_date: time("10:05:00") })], now)).toEqual(
    { kind: "ran", state: "running", from: at("10:00:00"), to: now, try: 0 });
  expect(groupBar([row("a")], now)).toBeNull();
});

test("the facts of a run", () => {
  const rows = [
    ran("a", "10:02:00", "10:03:00", { scheduled_when: time("10:00:00"), queued_when: time("10:01:00"), hostname: "w1" }),
    row("m", { state: "running", counts: { success: 3, running: 2 }, start_date: time("10:03:00"), hostname: "w2", usual_seconds: 900 }), row("z", { usual_seconds: 60 }),
  ];
  const edges = [{ upstream: "a", downstream: "m", label: null }, { upstream: "m", downstream: "z", label: null }];
  const facts = factsOf(gantt(rows), edges, expectedOf(rows, edges, now), now);
  expect(facts).toMatchObject({ done: 4, of: 7, waited: 120, waitedForPool: 60, longest: ["a", "m"], running: ["m"], runningOn: ["w2"], waiting: 1 });
  expect(facts.expectedEnd).toBe(at("10:19:00"));
  expect(factsOf(gantt(rows.slice(0, 1), "10:03:00"), edges, new Map(), now).expectedEnd).toBeNull();
});
