import { Link } from "@tanstack/react-router";
import { get } from "../../api/client";
import type { Change, DagRun } from "../../api/shapes";
import { useLiveQuery } from "../../api/useLiveQuery";
import { Failure } from "../../components/Failure";
import { PageHead } from "../../components/PageHead";
import { PAGE, Pager } from "../../components/Pager";
import { StateChip } from "../../components/StateChip";
import { StateMark } from "../../components/StateMark";
import { Time, Took } from "../../components/Time";
import { runLabel } from "../../lib/run";
import { useOffset } from "../../lib/useOffset";
import { useSearch } from "../../lib/useSearch";
import { FilterField, Pick } from "../../rows/Toolbar";
import { typeName } from "../../rows/RunFields";
import { t } from "../../texts";
import { RUN_STATES, typeChoices } from "../dag/OverviewBar";
import "../pools/pools.css";

interface Answer { dag_runs: DagRun[]; total_entries: number }
const same = (run: DagRun, change: Change) => change.kind === "run" && change.dag_id === run.dag_id && change.dag_run_id === run.dag_run_id;

// All runs, the latest first. The first page grows by itself; the others stay what they are.
export default function Runs() {
  const [search, set] = useSearch();
  const [offset, setOffset] = useOffset();
  const dag = search.dag?.trim() ?? "";
  const { data, error, refetch } = useLiveQuery<Answer>({
    key: ["runs", dag, search.state ?? "", search.type ?? "", offset], watches: ["runs"], concerns: (change) => change.kind === "run",
    read: (signal) => get<Answer>(`/api/v2/dags/${dag ? encodeURIComponent(dag) : "~"}/dagRuns`, { limit: PAGE, offset, order_by: "-run_after", state: search.state, run_type: search.type }, signal),
    patch: (before, change) => {
      if (change.kind !== "run") return before;
      if (!before.dag_runs.some((run) => same(run, change))) return offset === 0 && (!dag || dag === change.dag_id) ? "read" : before;
      return { ...before, dag_runs: before.dag_runs.map((run) => (same(run, change) ? { ...run, state: change.state, start_date: change.start_date, end_date: change.end_date, note: change.note } : run)) };
    },
  });
  const filtered = !!(dag || search.state || search.type);
  return (
    <>
      <PageHead title={t("nav.runs")}>
        {RUN_STATES.map((state) => (
          <button key={state} className={search.state === state ? "fc on" : "fc"} aria-pressed={search.state === state} onClick={() => set({ state: search.state === state ? "" : state, offset: "" })}><StateMark state={state as never} size={14} title="" />{t(`state.${state}`)}</button>
        ))}
        <Pick label={t("dag.types")} value={search.type ?? ""} choices={typeChoices()} onChange={(type) => set({ type, offset: "" })} />
        <FilterField label={t("runs.dag")} value={search.dag ?? ""} onChange={(value) => set({ dag: value, offset: "" }, { replace: true })} />
        <span className="grow" /><Pager offset={offset} total={data?.total_entries ?? 0} onOffset={setOffset} />
      </PageHead>
      {error ? <Failure error={error} again={() => void refetch()} /> : null}
      <section className="panel"><div className="tablebox" tabIndex={0}><table>
        <thead><tr>{["state", "dag", "run", "type", "logical", "started", "took", "by", "note"].map((name) => <th key={name} scope="col">{t(`runs.${name}`)}</th>)}</tr></thead>
        <tbody>
          {data?.dag_runs.map((run) => (
            <tr key={`${run.dag_id} ${run.dag_run_id}`}>
              <td><StateChip state={run.state} /></td>
              <td className="mono m ell desc"><Link to="/dags/$dagId" params={{ dagId: run.dag_id }}>{run.dag_id}</Link></td>
              <td className="ell desc" title={run.dag_run_id}><Link to="/dags/$dagId/runs/$runId" params={{ dagId: run.dag_id, runId: run.dag_run_id }}>{runLabel(run.dag_run_id)}</Link></td>
              <td>{typeName(run.run_type)}</td><td><Time at={run.logical_date} /></td><td><Time at={run.start_date} /></td>
              <td>{run.start_date ? <Took from={run.start_date} to={run.end_date} /> : ""}</td><td className="ell">{run.triggering_user_name}</td><td className="ell desc" title={run.note ?? ""}>{run.note}</td>
            </tr>
          ))}
        </tbody>
      </table>{data && data.dag_runs.length === 0 ? <div className="empty small"><p>{t(filtered ? "runs.none_such" : "runs.none")}</p>{filtered ? <button className="btn" onClick={() => set({ dag: "", state: "", type: "", offset: "" })}>{t("app.clear_filters")}</button> : null}</div> : null}</div></section>
    </>
  );
}
