import { Link } from "@tanstack/react-router";
import { useQuery } from "@tanstack/react-query";
import { get, type ApiError } from "../api/client";
import { Failure } from "../components/Failure";
import { Time } from "../components/Time";
import { runLabel } from "../lib/run";
import { t } from "../texts";

type EventLog = { event_log_id: number; when: string; event: string; owner: string | null; dag_id: string | null; run_id: string | null; task_id: string | null; map_index: number | null; extra: string | null };
type Answer = { event_logs: EventLog[]; total_entries: number };
// Without dag_id: of all DAGs.
export type EventFilter = { dag_id?: string; run_id?: string; event?: string; owner?: string; task_id?: string; limit: number; offset: number };

export function useEvents(filter: EventFilter) {
  return useQuery<Answer, ApiError>({ queryKey: ["events", filter], queryFn: ({ signal }) => get<Answer>("/api/v2/eventLogs", { ...filter, order_by: "-event_log_id" }, signal), placeholderData: (before) => before });
}

// What people and the scheduler did: with everything, with a DAG, or with a run.
export function EventTable({ filter, query }: { filter: EventFilter; query: ReturnType<typeof useEvents> }) {
  const { data, error, refetch } = query;
  if (error && !data) return <Failure error={error} again={() => void refetch()} />;
  const withRun = !filter.run_id, withDag = !filter.dag_id;
  const columns = ["when", "event", "owner", ...(withDag ? ["dag"] : []), ...(withRun ? ["run"] : []), "task", "extra"];
  return (
    <div className="tablebox" tabIndex={0}>
      <table>
        <thead><tr>{columns.map((name) => <th key={name} scope="col">{t(`dag.col_${name}`)}</th>)}</tr></thead>
        <tbody>
          {data?.event_logs.map((one) => (
            <tr key={one.event_log_id}>
              <td><Time at={one.when} /></td>
              <td className="mono">{one.event}</td>
              <td>{one.owner}</td>
              {withDag ? <td className="mono ell runcol">{one.dag_id ? <Link to="/dags/$dagId" params={{ dagId: one.dag_id }}>{one.dag_id}</Link> : null}</td> : null}
              {withRun ? <td className="ell runcol" title={one.run_id ?? ""}>{one.dag_id && one.run_id ? <Link to="/dags/$dagId/runs/$runId" params={{ dagId: one.dag_id, runId: one.run_id }}>{runLabel(one.run_id)}</Link> : null}</td> : null}
              <td className="mono ell runcol">{one.task_id}{one.task_id && one.map_index !== null && one.map_index >= 0 ? `[${one.map_index}]` : ""}</td>
              <td className="ell notecol mono" title={(one.extra ?? "").slice(0, 2000)}>{(one.extra ?? "").slice(0, 300)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {data && data.event_logs.length === 0 ? <div className="empty small"><p>{t("dag.no_events")}</p></div> : null}
    </div>
  );
}
