import type { DagRun } from "../../../api/shapes";
import { secondsBetween } from "../../../lib/format";
import { isFinished, stateOf, type State } from "../../../lib/state";

// Runs, or one task in them, as bars: how long each waited and ran.

export interface Bar { run: string; at: string; state: State; type: string; waited: number | null; ran: number | null; since: string | null /* it still runs since */ }
export interface Instance { dag_run_id: string; map_index: number; state: string | null; run_after: string; queued_when: string | null; scheduled_when?: string | null; start_date: string | null; end_date: string | null }

export function ofRuns(runs: DagRun[]): Bar[] {
  return runs.map((run) => ({
    run: run.dag_run_id, at: run.run_after, state: stateOf(run.state), type: run.run_type,
    waited: positive(secondsBetween(run.queued_at, run.start_date)), ran: positive(secondsBetween(run.start_date, run.end_date)),
    since: run.start_date && !run.end_date ? run.start_date : null,
  })).sort(byTime);
}

// All instances of a mapped task in a run are one bar, from the first start to the last end.
export function ofInstances(list: Instance[]): Bar[] {
  const runs = new Map<string, Instance[]>();
  for (const one of list) {
    const known = runs.get(one.dag_run_id);
    if (known) known.push(one);
    else runs.set(one.dag_run_id, [one]);
  }
  return [...runs].map(([run, all]): Bar => {
    const bad = all.find((one) => stateOf(one.state) === "failed") ?? all.find((one) => !isFinished(stateOf(one.state))) ?? all[0]!;
    const starts = all.flatMap((one) => (one.start_date ? [one.start_date] : [])).sort(), ends = all.flatMap((one) => (one.end_date ? [one.end_date] : [])).sort();
    const first = all.find((one) => one.start_date === starts[0]);
    const running = all.some((one) => one.start_date && !one.end_date);
    return {
      run, at: all[0]!.run_after, state: stateOf(bad.state), type: "", since: running ? starts[0] ?? null : null,
      waited: first ? positive(secondsBetween(first.scheduled_when ?? first.queued_when, first.start_date)) : null,
      ran: running ? null : positive(secondsBetween(starts[0], ends.at(-1))),
    };
  }).sort(byTime);
}

const byTime = (a: Bar, b: Bar) => Date.parse(a.at) - Date.parse(b.at);
const positive = (n: number | null) => (n === null || Number.isNaN(n) ? null : Math.max(0, n));

export interface Stats { median: number; p90: number; most: number; failed: number; of: number }

// Of what succeeded, if anything did: a run that failed at once isn't fast.
export function statsOf(bars: Bar[]): Stats | null {
  const ended = bars.filter((bar) => bar.ran !== null && isFinished(bar.state));
  const well = ended.filter((bar) => bar.state === "success");
  const times = (well.length > 0 ? well : ended).map((bar) => bar.ran!).sort((a, b) => a - b);
  if (times.length === 0) return null;
  const at = (part: number) => times[Math.min(times.length - 1, Math.ceil(part * times.length) - 1)]!;
  return { median: at(0.5), p90: at(0.9), most: times.at(-1)!, failed: ended.filter((bar) => bar.state === "failed").length, of: ended.length };
}

const steps = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400];

// Round times up to `most`, about `count` of them, the last one at or over it.
export function scale(most: number, count: number): number[] {
  const wanted = Math.max(most, 0.1) / count;
  const step = steps.find((one) => one >= wanted) ?? Math.ceil(wanted / 86_400) * 86_400;
  const made: number[] = [];
  for (let n = 0; n === 0 || made.at(-1)! < most; n += 1) made.push(Math.round(n * step * 10) / 10);
  return made;
}
