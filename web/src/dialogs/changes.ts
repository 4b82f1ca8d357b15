import type { QueryClient } from "@tanstack/react-query";
import type { Gantt, TaskChange } from "../api/shapes";
import { patchGantt } from "../graph/data";

// The answer to an action is shown at once; the stream tells the same a moment later.
export interface Answered {
  task_id: string; dag_id: string; dag_run_id: string; map_index: number; state: string | null; try_number: number; max_tries: number; queued_when: string | null;
  start_date: string | null; end_date: string | null; hostname: string | null; cpu_seconds: number; rss_bytes_max: number;
}

export function showAnswer(client: QueryClient, dagId: string, runId: string, instances: Answered[]) {
  const changed: TaskChange[] = instances.map((one) => ({
    task_id: one.task_id, map_index: one.map_index, state: one.state, try_number: one.try_number, max_tries: one.max_tries, queued_when: one.queued_when,
    start_date: one.start_date, end_date: one.end_date, next_retry_at: null, hostname: one.hostname ?? "", cpu_seconds: one.cpu_seconds, rss_bytes_max: one.rss_bytes_max, reason: null,
  }));
  const key = ["gantt", dagId, runId];
  const gantt = client.getQueryData<Gantt>(key);
  const next = gantt && patchGantt(gantt, { kind: "tasks", dag_id: dagId, dag_run_id: runId, read_again: false, task_instances: changed, task_counts: null });
  if (next === "read") void client.invalidateQueries({ queryKey: key, exact: true });
  else if (next) client.setQueryData(key, next);
  void client.invalidateQueries({ queryKey: ["instance", dagId, runId] });
}
