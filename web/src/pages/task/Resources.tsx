import type { UseQueryResult } from "@tanstack/react-query";
import type { ApiError } from "../../api/client";
import { Empty } from "../../components/Empty";
import { Failure } from "../../components/Failure";
import { StateMark } from "../../components/StateMark";
import { bytes, duration } from "../../lib/format";
import { stateOf } from "../../lib/state";
import { t } from "../../texts";
import type { Attempt } from "./data";

// What each try has used: processor time, and the most memory at once.
export function Resources({ tries }: { tries: UseQueryResult<Attempt[], ApiError> }) {
  if (tries.error && !tries.data) return <div className="taskpart"><Failure error={tries.error} again={() => void tries.refetch()} /></div>;
  const ran = (tries.data ?? []).filter((one) => one.start_date);
  if (tries.data && ran.length === 0) return <Empty title={t("task.resources_none_title")}><p className="q">{t("task.resources_none")}</p></Empty>;
  const cpu = Math.max(...ran.map((one) => one.cpu_seconds), 0.001), rss = Math.max(...ran.map((one) => one.rss_bytes_max), 1);
  return (
    <div className="taskscroll">
      <table className="res">
        <thead><tr><th>{t("task.try_head")}</th><th className="r">{t("task.ran")}</th><th>{t("task.cpu")}</th><th className="r">{t("task.cores")}</th><th>{t("task.rss")}</th></tr></thead>
        <tbody>
          {[...ran].reverse().map((one) => (
            <tr key={one.try_number}>
              <td><span className="row g6"><StateMark state={stateOf(one.state)} size={14} />{t("log.try", { n: one.try_number })}</span></td>
              <td className="r num">{duration(one.duration)}</td>
              <td>{measured(one) ? <Bar part={one.cpu_seconds / cpu} text={duration(one.cpu_seconds)} /> : <span className="qq">{t("task.resources_running")}</span>}</td>
              <td className="r num q">{one.duration ? (one.cpu_seconds / one.duration).toFixed(2) : ""}</td>
              <td>{measured(one) ? <Bar part={one.rss_bytes_max / rss} text={bytes(one.rss_bytes_max)} /> : null}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="sm qq taskpart">{t("task.resources_note")}</p>
    </div>
  );
}
const measured = (one: Attempt) => one.end_date !== null || one.rss_bytes_max > 0;

function Bar({ part, text }: { part: number; text: string }) {
  return <span className="row g8"><i className="meter"><i style={{ width: `${Math.max(1, 100 * part)}%` }} /></i><span className="num nw">{text}</span></span>;
}
