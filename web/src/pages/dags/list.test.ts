import { expect, test } from "vitest";
import type { DagItem, DagList, RunChange } from "../../api/shapes";
import { textOf } from "../../lib/useSearch";
import { filterWords, queryOf, sortOf } from "./filters";
import { arrange } from "./order";
import { patch, replaceDag, withRun } from "./patch";

const bar = (id: string, minute: number, state = "success") => ({
  dag_run_id: id, state, run_type: "scheduled", run_after: new Date(minute * 60_000).toISOString(), start_date: null, end_date: null,
});
const dag = (id: string, more: Partial<DagItem> = {}): DagItem => ({
  dag_id: id, is_paused: false, is_stale: false, is_favorite: false, has_import_errors: false, fileloc: "/d/a.py", description: null, owners: [], tags: [],
  timetable_summary: null, timetable_description: null, next_dagrun_run_after: null, median_seconds: null, last_runs: [bar("one", 1), bar("two", 2)],
  queued_runs: 0, running_runs: 0, waiting: null, ...more,
});
const list = (...dags: DagItem[]): DagList => ({
  dags, total_entries: dags.length, tags: [], owners: [], at: "1.1",
  counts: { all: 2, active: 2, paused: 0, failing: 0, running: 0, waiting: 0, favorite: 0, import_errors: 0 },
});
const run = (id: string, minute: number, state: RunChange["state"]): RunChange => ({
  ...bar(id, minute), state, kind: "run", dag_id: "a", dag_version: 1, logical_date: null, queued_at: null, note: null, triggered_by: null, reason: null, task_counts: null,
});

test("a run grows a bar, changes it, and is counted once", () => {
  let now = patch(list(dag("a"), dag("b")), run("three", 3, "running"));
  expect(now.read).toBe(false);
  expect(now.list.dags[0]!.last_runs.map((one) => one.dag_run_id)).toEqual(["one", "two", "three"]);
  expect(now.list.counts.running).toBe(1);
  expect(now.list.dags[0]!.running_runs).toBe(1);
  now = patch(now.list, run("three", 3, "running"));
  expect(now.list.dags[0]!.running_runs).toBe(1);
  now = patch(now.list, run("three", 3, "failed"));
  expect(now.list.dags[0]!.running_runs).toBe(0);
  expect(now.list.counts).toMatchObject({ running: 0, failing: 1 });
  expect(now.list.dags[0]!.last_runs).toHaveLength(3);
});

test("bars stay in order of time, and are at most 24", () => {
  expect(withRun([bar("one", 1), bar("three", 3)], bar("two", 2)).map((one) => one.dag_run_id)).toEqual(["one", "two", "three"]);
  const many = Array.from({ length: 24 }, (_, n) => bar(`r${n}`, n));
  expect(withRun(many, bar("new", 99)).map((one) => one.dag_run_id).slice(-2)).toEqual(["r23", "new"]);
  expect(withRun(many, bar("new", 99))).toHaveLength(24);
});

test("what a change can't tell is read", () => {
  expect(patch(list(dag("a")), run("three", 3, "queued")).read).toBe(true); // it may wait for something
  expect(patch(list(dag("a")), run("old", 0, "failed")).read).toBe(true); // it may have run uncounted
  expect(patch(list(dag("b")), run("three", 3, "running")).read).toBe(true); // no row of it is here
});

test("switching off moves the counts", () => {
  expect(replaceDag(list(dag("a")), "a", { is_paused: true }).counts).toMatchObject({ active: 1, paused: 1 });
});

test("rows keep their places while somebody is in the list; new ones wait", () => {
  expect(arrange(["a", "b"], ["new", "b", "a"], true)).toEqual({ ids: ["a", "b"], waiting: 1 });
  expect(arrange(["a", "b"], ["new", "b", "a"], false)).toEqual({ ids: ["new", "b", "a"], waiting: 0 });
  expect(arrange(["a", "b"], ["b"], true)).toEqual({ ids: ["a", "b"], waiting: 0 });
  expect(arrange(["a", undefined, undefined], ["a", "b", undefined], true)).toEqual({ ids: ["a", "b", undefined], waiting: 0 });
});

test("filters come from the address, and nonsense in it does nothing", () => {
  const tags = textOf(["a,b", "50%", "한"]);
  expect(queryOf({ q: " x ", tag: tags, on: "0", fav: "1", sort: "-last", state: "failed" })).toEqual({
    q: "x", tags: ["a,b", "50%", "한"], paused: true, favorite: true, order_by: "-last_run", state: "failed",
  });
  expect(queryOf({ state: "moon", on: "maybe", sort: "constructor", tag: "" })).toEqual({});
  expect(queryOf({ tag: "5%" })).toEqual({ tags: ["5%"] });
  expect(sortOf({ sort: "-duration" })).toEqual({ name: "duration", descending: true });
  expect(filterWords({ q: "x", tags: ["vision"], state: "failed" }, { tag: "tag", failed: "failing" })).toBe("x, tag: vision, failing");
});
