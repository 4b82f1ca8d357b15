import type { Change, Grid, GridRun, RunChange, StateCounts, TasksChange } from "../api/shapes";
import { stateOf, states, worst, type State } from "../lib/state";
import type { Instances } from "./instances";
import { instanceKey, type Row } from "./rows";

// What stands in the grid's cells, and what a change of the stream makes of it. A run's cells are one text, a letter a
// task, so that a thousand tasks by hundreds of runs are a hundred short texts and a change is one letter.

const A = "a".charCodeAt(0);
export const ABSENT = "-";

export const letterOf = (grid: Grid, state: string | null) => {
  const place = grid.states.indexOf(state ?? "none");
  return place < 0 ? null : String.fromCharCode(A + place);
};

export type Index = { place: Map<string, number>; states: State[] };
export const indexOf = (grid: Grid): Index => ({ place: new Map(grid.task_ids.map((id, n) => [id, n])), states: grid.states.map(stateOf) });

// The places in a run's cells that a row sums up.
export function placesOf({ tasks }: Row, index: Index): number[] {
  const places: number[] = [];
  for (const id of tasks) {
    const place = index.place.get(id);
    if (place !== undefined) places.push(place);
  }
  return places;
}

export function stateAt(run: GridRun, places: number[], index: Index): State | null {
  if (places.length === 1) return index.states[run.cells.charCodeAt(places[0]!) - A] ?? null;
  let letters = 0; // a bit a state
  for (const place of places) {
    const n = run.cells.charCodeAt(place) - A;
    if (n >= 0) letters |= 1 << n;
  }
  if (letters === 0) return null;
  return worst(index.states.filter((_, n) => letters & (1 << n)));
}

const mappedOf = new WeakMap<GridRun, Map<number, StateCounts>>(); // a run that changes is another object
export function countsAt(run: GridRun, place: number | undefined): StateCounts | null {
  if (run.mapped.length === 0 || place === undefined) return null;
  let of = mappedOf.get(run);
  if (!of) mappedOf.set(run, of = new Map(run.mapped.map((one) => [one.task, one.counts])));
  return of.get(place) ?? null;
}
export const total = (counts: StateCounts) => Object.values(counts).reduce((sum, n) => sum + n, 0);

// The mapped tasks of all runs, with the most instances that a run of these has.
export function mapsOfGrid(grid: Grid): Map<string, number> {
  const maps = new Map<string, number>();
  for (const run of grid.runs) {
    for (const { task, counts } of run.mapped) {
      const id = grid.task_ids[task]!;
      maps.set(id, Math.max(maps.get(id) ?? 0, total(counts)));
    }
  }
  return maps;
}

// Of a row's cell: null if the run has none such, undefined if that must be read first. Where all instances of a map are in
// one state nothing is read: that is each one's.
export function cellState(run: GridRun, row: Row, places: number[], index: Index, read: Instances): State | null | undefined {
  if (row.kind !== "instance") return stateAt(run, places, index);
  const counts = countsAt(run, places[0]);
  if (!counts || row.map >= total(counts)) return null;
  const one = read.get(run.dag_run_id)?.get(row.key);
  return one ? stateOf(one.state) : onlyState(counts) ?? undefined;
}
export function onlyState(counts: StateCounts): State | null {
  const here = Object.keys(counts).filter((word) => counts[word]! > 0);
  return here.length === 1 ? stateOf(here[0]) : null;
}

// How many of a row's tasks are in each state, elements of mapped tasks as the one state that they come to.
export function tally(run: GridRun, places: number[], index: Index): Map<State, number> {
  const counts = new Map<State, number>();
  for (const place of places) {
    const state = index.states[run.cells.charCodeAt(place) - A];
    if (state) counts.set(state, (counts.get(state) ?? 0) + 1);
  }
  return counts;
}

export function statesIn(grid: Grid, index: Index): State[] {
  const letters = new Set(grid.runs.flatMap((run) => [...new Set(run.cells)]));
  return states.filter((state) => index.states.some((one, n) => one === state && letters.has(String.fromCharCode(A + n))));
}

export type Patched = { grid: Grid; columns: string[]; structure: boolean; touched: { run: string; row: string /* its key */ }[] };
export type Wanted = { types: string[]; states: string[]; limit: number };

// `columns`: runs whose column alone must be read again (an element of a mapped task: its earlier state isn't known).
// `structure`: a version that isn't known.
export function patchGrid(grid: Grid, change: Change, dagId: string, wanted: Wanted): Patched {
  const same: Patched = { grid, columns: [], structure: false, touched: [] };
  if (change.kind === "run" && change.dag_id === dagId) return patchRun(same, change, wanted);
  if (change.kind === "tasks" && change.dag_id === dagId) return patchTasks(same, change);
  return same;
}

const factsOf = (change: RunChange) => ({
  state: change.state, logical_date: change.logical_date, run_after: change.run_after, queued_at: change.queued_at, start_date: change.start_date,
  end_date: change.end_date, dag_version: change.dag_version, note: change.note, triggered_by: change.triggered_by,
});

function patchRun(same: Patched, change: RunChange, wanted: Wanted): Patched {
  const { grid } = same;
  const at = grid.runs.findIndex((run) => run.dag_run_id === change.dag_run_id);
  if (at >= 0) {
    const before = grid.runs[at]!;
    const runs = grid.runs.slice();
    runs[at] = { ...before, ...factsOf(change), run_type: change.run_type ?? before.run_type };
    // Another version has other tasks.
    const other = before.dag_version !== change.dag_version;
    return { ...same, grid: { ...grid, runs }, columns: other ? [change.dag_run_id] : [], structure: other };
  }
  if (wanted.types.length > 0 && change.run_type && !wanted.types.includes(change.run_type)) return same;
  if (wanted.states.length > 0 && !wanted.states.includes(change.state)) return same;
  const oldest = grid.runs[0];
  if (oldest && change.run_after < oldest.run_after && grid.has_older) return same; // older than what is shown
  const newest = grid.runs.at(-1);
  const none = letterOf(grid, null) ?? ABSENT;
  const cells = newest ? newest.cells.replace(/[^-]/g, none) : none.repeat(grid.task_ids.length);
  const added: GridRun = { dag_run_id: change.dag_run_id, run_type: change.run_type ?? "manual", ...factsOf(change), cells, mapped: [] };
  return { ...same, grid: withRun(grid, added, wanted.limit), columns: [change.dag_run_id], structure: !!newest && newest.dag_version !== change.dag_version };
}

// By run_after, as the server sorts them.
function withRun(grid: Grid, run: GridRun, limit: number): Grid {
  const runs = grid.runs.slice();
  let at = runs.length;
  while (at > 0 && Date.parse(runs[at - 1]!.run_after) > Date.parse(run.run_after)) at -= 1;
  runs.splice(at, 0, run);
  const over = Math.max(0, runs.length - limit);
  return { ...grid, runs: runs.slice(over), has_older: grid.has_older || over > 0 };
}

function patchTasks(same: Patched, change: TasksChange): Patched {
  const { grid } = same;
  const at = grid.runs.findIndex((run) => run.dag_run_id === change.dag_run_id);
  if (at < 0) return same;
  if (change.read_again) return { ...same, columns: [change.dag_run_id] };
  const before = grid.runs[at]!;
  const cells = [...before.cells];
  let again = false, changed = false;
  const touched: Patched["touched"] = [];
  for (const task of change.task_instances) {
    const place = grid.task_ids.indexOf(task.task_id);
    const letter = letterOf(grid, task.state);
    if (place < 0 || letter === null || task.map_index >= 0 || before.mapped.some((one) => one.task === place)) {
      again = true;
      if (task.map_index >= 0) touched.push({ run: change.dag_run_id, row: instanceKey(task.task_id, task.map_index) });
    } else if (cells[place] !== letter) {
      cells[place] = letter;
      touched.push({ run: change.dag_run_id, row: task.task_id });
      changed = true;
    }
  }
  const columns = again ? [change.dag_run_id] : [];
  if (!changed) return { ...same, columns, touched };
  const runs = grid.runs.slice();
  runs[at] = { ...before, cells: cells.join("") };
  return { ...same, grid: { ...grid, runs }, columns, touched };
}

// Puts columns that were read alone into the grid: their letters and places are those of their own answer.
export function mergeColumns(grid: Grid, read: Grid, wanted: Set<string>): Grid {
  const all = [...grid.states, ...read.states.filter((state) => !grid.states.includes(state))];
  const ids = [...grid.task_ids, ...read.task_ids.filter((id) => !grid.task_ids.includes(id))];
  const more = ids.length - grid.task_ids.length;
  const letter = new Map(read.states.map((state, n) => [String.fromCharCode(A + n), String.fromCharCode(A + all.indexOf(state))]));
  const placeOf = new Map(ids.map((id, n) => [id, n]));
  const news = new Map<string, GridRun>();
  for (const run of read.runs) {
    if (!wanted.has(run.dag_run_id)) continue;
    const cells = new Array<string>(ids.length).fill(ABSENT);
    for (const [n, id] of read.task_ids.entries()) cells[placeOf.get(id)!] = letter.get(run.cells[n] ?? "") ?? ABSENT;
    const mapped = run.mapped.map((one) => ({ ...one, task: placeOf.get(read.task_ids[one.task]!)! }));
    news.set(run.dag_run_id, { ...run, cells: cells.join(""), mapped });
  }
  if (news.size === 0) return grid;
  const runs = grid.runs.map((run) => news.get(run.dag_run_id) ?? (more > 0 ? { ...run, cells: run.cells + ABSENT.repeat(more) } : run));
  return { ...grid, states: all.length > grid.states.length ? all : grid.states, task_ids: more > 0 ? ids : grid.task_ids, runs };
}
