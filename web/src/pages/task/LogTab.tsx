import type { UseQueryResult } from "@tanstack/react-query";
import type { ApiError } from "../../api/client";
import type { GanttRow } from "../../api/shapes";
import { Empty } from "../../components/Empty";
import { Failure } from "../../components/Failure";
import { LogView } from "../../log/LogView";
import type { Try } from "../../log/useModels";
import { t } from "../../texts";
import { isWaiting, type Attempt, type Instance } from "./data";

type Props = { instance: Instance; tries: UseQueryResult<Attempt[], ApiError>; row: GanttRow | undefined; full: boolean; onFull: () => void; onWhy: () => void };

export function LogTab({ instance, tries, row, full, onFull, onWhy }: Props) {
  if (tries.error && !tries.data) return <div className="taskpart"><Failure error={tries.error} again={() => void tries.refetch()} /></div>;
  if (!tries.data) return null;
  const started = tries.data.filter((one) => one.start_date || one.try_number < instance.try_number).map((one) => tryOf(one, instance, row));
  if (started.length === 0) {
    return (
      <Empty title={t("task.no_log_title")}>
        <p className="q">{t(isWaiting(instance.state) ? "task.no_log_waits" : "task.no_log")}</p>
        {isWaiting(instance.state) ? <button className="btn" onClick={onWhy}>{t("task.tab_why")}</button> : null}
      </Empty>
    );
  }
  return <LogView instance={{ dagId: instance.dag_id, runId: instance.dag_run_id, taskId: instance.task_id, mapIndex: instance.map_index }} tries={started} full={full} onFull={onFull} />;
}

function tryOf(one: Attempt, instance: Instance, row: GanttRow | undefined): Try {
  const last = one.try_number === instance.try_number;
  const state = last ? instance.state : one.state;
  const reason = row?.counts ? null : last ? row?.reason ?? null : row?.tries.find((other) => other.try_number === one.try_number)?.reason ?? null;
  return {
    number: one.try_number, state, start: last ? instance.start_date ?? one.start_date : one.start_date, end: last ? instance.end_date : one.end_date, hostname: one.hostname, reason,
    live: last && (state === "running" || state === "restarting"),
  };
}
