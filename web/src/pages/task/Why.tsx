import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ApiError, get, path, send } from "../../api/client";
import { watchRun } from "../../api/live";
import { useRight } from "../../api/session";
import type { Check, Explain, GanttRow } from "../../api/shapes";
import { useFigures } from "../../api/useFigures";
import { Failure } from "../../components/Failure";
import { StateChip } from "../../components/StateChip";
import { StateMark } from "../../components/StateMark";
import { Time, Took } from "../../components/Time";
import { say } from "../../lib/say";
import { stateOf, type State } from "../../lib/state";
import { whyMark, whySentence } from "../../lib/why";
import { useNow } from "../../lib/useNow";
import { t } from "../../texts";
import type { Instance } from "./data";
import { WhyHolds } from "./WhyHolds";

// Why it waits: one sentence, then all that the scheduler looks at, in its order; beside it what holds it.
export function Why({ instance, rows }: { instance: Instance; rows: GanttRow[] }) {
  const now = useNow();
  const key = ["explain", instance.dag_id, instance.dag_run_id, instance.task_id, instance.map_index];
  const url = path`/api/gale/v1/dags/${instance.dag_id}/dagRuns/${instance.dag_run_id}/taskInstances/${instance.task_id}/explain`;
  const read = (signal: AbortSignal) => get<Explain>(url, { map_index: instance.map_index }, signal);
  // What other runs hold counts, too.
  const { data, error, refetch } = useFigures<Explain>({ key, read, watches: [watchRun(instance.dag_id, instance.dag_run_id), "runs", "pools", "workers"] });
  if (error && !data) return <div className="taskpart"><Failure error={error} again={() => void refetch()} /></div>;
  if (!data) return null;
  const held = data.checks.find((check) => check.met === false);
  const state = stateOf(data.state);
  return (
    <div className="wr">
      <div className="wrlist">
        <div className="now1">
          <div className="row g8"><StateChip state={data.state} />{data.since ? <span className="sm q">{t("task.since")} <Time at={data.since} />, <Took from={data.since} /></span> : null}</div>
          <h2>{held ? `${whySentence(held, now)}.` : state === "running" ? t("task.why_runs") : data.summary}</h2>
          {data.eta ? <p className="q">{t("task.why_eta")} <b className="m"><Time at={data.eta} /></b></p> : null}
          {held?.kind === "dag_paused" ? <SwitchOn dagId={instance.dag_id} onDone={() => void refetch()} /> : null}
        </div>
        <ol>{data.checks.map((check, n) => <Row key={`${check.kind} ${n}`} check={check} now={now} rows={rows} first={check === held} />)}</ol>
        <p className="sm qq taskpart">{t("task.why_live")} <span className="mono">gale tasks explain {instance.dag_id} {instance.dag_run_id} {instance.task_id}</span></p>
      </div>
      <WhyHolds check={held} instance={instance} rows={rows} />
    </div>
  );
}

function Row({ check, now, rows, first }: { check: Check; now: number; rows: GanttRow[]; first: boolean }) {
  const mark: State = check.met === null ? "none" : check.met ? "success" : whyMark(check);
  const more = detailOf(check, rows);
  return (
    <li className={`ck${first ? " no" : ""}`} aria-current={first ? "step" : undefined}>
      <StateMark state={mark} title={t(check.met === null ? "task.check_open" : check.met ? "task.check_met" : "task.check_unmet")} />
      <div><div className={first ? "b" : check.met === null ? "q" : undefined}>{whySentence(check, now)}</div>{more ? <div className="sm q">{more}</div> : null}</div>
      {check.at ? <span className="sm qq"><Time at={check.at} /></span> : null}
    </li>
  );
}

function detailOf(check: Check, rows: GanttRow[]): string {
  if (check.kind === "no_worker" && check.names.length > 0) return check.names.join(", ");
  if (check.met === false && check.kind === "trigger_rule") {
    const known = new Map(rows.map((row) => [row.task_id, row.state]));
    return check.names.slice(0, 12).map((name) => `${name} (${t(`state.${stateOf(known.get(name) ?? null)}`)})`).join(", ");
  }
  if (check.kind === "pool_full" && check.met === false && check.need) return t("task.why_needs", { need: check.need, priority: check.position ?? 0 });
  return "";
}

function SwitchOn({ dagId, onDone }: { dagId: string; onDone: () => void }) {
  const may = useRight("run");
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError | null>(null);
  if (!may) return null;
  const act = async () => {
    setBusy(true);
    try {
      await send("PATCH", path`/api/v2/dags/${dagId}`, { is_paused: false });
      say(t("task.dag_on_said", { dag: dagId }));
      void client.invalidateQueries({ queryKey: ["dag", dagId] });
      onDone();
    } catch (failure) {
      setError(failure instanceof ApiError ? failure : new ApiError(0, String(failure)));
    } finally {
      setBusy(false);
    }
  };
  return <>{error ? <Failure error={error} /> : null}<button className="btn" disabled={busy} onClick={() => void act()}>{t("task.dag_on")}</button></>;
}
