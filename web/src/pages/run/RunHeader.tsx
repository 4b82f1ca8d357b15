import { Link } from "@tanstack/react-router";
import { useQuery } from "@tanstack/react-query";
import { get, path } from "../../api/client";
import { useRight } from "../../api/session";
import type { DagRun } from "../../api/shapes";
import { useKeys } from "../../app/keys";
import { CopyButton } from "../../components/CopyButton";
import { Icon } from "../../components/Icon";
import { StateMark } from "../../components/StateMark";
import { clockSeconds, clockTime, fullTime, longDay } from "../../lib/format";
import { isFinished, stateOf } from "../../lib/state";
import { useSearch } from "../../lib/useSearch";
import { onOf, useAct } from "../../rows/actions";
import { typeName } from "../../rows/RunFields";
import { t } from "../../texts";
import { useNavigate } from "@tanstack/react-router";

type Props = { dagId: string; runId: string; run: DagRun | undefined };

export function RunHeader({ dagId, runId, run }: Props) {
  const act = useAct();
  const may = useRight("run");
  const [search] = useSearch();
  const navigate = useNavigate();
  const { older, newer } = useNeighbours(dagId, run);
  const state = stateOf(run?.state);
  const go = (to: string | undefined) => { if (to) void navigate({ to: "/dags/$dagId/runs/$runId", params: { dagId, runId: to }, search }); };
  useKeys({ "[": () => go(older), "]": () => go(newer), T: () => act("trigger", onOf(dagId)) });
  const at = run?.logical_date ?? run?.run_after;
  const exact = run && run.run_type !== "scheduled" && run.run_type !== "backfill";
  return (
    <div className="hd">
      {run ? <StateMark state={state} size={20} /> : <span style={{ width: 20 }} />}
      {at ? <><h1 className="num" title={fullTime(at)}>{exact ? clockSeconds(at) : clockTime(at)}</h1><span className="q nw day">{longDay(at)}</span></> : <h1 className="ell">{run ? runId : ""}</h1>}
      {run ? <span className="tag">{typeName(run.run_type)}</span> : null}
      {run?.dag_versions.at(-1) ? <span className="tag">{t("run.version_n", { n: run.dag_versions.at(-1)!.version_number })}</span> : null}
      <span className="mono sm q ell" title={runId}>{runId}</span><CopyButton text={runId} />
      <span className="grow" />
      <Neighbour dagId={dagId} run={older} label={t("run.older")} icon="left" search={search} />
      <Neighbour dagId={dagId} run={newer} label={t("run.newer")} icon="right" search={search} />
      <button className="btn" disabled={!may || !run} onClick={() => act("note", onOf(dagId, runId))}><Icon name="note" small /><span className="wide-only">{t("dag.note")}</span></button>
      <button className="btn" disabled={!may || !run} onClick={() => act("clear", onOf(dagId, runId))}><Icon name="again" small />{t("dag.clear")}</button>
      <button className="btn" disabled={!may || !run} onClick={() => act("mark", onOf(dagId, runId))}>{t("dag.mark")}</button>
      {run && !isFinished(state) ? <button className="btn" disabled={!may} onClick={() => act("stop", onOf(dagId, runId))}><Icon name="stop" small />{t("run.stop")}</button>
        : run ? <button className="btn p" disabled={!may} onClick={() => act("trigger", onOf(dagId))}><Icon name="play" small />{t("run.again")}</button> : null}
    </div>
  );
}

type NeighbourProps = { dagId: string; run: string | undefined; label: string; icon: "left" | "right"; search: Record<string, string> };
function Neighbour({ dagId, run, label, icon, search }: NeighbourProps) {
  if (!run) return <button className="ib line" disabled aria-label={label} style={{ opacity: 0.5 }}><Icon name={icon} /></button>;
  return <Link className="ib line" aria-label={label} title={label} to="/dags/$dagId/runs/$runId" params={{ dagId, runId: run }} search={search}><Icon name={icon} /></Link>;
}

// The runs before and after, by when they were due.
function useNeighbours(dagId: string, run: DagRun | undefined) {
  const find = (order: string, limit: Record<string, string>) => async ({ signal }: { signal: AbortSignal }) => {
    const { dag_runs } = await get<{ dag_runs: DagRun[] }>(path`/api/v2/dags/${dagId}/dagRuns`, { limit: 2, order_by: order, ...limit }, signal);
    return dag_runs.find((one) => one.dag_run_id !== run!.dag_run_id)?.dag_run_id ?? null;
  };
  const older = useQuery({ queryKey: ["older", dagId, run?.dag_run_id], queryFn: find("-run_after", { run_after_lte: run?.run_after ?? "" }), enabled: !!run });
  const newer = useQuery({ queryKey: ["newer", dagId, run?.dag_run_id], queryFn: find("run_after", { run_after_gte: run?.run_after ?? "" }), enabled: !!run });
  return { older: older.data ?? undefined, newer: newer.data ?? undefined };
}
