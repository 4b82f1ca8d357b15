import type { Change, DagChange, DagItem, DagList, RunBar, RunChange } from "../../api/shapes";

// What the stream's changes make of the list, without reading it again where that is possible.

export const BARS = 24;
type Counts = DagList["counts"];

const live = (state: string) => state === "queued" || state === "running";
export const lastRun = (dag: DagItem): RunBar | undefined => dag.last_runs[dag.last_runs.length - 1];

// The runs with this one: changed where it stands, or put in by its time; the newest BARS of them.
export function withRun(runs: RunBar[], run: RunBar): RunBar[] {
  const rest = runs.filter((one) => one.dag_run_id !== run.dag_run_id);
  const before = rest.findLastIndex((one) => Date.parse(one.run_after) <= Date.parse(run.run_after));
  return [...rest.slice(0, before + 1), run, ...rest.slice(before + 1)].slice(-BARS);
}

export function patchRun(dag: DagItem, change: RunChange): DagItem {
  const old = dag.last_runs.find((run) => run.dag_run_id === change.dag_run_id);
  const run: RunBar = {
    dag_run_id: change.dag_run_id, state: change.state, run_type: change.run_type ?? old?.run_type ?? "", run_after: change.run_after,
    start_date: change.start_date, end_date: change.end_date,
  };
  const count = (state: string, n: number) => Math.max(0, n + Number(change.state === state) - Number(old?.state === state));
  return { ...dag, last_runs: withRun(dag.last_runs, run), queued_runs: count("queued", dag.queued_runs), running_runs: count("running", dag.running_runs) };
}

export function patchDag(dag: DagItem, change: DagChange): DagItem {
  return {
    ...dag, is_paused: change.is_paused, is_stale: change.is_stale, fileloc: change.fileloc, next_dagrun_run_after: change.next_dagrun_run_after,
    timetable_summary: change.timetable_summary || dag.timetable_summary,
  };
}

// What one row counts for in the filters' numbers.
function tally(dag: DagItem): Partial<Counts> {
  return {
    active: Number(!dag.is_paused), paused: Number(dag.is_paused), failing: Number(lastRun(dag)?.state === "failed"), running: Number(dag.running_runs > 0),
    waiting: Number(dag.waiting !== null), favorite: Number(dag.is_favorite),
  };
}
export function recount(counts: Counts, before: DagItem, after: DagItem): Counts {
  const [old, now] = [tally(before), tally(after)];
  const next = { ...counts };
  for (const name of Object.keys(now) as (keyof Counts)[]) next[name] += now[name]! - old[name]!;
  return next;
}

// `read`: what it can't tell from the change alone must be read (a new DAG, what waits now).
export type Patched = { list: DagList; read: boolean };
export function patch(list: DagList, change: Change): Patched {
  if (change.kind === "file") return { list, read: true };
  if (change.kind !== "run" && change.kind !== "dag") return { list, read: false };
  const at = list.dags.findIndex((dag) => dag.dag_id === change.dag_id);
  if (at < 0) return { list, read: true };
  const before = list.dags[at]!;
  // A run that isn't among the bars may be one that started or ended long ago: what is counted then isn't known here.
  const unseen = change.kind === "run" && !before.last_runs.some((run) => run.dag_run_id === change.dag_run_id) && !live(change.state);
  const after = change.kind === "run" ? patchRun(before, change) : patchDag(before, change);
  const dags = list.dags.with(at, after);
  const waits = change.kind === "run" ? before.waiting !== null || change.state === "queued" : before.is_paused !== after.is_paused || after.is_stale;
  return { list: { ...list, dags, counts: recount(list.counts, before, after) }, read: unseen || waits };
}

export function replaceDag(list: DagList, id: string, change: Partial<DagItem>): DagList {
  const at = list.dags.findIndex((dag) => dag.dag_id === id);
  if (at < 0) return list;
  const after = { ...list.dags[at]!, ...change };
  return { ...list, dags: list.dags.with(at, after), counts: recount(list.counts, list.dags[at]!, after) };
}
