import { useQuery } from "@tanstack/react-query";
import { ApiError, get, path } from "../../api/client";
import { watchRun } from "../../api/live";
import type { Change, TaskChange } from "../../api/shapes";
import { useLiveQuery } from "../../api/useLiveQuery";
import { isFinished, stateOf } from "../../lib/state";

// What the task page reads: the instance, its tries, its run.

type Nullable<T> = T | null;
export interface Attempt {
  task_id: string; dag_id: string; dag_run_id: string; map_index: number; start_date: Nullable<string>; end_date: Nullable<string>; duration: Nullable<number>;
  state: Nullable<string>; try_number: number; max_tries: number; hostname: Nullable<string>; pool: string; pool_slots: number; queue: string; priority_weight: number;
  operator_name: string; queued_when: Nullable<string>; scheduled_when: Nullable<string>; pid: Nullable<number>; cpu_seconds: number; rss_bytes_max: number;
  dag_version: Nullable<{ version_number: number }>;
}
export interface Instance extends Attempt {
  logical_date: Nullable<string>; run_after: string; note: Nullable<string>; rendered_map_index: Nullable<string>; rendered_fields: Record<string, unknown>; operator: string;
}
export interface Instances { task_instances: Instance[]; total_entries: number }
export interface Where { dagId: string; runId: string; taskId: string }

const base = ({ dagId, runId, taskId }: Where) => path`/api/v2/dags/${dagId}/dagRuns/${runId}/taskInstances/${taskId}`;
const ofRun = ({ dagId, runId }: Where, change: Change) => (change.kind === "tasks" || change.kind === "run") && change.dag_id === dagId && change.dag_run_id === runId;

// Of a mapped task without an index: its first instance.
export function useInstance(where: Where, map: number | undefined) {
  return useLiveQuery<Instance>({
    key: ["instance", where.dagId, where.runId, where.taskId, map ?? "first"], watches: [watchRun(where.dagId, where.runId)],
    concerns: (change) => change.kind === "tasks" && ofRun(where, change) && (change.read_again || [...change.task_instances, ...change.notes].some((one) => one.task_id === where.taskId)),
    patch: patchInstance,
    read: async (signal) => {
      if (map !== undefined) return get<Instance>(`${base(where)}/${map}`, {}, signal);
      const all = await get<Instances>(path`/api/v2/dags/${where.dagId}/dagRuns/${where.runId}/taskInstances`, { task_id: where.taskId, limit: 1, order_by: "map_index" }, signal);
      const first = all.task_instances[0];
      if (!first) throw new ApiError(404, `no task '${where.taskId}' in run '${where.runId}'`);
      return first;
    },
  });
}
export function patchInstance(data: Instance, change: Change): Instance | "read" {
  if (change.kind !== "tasks") return data;
  const mine = (one: { task_id: string; map_index: number }) => one.task_id === data.task_id && one.map_index === data.map_index;
  const now = change.task_instances.find(mine), noted = change.notes.find(mine);
  const expanded = data.map_index < 0 && !now && change.task_instances.some((one) => one.task_id === data.task_id);
  if (change.read_again || expanded) return "read";
  return now || noted ? { ...data, ...(now ? told(now) : {}), ...(noted ? { note: noted.note } : {}) } : data;
}
const told = (now: TaskChange): Partial<Instance> => ({
  state: now.state, try_number: now.try_number, max_tries: now.max_tries, scheduled_when: now.scheduled_when, queued_when: now.queued_when, start_date: now.start_date, end_date: now.end_date,
  hostname: now.hostname, cpu_seconds: now.cpu_seconds, rss_bytes_max: now.rss_bytes_max,
});

// All tries, the first one first; one that waits to start isn't one yet.
export function useTries(instance: Instance | undefined) {
  const where = { dagId: instance?.dag_id ?? "", runId: instance?.dag_run_id ?? "", taskId: instance?.task_id ?? "" };
  const map = instance?.map_index ?? -1;
  return useQuery<Attempt[], ApiError>({
    // Read again as the try's number or state changes, which the instance is told.
    queryKey: ["tries", where.dagId, where.runId, where.taskId, map, instance?.try_number, instance?.state], enabled: !!instance,
    placeholderData: (before) => (before?.[0]?.map_index === map && before[0].task_id === where.taskId ? before : undefined),
    queryFn: async ({ signal }) => {
      const all = await get<{ task_instances: Attempt[] }>(map >= 0 ? `${base(where)}/${map}/tries` : `${base(where)}/tries`, { limit: 1000 }, signal);
      return all.task_instances.filter((one) => one.try_number > 0).sort((a, b) => a.try_number - b.try_number);
    },
  });
}

export const PAGE = 100;
export function useMapped(where: Where, page: number, state: string, enabled: boolean) {
  return useLiveQuery<Instances>({
    key: ["mapped", where.dagId, where.runId, where.taskId, page, state], watches: [watchRun(where.dagId, where.runId)], enabled,
    concerns: (change) => change.kind === "tasks" && ofRun(where, change) && (change.read_again || change.task_instances.some((one) => one.task_id === where.taskId)),
    read: (signal) => get<Instances>(`${base(where)}/listMapped`, { limit: PAGE, offset: page * PAGE, order_by: "map_index", state }, signal),
  });
}

export const tabs = ["why", "log", "rendered", "xcom", "details", "tries", "resources"] as const;
export type Tab = (typeof tabs)[number];
// Why it waits is asked only while there is something to wait for; of a waiting task it is the first thing to see.
export const isWaiting = (state: string | null) => !isFinished(stateOf(state)) && state !== "running";
export function tabsOf(state: string | null): Tab[] {
  const others = tabs.filter((tab) => tab !== "why");
  if (isFinished(stateOf(state))) return others;
  return state === "running" ? [...others, "why"] : ["why", ...others];
}
