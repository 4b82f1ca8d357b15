import type { Gantt } from "../api/shapes";
import { Time, Took } from "../components/Time";
import { duration } from "../lib/format";
import { isFinished, stateOf } from "../lib/state";
import { t } from "../texts";
import { RowFrame } from "./RowFrame";
import type { Row } from "./rows";
import { useGanttRow } from "./useGanttRow";

type Props = { gantt: Gantt; rows: Row[]; selected: string; onSelect: (row: Row, how: { replace: boolean }) => void; onOpen: (row: Row) => void; onFold: (row: Row) => void };

// A run's tasks as a list, in the grid's rows.
export function ListView({ gantt, rows, selected, onSelect, onOpen, onFold }: Props) {
  const { one, frame } = useGanttRow(gantt, rows);
  return (
    <RowFrame label={t("rows.list")} of={{ dagId: gantt.run.dag_id, runId: gantt.run.dag_run_id }} {...{ rows, selected, onSelect, onOpen, onFold }} least={430}
      corner={t("rows.count", { n: rows.length })} {...frame}
      head={() => <div className="lrow head">{["state_head", "start_head", "took_head", "tries_head", "host_head"].map((key) => <span key={key}>{t(`rows.${key}`)}</span>)}</div>}>
      {(row) => {
        const of = one(row);
        if (!of) return null;
        const state = stateOf(of.state);
        return (
          <div className="lrow">
            <span className="ell">{t(`state.${state}`)}</span>
            <Time at={of.start_date} />
            {!of.start_date ? <span /> : state === "running" ? <Took from={of.start_date} /> : <span className="num">{of.end_date && isFinished(state) ? duration((Date.parse(of.end_date) - Date.parse(of.start_date)) / 1000) : ""}</span>}
            <span className="num">{of.try_number > 0 ? `${of.try_number} / ${Math.max(of.max_tries, of.try_number)}` : ""}</span>
            <span className="mono ell" title={of.reason ?? of.hostname ?? ""}>{of.hostname ?? ""}</span>
          </div>
        );
      }}
    </RowFrame>
  );
}
