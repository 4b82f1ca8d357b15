import type { GridRun } from "../api/shapes";

// The bars over the columns: how long each run took.

const STEPS = [1, 2, 5, 10, 30, 60, 120, 300, 600, 1200, 1800, 2700, 3600, 5400, 7200, 10_800, 21_600, 43_200, 86_400];

export const secondsOf = (run: GridRun, now: number): number | null =>
  run.start_date ? Math.max(0, ((run.end_date ? Date.parse(run.end_date) : now) - Date.parse(run.start_date)) / 1000) : null;

// What the highest bar is measured by: round, at least the longest run.
export function topOf(runs: GridRun[], median: number | null, now: number): number {
  const longest = Math.max(median ?? 0, 0.001, ...runs.map((run) => secondsOf(run, now) ?? 0));
  if (longest < 1) return [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1].find((step) => step >= longest)!;
  for (const step of STEPS) if (longest <= step) return step;
  return Math.ceil(longest / 86_400) * 86_400;
}

// Columns whose time is written under them: some way apart, the chosen one always, none so near that it would lie under it.
export function labelled(count: number, chosen: number, apart = 6): number[] {
  const at: number[] = [];
  for (let n = 0; n < count; n += apart) if (chosen < 0 || Math.abs(n - chosen) >= apart) at.push(n);
  if (chosen >= 0) at.push(chosen);
  return at;
}
