import type { QueryClient } from "@tanstack/react-query";
import type { Gantt, TaskChange, TaskInstance } from "../api/shapes";
import { patchGantt } from "../graph/data";

// The answer to an action is shown at once; the stream tells the same a moment later.
export function showAnswer(client: QueryClient, dagId: string, runId: string, instances: TaskInstance[]) {
  const changed: TaskChange[] = instances.map((one) => ({
    task_id: one.task_id, map_index: one.map_index, state: one.state, try_number: one.try_number, max_tries: one.max_tries, scheduled_when: one.scheduled_when, queued_when: one.queued_when,
    start_date: one.start_date, end_date: one.end_date, next_retry_at: null, hostname: one.hostname ?? "", cpu_seconds: one.cpu_seconds, rss_bytes_max: one.rss_bytes_max, reason: null,
  }));
  const key = ["gantt", dagId, runId];
  const gantt = client.getQueryData<Gantt>(key);
  const next = gantt && patchGantt(gantt, { kind: "tasks", dag_id: dagId, dag_run_id: runId, read_again: false, task_instances: changed, notes: [], task_counts: null });
  if (next === "read") void client.invalidateQueries({ queryKey: key, exact: true });
  else if (next) client.setQueryData(key, next);
  void client.invalidateQueries({ queryKey: ["instance", dagId, runId] });
}
