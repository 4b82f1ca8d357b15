import type { UseQueryResult } from "@tanstack/react-query";
import type { ApiError } from "../../api/client";
import type { GanttRow } from "../../api/shapes";
import { Empty } from "../../components/Empty";
import { Failure } from "../../components/Failure";
import { StateChip } from "../../components/StateChip";
import { Time, Took } from "../../components/Time";
import { duration, secondsBetween } from "../../lib/format";
import { useSearch } from "../../lib/useSearch";
import { t } from "../../texts";
import type { Attempt, Instance } from "./data";

type Props = { tries: UseQueryResult<Attempt[], ApiError>; row: GanttRow | undefined; instance: Instance };

export function TriesTab({ tries, row, instance }: Props) {
  const [, set] = useSearch();
  if (tries.error && !tries.data) return <div className="taskpart"><Failure error={tries.error} again={() => void tries.refetch()} /></div>;
  if (tries.data?.length === 0) return <Empty title={t("task.tries_none_title")}><p className="q">{t("task.tries_none")}</p></Empty>;
  const reason = (one: Attempt) =>
    row?.counts ? null : one.try_number === instance.try_number ? row?.reason : row?.tries.find((other) => other.try_number === one.try_number)?.reason;
  return (
    <div className="taskscroll">
      <table>
        <thead><tr><th>{t("task.try_head")}</th><th>{t("task.d_state")}</th><th>{t("task.d_queued")}</th><th className="r">{t("task.waited")}</th><th>{t("task.d_started")}</th><th className="r">{t("task.ran")}</th><th>{t("task.worker")}</th><th className="r">{t("task.d_pid")}</th><th>{t("task.reason")}</th></tr></thead>
        <tbody>
          {[...tries.data ?? []].reverse().map((one) => (
            <tr key={one.try_number}>
              <td><button className="btn s" onClick={() => set({ tab: "log", try: String(one.try_number) })}>{t("log.try", { n: one.try_number })}</button></td>
              <td><StateChip state={one.state} /></td>
              <td><Time at={one.queued_when} /></td>
              <td className="r num q">{duration(secondsBetween(one.queued_when, one.start_date))}</td>
              <td><Time at={one.start_date} /></td>
              <td className="r">{one.start_date ? <Took from={one.start_date} to={one.end_date} /> : null}</td>
              <td className="mono">{one.hostname}</td>
              <td className="r num q">{one.pid}</td>
              <td className="q reason">{reason(one)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
