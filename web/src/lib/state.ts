// The states of task instances, and of runs, which are four of them.
export const states = [
  "none", "scheduled", "queued", "running", "success", "failed", "skipped", "upstream_failed", "up_for_retry",
  "up_for_reschedule", "deferred", "restarting", "removed",
] as const;
export type State = (typeof states)[number];

// The API's null, and a word of a newer master, are shown as `none`.
export function stateOf(word: string | null | undefined): State {
  return states.includes(word as State) ? (word as State) : "none";
}

const worstFirst: State[] = [
  "failed", "upstream_failed", "up_for_retry", "restarting", "running", "queued", "scheduled", "deferred",
  "up_for_reschedule", "none", "skipped", "removed", "success",
];
const rank = new Map(worstFirst.map((state, n) => [state, n]));

// What a group or a mapped task shows (SPEC.md, section 3). Of nothing: none.
export function worst(all: Iterable<State>): State {
  let found: State | undefined;
  for (const state of all) if (found === undefined || rank.get(state)! < rank.get(found)!) found = state;
  return found ?? "none";
}

export const isFinished = (state: State) =>
  ["success", "failed", "skipped", "upstream_failed", "removed"].includes(state);
// Filled marks: what must be found in a second.
export const isLoud = (state: State) => ["running", "failed", "up_for_retry", "restarting"].includes(state);
