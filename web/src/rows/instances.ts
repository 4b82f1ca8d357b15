import type { Grid, TaskChange, TaskInstance } from "../api/shapes";
import { countsAt, onlyState, total, type Index } from "./grid-data";
import { instanceKey, type Row } from "./rows";
import type { Part } from "./window";

// The instances of mapped tasks that are unfolded: read by pages of a run's task, only those that rows in sight need.

export type Instance = Pick<TaskInstance, "map_index" | "state" | "try_number" | "max_tries" | "scheduled_when" | "queued_when" | "start_date" | "end_date" | "hostname" | "rendered_map_index"> & {
  next_retry_at?: string | null; reason?: string | null; // the stream says these
};
export type OfRun = ReadonlyMap<string, Instance>; // by the rows' keys
export type Instances = ReadonlyMap<string, OfRun>; // by run
export type Page = { run: string; task: string; page: number };

export const PAGE = 100;
export const PAGES_MAX = 120; // at once; those of the newest runs come first

// The pages of the rows in sight, each task's once.
export function pagesOf(rows: Row[], part: Part): { task: string; page: number }[] {
  const found = new Map<string, { task: string; page: number }>();
  for (const row of rows.slice(part.from, part.to)) {
    if (row.kind !== "instance") continue;
    const page = Math.floor(row.map / PAGE);
    found.set(`${row.id} ${page}`, { task: row.id, page });
  }
  return [...found.values()];
}

// Of the grid: of the run whose names the rows have, and of those whose instances aren't all in one state.
export function gridPages(grid: Grid, index: Index, rows: Row[], seen: { rows: Part; columns: Part }, named: string): Page[] {
  const pages = pagesOf(rows, seen.rows);
  const all: Page[] = [];
  const need = (column: number, names: boolean) => {
    const run = grid.runs[column]!;
    for (const { task, page } of pages) {
      const counts = countsAt(run, index.place.get(task));
      if (!counts || page * PAGE >= total(counts) || (!names && onlyState(counts) !== null)) continue;
      all.push({ run: run.dag_run_id, task, page });
    }
  };
  if (pages.length === 0) return all;
  const own = grid.runs.findIndex((run) => run.dag_run_id === named);
  if (own >= 0) need(own, true);
  for (let column = Math.min(seen.columns.to, grid.runs.length) - 1; column >= seen.columns.from; column -= 1) if (column !== own) need(column, false);
  return all.slice(0, PAGES_MAX);
}

export function byRun(pages: Page[], read: (Instance[] | undefined)[]): Map<string, Map<string, Instance>> {
  const all = new Map<string, Map<string, Instance>>();
  pages.forEach(({ run, task }, n) => {
    const of = all.get(run) ?? new Map<string, Instance>();
    all.set(run, of);
    for (const one of read[n] ?? []) of.set(instanceKey(task, one.map_index), one);
  });
  return all;
}

// A page after what the stream said of its task; "read" if an instance isn't known that should be there.
export function patchPage(page: Instance[], number: number, changes: TaskChange[]): Instance[] | "read" {
  let next: Instance[] | null = null;
  for (const change of changes) {
    if (Math.floor(change.map_index / PAGE) !== number) continue;
    const at = (next ?? page).findIndex((one) => one.map_index === change.map_index);
    if (at < 0) return "read";
    next ??= page.slice();
    next[at] = told(next[at]!, change);
  }
  return next ?? page;
}

function told(before: Instance, change: TaskChange): Instance {
  const { state, try_number, max_tries, scheduled_when, queued_when, start_date, end_date, hostname, next_retry_at, reason } = change;
  return { ...before, state, try_number, max_tries, scheduled_when, queued_when, start_date, end_date, hostname, next_retry_at, reason };
}
