import type { GanttRow, Structure } from "../api/shapes";
import { isFinished, stateOf, worst, type State } from "../lib/state";

// The states of one run, by task and by group, for the nodes that show them: each node hears of its own only, so a change of
// one task draws one node again.

export interface GroupState { state: State; done: number; total: number /* instances */; tasksDone: number; tasks: number; start: string | null; end: string | null /* once all is done */; skipped: boolean }
export interface RunStates {
  task(id: string): GanttRow | undefined;
  group(id: string): GroupState;
  known(): boolean; // whether there is a run
  set(rows: GanttRow[] | null): void;
  hear(key: string, listener: () => void): () => void; // key: t:TASK or g:GROUP
  hearAll(listener: () => void): () => void;
  version(): number;
}

const DONE_WELL = ["success", "skipped", "failed", "upstream_failed", "removed"] as const;

export function runStates(structure: Structure): RunStates {
  const parents = new Map(structure.groups.map((group) => [group.group_id, group.parent_id]));
  const tasksOf = new Map<string, string[]>();
  const groupOf = new Map<string, string | null>();
  const over = (id: string | null) => {
    const all: string[] = [];
    for (let at = id; at !== null && at !== undefined && all.length < 64; at = parents.get(at) ?? null) all.push(at);
    return all;
  };
  for (const task of structure.tasks) {
    groupOf.set(task.task_id, task.group_id);
    for (const group of over(task.group_id)) {
      const list = tasksOf.get(group);
      if (list) list.push(task.task_id);
      else tasksOf.set(group, [task.task_id]);
    }
  }
  let rows = new Map<string, GanttRow>();
  let present = false;
  let count = 0;
  const groups = new Map<string, GroupState>();
  const listeners = new Map<string, Set<() => void>>();
  const everybody = new Set<() => void>();
  const add = (set: Set<() => void>, listener: () => void) => {
    set.add(listener);
    return () => { set.delete(listener); };
  };
  return {
    task: (id) => rows.get(id),
    known: () => present,
    version: () => count,
    group(id) {
      const kept = groups.get(id);
      if (kept) return kept;
      const made = groupState((tasksOf.get(id) ?? []).map((task) => rows.get(task)));
      groups.set(id, made);
      return made;
    },
    set(list) {
      const next = new Map((list ?? []).map((row) => [row.task_id, row]));
      const touched = new Set<string>();
      const touch = (task: string) => {
        touched.add(`t:${task}`);
        for (const group of over(groupOf.get(task) ?? null)) {
          groups.delete(group);
          touched.add(`g:${group}`);
        }
      };
      for (const [task, row] of next) if (rows.get(task) !== row) touch(task);
      for (const task of rows.keys()) if (!next.has(task)) touch(task);
      const everyone = present !== (list !== null);
      present = list !== null;
      rows = next;
      if (touched.size === 0 && !everyone) return;
      count += 1;
      for (const [key, heard] of listeners) if (everyone || touched.has(key)) for (const listener of [...heard]) listener();
      for (const listener of [...everybody]) listener();
    },
    hear(key, listener) {
      const set = listeners.get(key) ?? new Set();
      listeners.set(key, set);
      const end = add(set, listener);
      return () => {
        end();
        if (set.size === 0) listeners.delete(key);
      };
    },
    hearAll: (listener) => add(everybody, listener),
  };
}

export const sum = (counts: Record<string, number>) => Object.values(counts).reduce((all, n) => all + n, 0);
export const doneOf = (counts: Record<string, number>) => DONE_WELL.reduce((all, state) => all + (counts[state] ?? 0), 0);

export function groupState(rows: (GanttRow | undefined)[]): GroupState {
  const made: GroupState = { state: "none", done: 0, total: 0, tasksDone: 0, tasks: rows.length, start: null, end: null, skipped: false };
  const states: State[] = [];
  for (const row of rows) {
    const state = stateOf(row?.state);
    states.push(state);
    const counts = row?.counts;
    made.total += counts ? sum(counts) : 1;
    made.done += counts ? doneOf(counts) : isFinished(state) ? 1 : 0;
    if (isFinished(state)) made.tasksDone += 1;
    if (row?.start_date && (made.start === null || Date.parse(row.start_date) < Date.parse(made.start))) made.start = row.start_date;
    if (row?.end_date && (made.end === null || Date.parse(row.end_date) > Date.parse(made.end))) made.end = row.end_date;
  }
  made.state = worst(states);
  made.skipped = states.length > 0 && states.every((state) => state === "skipped");
  if (made.tasksDone < made.tasks) made.end = null;
  return made;
}
