import { Link } from "@tanstack/react-router";
import { useQuery } from "@tanstack/react-query";
import { get, type ApiError } from "../../api/client";
import { Failure } from "../../components/Failure";
import { PageHead } from "../../components/PageHead";
import { PAGE, Pager } from "../../components/Pager";
import { Time } from "../../components/Time";
import { useOffset } from "../../lib/useOffset";
import { runLabel } from "../../lib/run";
import { useSearch } from "../../lib/useSearch";
import { FilterField } from "../../rows/Toolbar";
import { t } from "../../texts";
import "../pools/pools.css";

interface Event { event_log_id: number; when: string; event: string; owner: string | null; dag_id: string | null; run_id: string | null; task_id: string | null; map_index: number | null; extra: string | null }
const filters = ["event", "owner", "dag_id"] as const;

// Who did what.
export default function Audit() {
  const [search, set] = useSearch();
  const [offset, setOffset] = useOffset();
  const wanted = Object.fromEntries(filters.map((name) => [name, search[name]]));
  const { data, error, refetch } = useQuery<{ event_logs: Event[]; total_entries: number }, ApiError>({
    queryKey: ["audit", wanted, offset], placeholderData: (before) => before,
    queryFn: ({ signal }) => get("/api/v2/eventLogs", { ...wanted, limit: PAGE, offset, order_by: "-event_log_id" }, signal),
  });
  return (
    <>
      <PageHead title={t("nav.audit")}>
        {filters.map((name) => <FilterField key={name} label={t(`audit.${name}`)} value={search[name] ?? ""} onChange={(text) => set({ [name]: text, offset: "" }, { replace: true })} />)}
        <span className="grow" /><Pager offset={offset} total={data?.total_entries ?? 0} onOffset={setOffset} />
        <button className="btn" onClick={() => void refetch()}>{t("audit.again")}</button>
      </PageHead>
      {error && !data ? <Failure error={error} again={() => void refetch()} /> : null}
      <section className="panel"><div className="tablebox"><table>
        <thead><tr>{["when", "owner", "event", "dag_id", "run", "task", "extra"].map((name) => <th key={name} scope="col">{t(`audit.${name}`)}</th>)}</tr></thead>
        <tbody>
          {data?.event_logs.map((one) => (
            <tr key={one.event_log_id}>
              <td><Time at={one.when} /></td><td>{one.owner}</td><td className="mono">{one.event}</td>
              <td className="mono ell desc">{one.dag_id ? <Link to="/dags/$dagId" params={{ dagId: one.dag_id }}>{one.dag_id}</Link> : null}</td>
              <td className="ell desc" title={one.run_id ?? ""}>{one.dag_id && one.run_id ? <Link to="/dags/$dagId/runs/$runId" params={{ dagId: one.dag_id, runId: one.run_id }}>{runLabel(one.run_id)}</Link> : null}</td>
              <td className="mono ell desc">{one.task_id}{one.task_id && one.map_index !== null && one.map_index >= 0 ? `[${one.map_index}]` : ""}</td>
              <td className="mono ell desc" title={(one.extra ?? "").slice(0, 2000)}>{(one.extra ?? "").slice(0, 300)}</td>
            </tr>
          ))}
        </tbody>
      </table>{data && data.event_logs.length === 0 ? <div className="empty small"><p>{t("audit.none")}</p></div> : null}</div></section>
    </>
  );
}
