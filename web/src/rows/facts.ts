import type { Gantt, StructureEdge } from "../api/shapes";
import { isFinished, stateOf, type State } from "../lib/state";
import { mappedCount } from "./gantt-data";

// The facts of a run that its strip tells, from its Gantt alone.

export type Facts = {
  done: number; of: number; // instances
  expectedEnd: number | null; spread: number | null; // ms
  waited: number | null; // seconds, of all tasks, until they started
  waitedForPool: number | null; // the part of it
  longest: string[]; // tasks of the path that took longest
  running: string[]; runningOn: string[]; waiting: number;
  hosts: string[];
};

const ms = (text: string | null) => (text ? Date.parse(text) : null);

export function factsOf(gantt: Gantt, edges: StructureEdge[], expected: Map<string, { from: number; to: number }>, now: number): Facts {
  const facts: Facts = { done: 0, of: 0, expectedEnd: null, spread: null, waited: null, waitedForPool: null, longest: longestPath(gantt, edges, now), running: [], runningOn: [], waiting: 0, hosts: [] };
  const hosts = new Set<string>(), runningOn = new Set<string>();
  let waited = 0, pool = 0, started = 0;
  for (const row of gantt.rows) {
    const state = stateOf(row.state);
    const n = mappedCount(row) ?? 1;
    facts.of += n;
    facts.done += row.counts ? Object.entries(row.counts).reduce((sum, [word, count]) => sum + (isFinished(stateOf(word)) ? count : 0), 0) : isFinished(state) ? 1 : 0;
    if (state === "running") { facts.running.push(row.task_id); if (row.hostname) runningOn.add(row.hostname); }
    if (!isFinished(state) && state !== "running") facts.waiting += 1;
    if (row.hostname) hosts.add(row.hostname);
    const [scheduled, queued, start] = [ms(row.scheduled_when), ms(row.queued_when), ms(row.start_date)];
    if (start === null) continue;
    started += 1;
    const from = scheduled !== null && scheduled <= start ? scheduled : queued !== null && queued <= start ? queued : start;
    waited += start - from;
    if (scheduled !== null && queued !== null && queued >= scheduled && queued <= start) pool += queued - scheduled;
  }
  facts.hosts = [...hosts];
  facts.runningOn = [...runningOn];
  if (started > 0) { facts.waited = waited / 1000; facts.waitedForPool = pool / 1000; }
  if (!gantt.run.end_date) facts.expectedEnd = endOf(gantt, expected, now);
  return facts;
}

// The tasks' usual times say it best; where they don't, the DAG's median.
function endOf(gantt: Gantt, expected: Map<string, { from: number; to: number }>, now: number): number | null {
  const left = gantt.rows.filter((row) => !isFinished(stateOf(row.state)));
  const known = left.every((row) => expected.has(row.task_id) || (row.state === "running" && row.usual_seconds !== null));
  if (known && left.length > 0) {
    return Math.max(...left.map((row) => expected.get(row.task_id)?.to ?? Math.max(now, Date.parse(row.start_date!) + row.usual_seconds! * 1000)));
  }
  const start = ms(gantt.run.start_date);
  return start !== null && gantt.median_seconds !== null ? Math.max(now, start + gantt.median_seconds * 1000) : null;
}

// The chain of tasks, each begun after the one before, that decided how long the run took: back from the last end,
// each time to the one upstream that ended last. The three that took most of it, in order.
function longestPath(gantt: Gantt, edges: StructureEdge[], now: number): string[] {
  const rows = new Map(gantt.rows.map((row) => [row.task_id, row]));
  const before = new Map<string, string[]>();
  for (const { upstream, downstream } of edges) before.set(downstream, [...(before.get(downstream) ?? []), upstream]);
  const endOfTask = (id: string) => {
    const row = rows.get(id);
    return row && row.start_date ? ms(row.end_date) ?? now : null;
  };
  const last = (ids: Iterable<string>) => {
    let found: string | undefined, latest = -Infinity;
    for (const id of ids) {
      const end = endOfTask(id);
      if (end !== null && end > latest) { latest = end; found = id; }
    }
    return found;
  };
  const path: string[] = [];
  const seen = new Set<string>();
  for (let id = last(rows.keys()); id !== undefined && !seen.has(id); id = last(before.get(id) ?? [])) {
    seen.add(id);
    path.unshift(id);
  }
  const took = (id: string) => (endOfTask(id) ?? now) - Date.parse(rows.get(id)!.start_date!);
  const most = new Set([...path].sort((a, b) => took(b) - took(a)).slice(0, 3));
  return path.filter((id) => most.has(id));
}

export const stateCounts = (gantt: Gantt): Map<State, number> => {
  const counts = new Map<State, number>();
  for (const row of gantt.rows) {
    for (const [word, n] of row.counts ? Object.entries(row.counts) : [[row.state ?? "none", 1] as const]) {
      counts.set(stateOf(word), (counts.get(stateOf(word)) ?? 0) + n);
    }
  }
  return counts;
};
