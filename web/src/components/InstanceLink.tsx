import { Link } from "@tanstack/react-router";
import type { InstanceName } from "../api/shapes";

// A task instance by its name; a run by "DAG", if it is of no task.
export function InstanceLink({ of, withDag = true }: { of: InstanceName; withDag?: boolean }) {
  const { dag_id: dagId, dag_run_id: runId, task_id: taskId, map_index: map } = of;
  const name = `${withDag ? `${dagId}${taskId ? "." : ""}` : ""}${taskId}${map >= 0 ? `[${map}]` : ""}`;
  if (!taskId) return <Link className="mono ell" title={runId} to="/dags/$dagId/runs/$runId" params={{ dagId, runId }}>{name}</Link>;
  return (
    <Link className="mono ell" title={`${name} · ${runId}`} to="/dags/$dagId/runs/$runId/tasks/$taskId" params={{ dagId, runId, taskId }} search={(map >= 0 ? { map: String(map) } : {}) as never}>{name}</Link>
  );
}
