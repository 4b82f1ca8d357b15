import { Link } from "@tanstack/react-router";
import { Suspense, lazy } from "react";
import type { GridRun } from "../../api/shapes";
import { useRight } from "../../api/session";
import { Icon } from "../../components/Icon";
import { Segments } from "../../components/Segments";
import { StateMark } from "../../components/StateMark";
import { Took } from "../../components/Time";
import { runLabel } from "../../lib/run";
import { isFinished, stateOf } from "../../lib/state";
import type { Act } from "../../rows/actions";
import { Counts } from "../../rows/CellTip";
import { countsAt, placesOf, tally, type Index } from "../../rows/grid-data";
import { RunFields } from "../../rows/RunFields";
import type { Row } from "../../rows/rows";
import { textOf } from "../../lib/useSearch";
import { TaskFields } from "../../rows/TaskFields";
import { t } from "../../texts";

const Graph = lazy(() => import("../../graph/Graph"));

type Props = {
  dagId: string; run: string; selected: string; chosen: GridRun | undefined; index: Index | null; rows: Row[]; median: number | null; side: "graph" | "details";
  onSide: (side: "graph" | "details") => void; onSelect: (taskId: string | null) => void; onAct: (act: Act) => void;
};

// What is chosen in the rows: its run's graph, or all that is known of it.
export function Inspector({ dagId, run, selected, chosen, index, rows, side, onSide, onSelect, onAct }: Props) {
  const counts = chosen && index ? tally(chosen, chosen.cells.split("").map((_, n) => n), index) : null;
  const left = counts ? [...counts].reduce((sum, [state, n]) => sum + (isFinished(state) ? 0 : n), 0) : 0;
  const row = rows.find((one) => one.key === selected);
  return (
    <section className="rgt" aria-label={t("dag.inspector")}>
      <div className="bar2">
        {chosen ? <StateMark state={stateOf(chosen.state)} /> : null}
        <b className="ell" title={run}>{run ? runLabel(run) : ""}</b>
        {chosen ? (
          <span className="q sm nw ell">{t(`state.${stateOf(chosen.state)}`)} {chosen.start_date ? <Took from={chosen.start_date} to={chosen.end_date} /> : null}{left > 0 && !isFinished(stateOf(chosen.state)) ? `, ${t("dag.left", { n: left })}` : ""}</span>
        ) : null}
        <span className="grow" />
        {run ? <Link className="btn s" to="/dags/$dagId/runs/$runId" params={{ dagId, runId: run }} search={(selected ? { sel: selected, ...(row?.kind === "instance" ? { fold: textOf([`!${row.id}`]) } : {}) } : {}) as never}>{t("dag.open_run")}</Link> : null}
        <Segments label={t("dag.side")} value={side} items={[{ value: "graph", text: t("dag.graph") }, { value: "details", text: t("dag.tab_details") }]} onChange={onSide} />
      </div>
      {side === "graph" ? (
        <>
          <Suspense fallback={<div className="grow" />}>
            <Graph dagId={dagId} {...(run ? { runId: run } : {})} {...(chosen ? { version: chosen.dag_version } : {})} {...(row && row.kind !== "group" ? { selected: row.id } : {})} onSelect={onSelect} />
          </Suspense>
          {row ? <div className="bar2 foot"><b className={row.kind === "group" ? "ell" : "mono ell"}>{row.key}</b><span className="grow" /><Actions {...{ dagId, run, row, chosen, onAct }} /></div> : null}
        </>
      ) : (
        <div className="sidebody">
          {row && row.kind !== "group" && run ? <TaskFields dagId={dagId} runId={run} row={row} counts={row.kind === "task" && chosen && index ? countsAt(chosen, placesOf(row, index)[0]) : null}><Actions {...{ dagId, run, row, chosen, onAct }} /></TaskFields>
            : row ? (
              <div className="insp">
                <b>{row.label}</b>
                {row.group?.tooltip ? <p className="q">{row.group.tooltip}</p> : null}
                <Actions {...{ dagId, run, row, chosen, onAct }} />
                {chosen && index ? <Counts counts={Object.fromEntries(tally(chosen, placesOf(row, index), index))} /> : null}
              </div>
            ) : run ? <RunFields dagId={dagId} runId={run}><Actions {...{ dagId, run, row, chosen, onAct }} /></RunFields> : <p className="q pad">{t("dag.no_runs")}</p>}
        </div>
      )}
    </section>
  );
}

type ActionsProps = { dagId: string; run: string; row: Row | undefined; chosen: GridRun | undefined; onAct: (act: Act) => void };
function Actions({ dagId, run, row, chosen, onAct }: ActionsProps) {
  const may = useRight("run");
  if (!run) return null;
  const active = chosen && !isFinished(stateOf(chosen.state));
  return (
    <span className="row g6 wrap">
      {row && row.kind !== "group" ? <Link className="btn s" to="/dags/$dagId/runs/$runId/tasks/$taskId" params={{ dagId, runId: run, taskId: row.id }} search={(row.kind === "instance" ? { map: String(row.map) } : {}) as never}>{t("dag.open_task")}</Link> : null}
      <button className="btn s" disabled={!may} onClick={() => onAct("clear")}><Icon name="again" small />{t("dag.clear")}</button>
      <button className="btn s" disabled={!may} onClick={() => onAct("mark")}>{t("dag.mark")}</button>
      {row?.kind !== "group" ? <button className="btn s" disabled={!may} onClick={() => onAct("note")}><Icon name="note" small />{t("dag.note")}</button> : null}
      {active && !row ? <button className="btn s" disabled={!may} onClick={() => onAct("stop")}><Icon name="stop" small />{t("dag.stop")}</button> : null}
    </span>
  );
}
