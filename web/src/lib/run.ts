import { shortTime } from "./format";

// A run's id as people read it: "scheduled__2026-11-27T09:00:00+00:00" is its time; another name is itself.
export function runLabel(runId: string): string {
  const time = /^(?:scheduled|manual|backfill|asset_triggered)__(\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:?\d\d))/.exec(runId)?.[1];
  return time && !Number.isNaN(Date.parse(time)) ? shortTime(time) : runId;
}
export const runTypeMark: Record<string, string> = { manual: "M", backfill: "B", asset_triggered: "A", asset_materialization: "A" };
