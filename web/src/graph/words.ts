import type { GanttRow, StructureTask } from "../api/shapes";
import { count, duration, secondsBetween } from "../lib/format";
import { isFinished, stateOf, type State } from "../lib/state";
import { t } from "../texts";
import { doneOf, sum, type GroupState } from "./states";

// The second line of a node: what its state alone doesn't say.

const rules = ["all_success", "all_failed", "all_done", "all_done_min_one_success", "all_skipped", "one_failed", "one_success", "one_done", "none_failed", "none_failed_min_one_success", "none_skipped", "always"];

export function ruleText(rule: string): string {
  return rules.includes(rule) ? t(`graph.rule_${rule}`) : rule;
}

const active = (state: State) => !isFinished(state) && state !== "none";

// `upstream`: the tasks before it, with their states.
export function taskLine(task: StructureTask, row: GanttRow | undefined, upstream: () => { label: string; state: State }[], now: number): string {
  if (!row) return task.operator_name;
  const state = stateOf(row.state);
  const took = secondsBetween(row.start_date, row.end_date ?? (state === "running" ? now : null));
  if (row.counts) return mappedLine(row.counts, state, took);
  const tried = row.try_number > 1 ? t("graph.try", { n: row.try_number }) : "";
  switch (state) {
    case "running": {
      const usual = row.usual_seconds ?? task.usual_seconds;
      const time = usual && !tried ? t("graph.of_usual", { t: duration(took), usual: about(usual) }) : duration(took);
      return joined(tried, time);
    }
    case "success": case "failed": return joined(tried, duration(took));
    case "none": return waitingLine(task, upstream());
    case "queued": return joined(t("state.queued"), duration(secondsBetween(row.queued_when, now)));
    case "scheduled": return joined(t("state.scheduled"), duration(secondsBetween(row.scheduled_when, now)));
    case "up_for_retry": return row.next_retry_at
      ? t("graph.retry_in", { n: row.try_number + 1, t: duration(Math.max(0, secondsBetween(new Date(now).toISOString(), row.next_retry_at) ?? 0)) })
      : t("state.up_for_retry");
    default: return joined(t(`state.${state}`), row.end_date ? "" : duration(secondsBetween(row.start_date, now)));
  }
}

const about = (seconds: number) => (seconds >= 60 && seconds < 3600 ? t("time.min", { n: Math.round(seconds / 60) }) : duration(seconds));
const joined = (...parts: string[]) => parts.filter(Boolean).join(" · ");

function mappedLine(counts: Record<string, number>, state: State, took: number | null): string {
  const of = t("graph.of", { n: count(doneOf(counts)), total: count(sum(counts)) });
  const failed = counts.failed ?? 0;
  return joined(of, failed > 0 ? t("graph.failed", { n: count(failed) }) : "", isFinished(state) || state === "running" ? duration(took) : "");
}

function waitingLine(task: StructureTask, upstream: { label: string; state: State }[]): string {
  if (task.trigger_rule !== "all_success") return ruleText(task.trigger_rule);
  const on = upstream.filter(({ state }) => active(state));
  const [first] = on;
  if (!first) return "";
  return on.length === 1 ? t("graph.waits_for", { task: first.label }) : t("graph.waits_for_more", { task: first.label, n: on.length - 1 });
}

export function groupLine(group: GroupState, known: boolean, now: number): string {
  if (!known) return t("graph.tasks", { n: group.tasks });
  if (group.skipped) return joined(t("graph.group"), t("graph.not_taken"));
  const took = group.start ? duration(secondsBetween(group.start, group.end ?? now)) : "";
  return joined(t("graph.group"), t("graph.of", { n: count(group.done), total: count(group.total) }), took);
}

// On hover: its id, what a click does, and what its file says of it.
export const groupTitle = (id: string, tooltip: string | null | undefined, does?: string) => [does ? `${id}: ${does}` : id, tooltip].filter(Boolean).join("\n");

export function boxLine(group: GroupState, known: boolean): string {
  if (!known) return count(group.tasks);
  return group.skipped ? t("graph.not_taken") : `${count(group.tasksDone)} / ${count(group.tasks)}`;
}

// Whether a node's line changes by itself.
export const ticks = (state: State) => active(state);
