import { useQueryClient } from "@tanstack/react-query";
import { get, path } from "../api/client";
import { watchDag, watchRun } from "../api/live";
import type { Change, Gantt, GanttRow, Structure, TaskChange } from "../api/shapes";
import { useLiveQuery } from "../api/useLiveQuery";

// A DAG's structure, and the tasks of one of its runs; the same two queries for the rows at the left and for the graph.

// Of a version: the newest's, if that is what it is; no second request for the same.
export function useStructure(dagId: string, version?: number, enabled = true) {
  const cache = useQueryClient().getQueryCache();
  const newest = () => cache.find<Structure>({ queryKey: ["structure", dagId, "newest"] });
  const sameAs = (known: Structure | undefined) => (version !== undefined && known?.version_number === version ? known : undefined);
  return useLiveQuery<Structure>({
    key: ["structure", dagId, version ?? "newest"],
    read: async (signal) => {
      if (version !== undefined) {
        const known = sameAs(newest()?.state.data ?? (await newest()?.promise?.catch(() => undefined)));
        if (known) return known;
      }
      return get(path`/api/gale/v1/dags/${dagId}/structure`, { version_number: version }, signal);
    },
    initial: () => sameAs(newest()?.state.data),
    watches: version === undefined ? [watchDag(dagId)] : [], // a version stays as it is
    concerns: (change) => version === undefined && change.kind === "dag" && change.dag_id === dagId,
    patch: (data, change) => (change.kind === "dag" && change.dag_version !== data.version_number ? "read" : data),
    enabled,
  });
}

export function useGantt(dagId: string, runId: string | undefined) {
  return useLiveQuery<Gantt>({
    key: ["gantt", dagId, runId ?? ""],
    read: (signal) => get(path`/api/gale/v1/dags/${dagId}/dagRuns/${runId ?? ""}/gantt`, {}, signal),
    watches: runId === undefined ? [] : [watchRun(dagId, runId)],
    concerns: (change) => "dag_run_id" in change && change.dag_id === dagId && change.dag_run_id === runId,
    patch: patchGantt,
    enabled: runId !== undefined,
  });
}

export function patchGantt(gantt: Gantt, change: Change): Gantt | "read" {
  if (change.kind === "run") {
    const { state, queued_at, start_date, end_date, note } = change;
    return { ...gantt, run: { ...gantt.run, state, queued_at, start_date, end_date, note } };
  }
  if (change.kind !== "tasks") return gantt;
  if (change.read_again) return "read";
  const at = new Map(gantt.rows.map((row, n) => [row.task_id, n]));
  const rows = [...gantt.rows];
  for (const task of change.task_instances) {
    const n = at.get(task.task_id);
    const row = n === undefined ? undefined : rows[n];
    if (n === undefined || !row || row.counts !== null || task.map_index >= 0) return "read"; // one of many: only the server has the counts
    rows[n] = patchRow(row, task);
  }
  return { ...gantt, rows };
}

function patchRow(row: GanttRow, task: TaskChange): GanttRow {
  const { state, try_number, max_tries, scheduled_when, queued_when, start_date, end_date, next_retry_at, hostname, reason } = task;
  const next = { ...row, state, try_number, max_tries, scheduled_when, queued_when, start_date, end_date, next_retry_at, hostname, reason };
  const ended = row.try_number > 0 && row.try_number < try_number && !row.tries.some((one) => one.try_number === row.try_number);
  if (ended) {
    // The try before, which up_for_retry was the last word of: it failed.
    const state = row.state === "running" || row.state === "up_for_retry" ? "failed" : row.state ?? "none";
    next.tries = [...row.tries, { try_number: row.try_number, state, scheduled_when: row.scheduled_when, queued_when: row.queued_when, start_date: row.start_date, end_date: row.end_date, reason: row.reason }];
  }
  return next;
}
