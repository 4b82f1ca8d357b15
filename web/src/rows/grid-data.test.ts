import { expect, test } from "vitest";
import type { Grid, GridRun, RunChange, TaskChange, TasksChange } from "../api/shapes";
import { indexOf, mergeColumns, patchGrid, placesOf, stateAt, tally } from "./grid-data";
import type { Row } from "./rows";

const run = (id: string, cells: string, more: Partial<GridRun> = {}): GridRun => ({
  dag_run_id: id, state: "running", run_type: "scheduled", logical_date: null, run_after: `2026-11-27T0${id.slice(-1)}:00:00Z`, queued_at: null, start_date: null, end_date: null,
  dag_version: 1, note: null, triggered_by: null, cells, mapped: [], ...more,
});
const grid: Grid = {
  at: "1.1", states: ["none", "queued", "running", "success", "failed"], task_ids: ["a", "b", "m"], median_seconds: null, has_older: false,
  runs: [run("r1", "ddd", { mapped: [{ task: 2, counts: { success: 3 } }] }), run("r2", "dca")],
};
const wanted = { types: [], states: [], limit: 24 };
const task = (id: string, state: TaskChange["state"], map = -1): TaskChange => ({
  task_id: id, map_index: map, state, try_number: 1, max_tries: 1, scheduled_when: null, queued_when: null, start_date: null, end_date: null, next_retry_at: null, hostname: "", cpu_seconds: 0,
  rss_bytes_max: 0, reason: null,
});
const tasks = (id: string, ...all: TaskChange[]): TasksChange => ({ kind: "tasks", dag_id: "d", dag_run_id: id, read_again: false, task_instances: all, notes: [], task_counts: null });
const runChange = (id: string, more: Partial<RunChange> = {}): RunChange => ({
  kind: "run", dag_id: "d", dag_run_id: id, state: "queued", run_type: "manual", dag_version: 1, logical_date: null, run_after: `2026-11-27T0${id.slice(-1)}:00:00Z`, queued_at: null,
  start_date: null, end_date: null, note: null, triggered_by: null, reason: null, task_counts: null, ...more,
});
const row = (...ids: string[]) => ({ tasks: ids }) as unknown as Row;

test("a cell is its task's state, a group's the worst of its tasks'", () => {
  const index = indexOf(grid);
  const at = (id: number, ...ids: string[]) => stateAt(grid.runs[id]!, placesOf(row(...ids), index), index);
  expect(at(0, "a")).toBe("success");
  expect(at(1, "a", "b", "m")).toBe("running");
  expect(at(1, "nowhere")).toBeNull();
  expect(stateAt(run("r", "-e-"), [0, 2], index)).toBeNull();
  expect(stateAt(run("r", "de-"), [0, 1, 2], index)).toBe("failed");
  expect([...tally(grid.runs[1]!, [0, 1, 2], index)]).toEqual([["success", 1], ["running", 1], ["none", 1]]);
});

test("a task's change replaces one letter of one run, and leaves the others as they are", () => {
  const { grid: next, columns, touched } = patchGrid(grid, tasks("r2", task("b", "failed")), "d", wanted);
  expect(next.runs[1]!.cells).toBe("dea");
  expect(next.runs[0]).toBe(grid.runs[0]);
  expect(columns).toEqual([]);
  expect(touched).toEqual([{ run: "r2", row: "b" }]);
});

test("what changes nothing, or another DAG, gives the same grid", () => {
  expect(patchGrid(grid, tasks("r2", task("b", "running")), "d", wanted).grid).toBe(grid);
  expect(patchGrid(grid, tasks("r2", task("b", "failed")), "other", wanted).grid).toBe(grid);
  expect(patchGrid(grid, tasks("unknown", task("b", "failed")), "d", wanted)).toMatchObject({ columns: [] });
});

test("a state of null is none", () => {
  expect(patchGrid(grid, tasks("r2", task("b", null)), "d", wanted).grid.runs[1]!.cells).toBe("daa");
});

test("only the column is read again of a mapped task, a task that isn't known, or a gap", () => {
  expect(patchGrid(grid, tasks("r1", task("m", "failed", 2)), "d", wanted)).toMatchObject({ grid, columns: ["r1"], touched: [{ run: "r1", row: "m[2]" }] });
  expect(patchGrid(grid, tasks("r1", task("new", "failed")), "d", wanted).columns).toEqual(["r1"]);
  expect(patchGrid(grid, { ...tasks("r1"), read_again: true }, "d", wanted).columns).toEqual(["r1"]);
});

test("a new run is a new column at its place, the oldest goes out", () => {
  const { grid: next, columns } = patchGrid(grid, runChange("r3"), "d", wanted);
  expect(next.runs.map((one) => one.dag_run_id)).toEqual(["r1", "r2", "r3"]);
  expect(next.runs[2]!.cells).toBe("aaa");
  expect(columns).toEqual(["r3"]);
  const full = patchGrid(grid, runChange("r3"), "d", { ...wanted, limit: 2 }).grid;
  expect(full.runs.map((one) => one.dag_run_id)).toEqual(["r2", "r3"]);
  expect(full.has_older).toBe(true);
});

test("a run that the filter leaves out, or older than what is shown, stays out", () => {
  expect(patchGrid(grid, runChange("r3"), "d", { ...wanted, types: ["scheduled"] }).grid).toBe(grid);
  expect(patchGrid(grid, runChange("r3"), "d", { ...wanted, states: ["failed"] }).grid).toBe(grid);
  expect(patchGrid({ ...grid, has_older: true }, runChange("r0"), "d", wanted).grid.runs).toHaveLength(2);
});

test("another version asks for the structure", () => {
  expect(patchGrid(grid, runChange("r3", { dag_version: 2 }), "d", wanted).structure).toBe(true);
  expect(patchGrid(grid, runChange("r2", { dag_version: 2 }), "d", wanted)).toMatchObject({ structure: true, columns: ["r2"] });
});

test("a column that is read alone is put in with its own letters and places", () => {
  const read: Grid = { ...grid, states: ["success", "skipped", "none"], task_ids: ["new", "b", "a"], runs: [run("r2", "bac", { mapped: [{ task: 0, counts: { skipped: 2 } }] }), run("r9", "aaa")] };
  const next = mergeColumns(grid, read, new Set(["r2"]));
  expect(next.task_ids).toEqual(["a", "b", "m", "new"]);
  const index = indexOf(next);
  const cell = (n: number, id: string) => stateAt(next.runs[n]!, placesOf(row(id), index), index);
  expect([cell(1, "a"), cell(1, "b"), cell(1, "m"), cell(1, "new")]).toEqual(["none", "success", null, "skipped"]);
  expect([cell(0, "a"), cell(0, "new")]).toEqual(["success", null]);
  expect(next.runs[1]!.mapped).toEqual([{ task: 3, counts: { skipped: 2 } }]);
  expect(next.runs).toHaveLength(2);
});
