import { get, path } from "../api/client";
import { watchRun } from "../api/live";
import type { DagRun } from "../api/shapes";
import { useLiveQuery } from "../api/useLiveQuery";
import { CopyButton } from "../components/CopyButton";
import { Failure } from "../components/Failure";
import { StateChip } from "../components/StateChip";
import { Time, Took } from "../components/Time";
import { t } from "../texts";
import { Fields } from "./Fields";

export function useRun(dagId: string, runId: string) {
  return useLiveQuery<DagRun>({
    key: ["run", dagId, runId],
    read: (signal) => get<DagRun>(path`/api/v2/dags/${dagId}/dagRuns/${runId}`, {}, signal),
    watches: [watchRun(dagId, runId)],
    concerns: (change) => change.kind === "run" && change.dag_id === dagId && change.dag_run_id === runId,
  });
}

export const typeName = (type: string) => t(["scheduled", "manual", "backfill", "asset_triggered"].includes(type) ? `dag.type_${type}` : "dag.type_asset_triggered");

// What is known of a run.
export function RunFields({ dagId, runId, children }: { dagId: string; runId: string; children?: React.ReactNode }) {
  const { data: run, error, refetch } = useRun(dagId, runId);
  if (error && !run) return <Failure error={error} again={() => void refetch()} />;
  if (!run) return null;
  return (
    <div className="insp">
      <div className="row g8"><StateChip state={run.state} /><span className="q">{typeName(run.run_type)}</span></div>
      {children}
      {run.note ? <p className="note">{run.note}</p> : null}
      <Fields items={[
        [t("run.id"), <span key="id" className="row g4"><span className="mono brk">{run.dag_run_id}</span><CopyButton text={run.dag_run_id} /></span>],
        [t("run.logical_date"), run.logical_date && <Time key="l" at={run.logical_date} />],
        [t("run.interval"), run.data_interval_start && run.data_interval_end ? <span key="i"><Time at={run.data_interval_start} /> – <Time at={run.data_interval_end} /></span> : null],
        [t("run.run_after"), <Time key="a" at={run.run_after} />],
        [t("run.queued"), run.queued_at && <Time key="q" at={run.queued_at} />],
        [t("run.started"), run.start_date && <Time key="s" at={run.start_date} />],
        [t("run.ended"), run.end_date && <Time key="e" at={run.end_date} />],
        [t("run.took"), run.start_date && <Took key="t" from={run.start_date} to={run.end_date} />],
        [t("run.version"), run.dag_versions.map((one) => `v${one.version_number}`).join(", ")],
        [t("run.by"), run.triggering_user_name ?? run.triggered_by],
      ]} />
      <h3>{t("run.conf")}</h3>
      <Conf conf={run.conf} />
    </div>
  );
}

export function Conf({ conf }: { conf: DagRun["conf"] }) {
  const text = conf && Object.keys(conf).length > 0 ? JSON.stringify(conf, null, 2) : "";
  if (!text) return <p className="qq">{t("run.no_conf")}</p>;
  return <div className="confbox"><pre className="code">{text.length > 100_000 ? `${text.slice(0, 100_000)}…` : text}</pre><CopyButton text={text} /></div>;
}
