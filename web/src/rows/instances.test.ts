import { expect, test } from "vitest";
import type { Grid, GridRun, StateCounts, TaskChange } from "../api/shapes";
import { barsOf, ofInstance } from "./gantt-data";
import { cellState, indexOf, mapsOfGrid, placesOf } from "./grid-data";
import { byRun, gridPages, PAGE, PAGES_MAX, pagesOf, patchPage, type Instance } from "./instances";
import { instanceKey, type Row } from "./rows";

const run = (id: string, counts: StateCounts | null): GridRun => ({
  dag_run_id: id, state: "running", run_type: "manual", logical_date: null, run_after: "2026-11-27T00:00:00Z", queued_at: null, start_date: null, end_date: null, dag_version: 1, note: null,
  triggered_by: null, cells: "ab", mapped: counts ? [{ task: 1, counts }] : [],
});
const gridOf = (...runs: GridRun[]): Grid => ({ at: "1.1", states: ["success", "failed"], task_ids: ["a", "m"], median_seconds: null, has_older: false, runs });
const row = (map: number) => ({ kind: "instance", key: instanceKey("m", map), id: "m", map, tasks: ["m"] }) as unknown as Row;
const rows = (count: number) => Array.from({ length: count }, (_, n) => row(n));
const one = (map: number, state: Instance["state"] = "success"): Instance => ({
  map_index: map, state, try_number: 1, max_tries: 1, scheduled_when: "2026-11-27T00:00:00Z", queued_when: null, start_date: null, end_date: null, hostname: "", rendered_map_index: `page ${map}`,
});
const change = (map: number, state: TaskChange["state"], tried = 1): TaskChange => ({
  task_id: "m", map_index: map, state, try_number: tried, max_tries: 2, scheduled_when: "2026-11-27T00:00:05Z", queued_when: null, start_date: "2026-11-27T00:00:10Z", end_date: null, next_retry_at: null, hostname: "w", cpu_seconds: 0,
  rss_bytes_max: 0, reason: null,
});
const all = { from: 0, to: 1000 };

test("only the pages of rows in sight", () => {
  expect(pagesOf(rows(1000), { from: PAGE - 2, to: PAGE + 30 })).toEqual([{ task: "m", page: 0 }, { task: "m", page: 1 }]);
  expect(pagesOf([{ ...row(0), kind: "task" } as Row], all)).toEqual([]);
});

test("of the grid only runs whose instances differ, and the one whose names are shown", () => {
  const grid = gridOf(run("even", { success: 500 }), run("mixed", { success: 300, failed: 1 }), run("small", { success: 3, failed: 1 }), run("none", null), run("named", { success: 400, failed: 0 }));
  const wanted = gridPages(grid, indexOf(grid), rows(1000), { rows: { from: 210, to: 240 }, columns: all }, "named");
  expect(wanted).toEqual([{ run: "named", task: "m", page: 2 }, { run: "mixed", task: "m", page: 2 }]);
  const many = gridOf(...Array.from({ length: 400 }, (_, n) => run(`r${n}`, { success: 1, failed: 1 })));
  const most = gridPages(many, indexOf(many), rows(2), { rows: all, columns: all }, "r0");
  expect(most).toHaveLength(PAGES_MAX);
  expect([most[0]!.run, most[1]!.run]).toEqual(["r0", "r399"]); // the names', then the newest
});

test("a cell of an instance: as read, as all of its map, not read yet, or not of this run", () => {
  const grid = gridOf(run("even", { success: 5 }), run("mixed", { success: 4, failed: 1 }), run("none", null));
  const index = indexOf(grid), read = byRun([{ run: "mixed", task: "m", page: 0 }], [[one(0), one(1, "failed")]]);
  const at = (column: number, map: number) => cellState(grid.runs[column]!, row(map), placesOf(row(map), index), index, read);
  expect([at(0, 4), at(0, 5), at(2, 0)]).toEqual(["success", null, null]);
  expect([at(1, 0), at(1, 1), at(1, 2)]).toEqual(["success", "failed", undefined]);
  expect([...mapsOfGrid(grid)]).toEqual([["m", 5]]);
});

test("what the stream says of an instance is put in its page; one that isn't known asks for the page again", () => {
  const page = [one(0), one(1)];
  const next = patchPage(page, 0, [change(1, "running", 2), change(PAGE + 1, "failed")]);
  expect(next).toEqual([one(0), { ...one(1, "running"), try_number: 2, max_tries: 2, start_date: "2026-11-27T00:00:10Z", hostname: "w", next_retry_at: null, reason: null, scheduled_when: "2026-11-27T00:00:05Z" }]);
  expect((next as Instance[])[0]).toBe(page[0]);
  expect(patchPage(page, 1, [change(1, "running")])).toBe(page);
  expect(patchPage(page, 0, [change(2, "running")])).toBe("read");
});

test("an instance in the Gantt is a row like a task's", () => {
  const of = { task_id: "m", counts: { running: 2 }, slowest_seconds: 9, usual_seconds: 30, tries: [] } as never;
  const at = Date.parse("2026-11-27T00:00:10Z");
  expect(barsOf(ofInstance(of, { ...one(1, "running"), scheduled_when: null, start_date: "2026-11-27T00:00:00Z" }), at)).toEqual([
    { kind: "ran", state: "running", from: at - 10_000, to: at, try: 1 }, { kind: "expected", state: "running", from: at, to: at + 20_000, try: 1 }]);
});
