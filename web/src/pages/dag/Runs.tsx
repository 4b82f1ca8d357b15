import { Link } from "@tanstack/react-router";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { get, path } from "../../api/client";
import { useLive, watchDag } from "../../api/live";
import type { DagRun } from "../../api/shapes";
import { useLiveQuery } from "../../api/useLiveQuery";
import { Failure } from "../../components/Failure";
import { Icon } from "../../components/Icon";
import { StateChip } from "../../components/StateChip";
import { Time, Took } from "../../components/Time";
import { shortTime } from "../../lib/format";
import { runLabel } from "../../lib/run";
import { useSearch } from "../../lib/useSearch";
import { typeName } from "../../rows/RunFields";
import { Bar, Pick } from "../../rows/Toolbar";
import { t } from "../../texts";
import { stateChoices, typeChoices } from "./OverviewBar";
import { Pager, PAGE } from "../../components/Pager";

type Answer = { dag_runs: DagRun[]; total_entries: number };

// All runs of a DAG, the newest first. Rows keep their place: new runs wait behind a button.
export default function Runs({ dagId }: { dagId: string }) {
  const [search, set] = useSearch();
  const client = useQueryClient();
  const offset = Math.max(0, Number(search.offset) || 0);
  const key = ["runs-of", dagId, search.type ?? "", search.state ?? "", search.from ?? "", search.to ?? "", offset];
  const [fresh, setFresh] = useState<Set<string>>(new Set());
  useEffect(() => setFresh(new Set()), [dagId, search.type, search.state, search.from, search.to, offset]);
  const runs = useLiveQuery<Answer>({
    key,
    read: (signal) => get<Answer>(path`/api/v2/dags/${dagId}/dagRuns`, { limit: PAGE, offset, order_by: "-run_after", run_type: search.type, state: search.state, run_after_gte: search.from && !Number.isNaN(Date.parse(search.from)) ? search.from : undefined, run_after_lte: lastOf(search.to) }, signal),
    watches: [watchDag(dagId)],
    concerns: (change) => change.kind === "run" && change.dag_id === dagId,
    patch: (data, change) => {
      if (change.kind !== "run" || !data.dag_runs.some((run) => run.dag_run_id === change.dag_run_id)) return data;
      const { state, start_date, end_date, queued_at, note } = change;
      return { ...data, dag_runs: data.dag_runs.map((run) => (run.dag_run_id === change.dag_run_id ? { ...run, state, start_date, end_date, queued_at, note } : run)) };
    },
  });
  useLive([watchDag(dagId)], (event) => {
    if (event.kind !== "changes") return;
    const known = new Set(client.getQueryData<Answer>(key)?.dag_runs.map((run) => run.dag_run_id));
    const news = event.changes.filter((change) => change.kind === "run" && change.dag_id === dagId && change.state === "queued" && !known.has(change.dag_run_id)).map((change) => (change as { dag_run_id: string }).dag_run_id);
    if (news.length > 0) setFresh((now) => new Set([...now, ...news]));
  });
  const { data, error, refetch } = runs;
  const filtered = !!search.type || !!search.state || !!search.from || !!search.to;
  return (
    <>
      <Bar>
        <Pick label={t("dag.types")} value={search.type ?? ""} choices={typeChoices()} onChange={(value) => set({ type: value, offset: "" })} />
        <Pick label={t("dag.states")} value={search.state ?? ""} choices={stateChoices()} onChange={(value) => set({ state: value, offset: "" })} />
        {search.from || search.to ? <button className="fc on" onClick={() => set({ from: "", to: "", offset: "" })}>{t("dag.between", { from: timeOf(search.from), to: timeOf(search.to) })}<Icon name="close" small /></button> : null}
        {fresh.size > 0 ? <button className="btn s" onClick={() => { setFresh(new Set()); if (offset > 0) set({ offset: "" }); else void refetch(); }}>{t("dag.fresh", { n: fresh.size })}</button> : null}
        <span className="grow" />
        <Pager offset={offset} total={data?.total_entries ?? 0} onOffset={(value) => set({ offset: value ? String(value) : "" })} />
      </Bar>
      {error ? <Failure error={error} again={() => void refetch()} /> : null}
      <div className="tablebox" tabIndex={0}>
        <table>
          <thead><tr>{["state", "run", "type", "started", "took", "version", "by", "note"].map((name) => <th key={name} scope="col">{t(`dag.col_${name}`)}</th>)}</tr></thead>
          <tbody>
            {data?.dag_runs.map((run) => (
              <tr key={run.dag_run_id}>
                <td><StateChip state={run.state} /></td>
                <td className="runcol ell" title={run.dag_run_id}><Link className="b" to="/dags/$dagId/runs/$runId" params={{ dagId, runId: run.dag_run_id }}>{runLabel(run.dag_run_id)}</Link></td>
                <td>{typeName(run.run_type)}</td>
                <td><Time at={run.start_date} /></td>
                <td>{run.start_date ? <Took from={run.start_date} to={run.end_date} /> : ""}</td>
                <td className="num">{run.dag_versions.at(-1) ? `v${run.dag_versions.at(-1)!.version_number}` : ""}</td>
                <td className="ell bycol">{run.triggering_user_name ?? ""}</td>
                <td className="ell notecol" title={run.note ?? ""}>{run.note}</td>
              </tr>
            ))}
          </tbody>
        </table>
        {data && data.dag_runs.length === 0 ? <div className="empty small"><p>{t(filtered ? "dag.no_runs_filtered" : "dag.no_runs")}</p>{filtered ? <button className="btn" onClick={() => set({ type: "", state: "", from: "", to: "", offset: "" })}>{t("app.clear_filters")}</button> : null}</div> : null}
      </div>
    </>
  );
}

// ?to= is left out itself: a day ends where the next begins.
const lastOf = (to: string | undefined) => (to && !Number.isNaN(Date.parse(to)) ? new Date(Date.parse(to) - 1).toISOString() : undefined);
const timeOf = (text: string | undefined) => (text && !Number.isNaN(Date.parse(text)) ? shortTime(text) : "…");
