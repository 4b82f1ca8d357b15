import type { UseQueryResult } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useEffect, useMemo, useRef } from "react";
import { get, path, type ApiError } from "../../api/client";
import type { DagRun, Gantt, GanttRow, Structure } from "../../api/shapes";
import { useKeys } from "../../app/keys";
import { Failure } from "../../components/Failure";
import { Icon } from "../../components/Icon";
import { StateMark } from "../../components/StateMark";
import { Took } from "../../components/Time";
import { duration } from "../../lib/format";
import { runLabel } from "../../lib/run";
import { stateOf } from "../../lib/state";
import { listOf, textOf, useSearch } from "../../lib/useSearch";
import { mappedCount, stateOfRows } from "../../rows/gantt-data";
import { RowName } from "../../rows/RowName";
import { rowsOf, toggled, type Row } from "../../rows/rows";
import { t } from "../../texts";
import type { Where } from "./data";
import "../../rows/rows.css";

type Props = { where: Where; gantt: UseQueryResult<Gantt, ApiError>; structure: Structure | undefined };
const NEIGHBOURS = 5; // runs that may be of the same time

// The tasks of the run: the same rows as the grid's, one narrower half further.
export function TaskList({ where, gantt, structure }: Props) {
  const [search, set] = useSearch();
  const navigate = useNavigate();
  const { dagId, runId, taskId } = where;
  const run = gantt.data?.run;
  const kept = { ...(search.tab ? { tab: search.tab } : {}), ...(search.fold ? { fold: search.fold } : {}) } as never;
  const other = async (step: 1 | -1) => {
    if (!run) return;
    const asked = step < 0 ? { run_after_lte: run.run_after, order_by: "-run_after" } : { run_after_gte: run.run_after, order_by: "run_after" };
    const { dag_runs: runs } = await get<{ dag_runs: DagRun[] }>(path`/api/v2/dags/${dagId}/dagRuns`, { ...asked, limit: NEIGHBOURS });
    const to = runs[runs.findIndex((one) => one.dag_run_id === runId) + 1];
    if (to) void navigate({ to: "/dags/$dagId/runs/$runId/tasks/$taskId", params: { dagId, runId: to.dag_run_id, taskId }, search: kept });
  };
  useKeys({ "[": () => void other(-1), "]": () => void other(1) });
  const fold = useMemo(() => listOf(search.fold), [search.fold]);
  const byId = useMemo(() => new Map(gantt.data?.rows.map((row) => [row.task_id, row])), [gantt.data]);
  const rows = useMemo(() => (structure ? rowsOf({ structure, fold, filter: "", others: [...byId.keys()] }) : []), [structure, fold, byId]);
  const own = useRef<HTMLAnchorElement>(null);
  useEffect(() => { own.current?.scrollIntoView({ block: "nearest" }); }, [rows.length > 0]);
  const state = run ? stateOf(run.state) : undefined;
  const onFold = (row: Row) => { if (structure) set({ fold: textOf(toggled(fold, row.id, structure)) }, { replace: true }); };
  return (
    <nav className="lft" aria-label={t("task.list")}>
      <div className="bar2">
        {state ? <StateMark state={state} size={14} /> : null}
        <Link className="b ell" to="/dags/$dagId/runs/$runId" params={{ dagId, runId }}>{runLabel(runId)}</Link>
        {state ? <span className="q sm ell">{t(`state.${state}`)}</span> : null}
        <span className="grow" />
        <button className="ib" aria-label={t("task.older_run")} title={`${t("task.older_run")} ([)`} onClick={() => void other(-1)}><Icon name="left" /></button>
        <button className="ib" aria-label={t("task.newer_run")} title={`${t("task.newer_run")} (])`} onClick={() => void other(1)}><Icon name="right" /></button>
      </div>
      <div className="tasks">
        {gantt.error && !gantt.data ? <div className="taskpart"><Failure error={gantt.error} again={() => void gantt.refetch()} /></div> : null}
        {rows.map((row) => {
          if (row.kind === "group") {
            const of = row.tasks.flatMap((id) => byId.get(id) ?? []);
            return (
              <button key={`g ${row.id}`} className="trow" aria-expanded={!row.folded} onClick={() => onFold(row)}>
                <StateMark state={of.length ? stateOfRows(of) : "none"} size={14} /><RowName row={row} onFold={onFold} />
              </button>
            );
          }
          const of = byId.get(row.id), chosen = row.id === taskId;
          return (
            <Link key={row.id} ref={chosen ? own : undefined} className={`trow${chosen ? " sel" : ""}`} aria-current={chosen ? "page" : undefined}
              to="/dags/$dagId/runs/$runId/tasks/$taskId" params={{ dagId, runId, taskId: row.id }} search={kept}>
              <StateMark state={of ? stateOfRows([of]) : "none"} size={14} /><RowName row={row} count={of ? mappedCount(of) : null} onFold={onFold} />
              <span className="grow" />{of ? <span className="qq sm num nw"><Length of={of} /></span> : null}
            </Link>
          );
        })}
      </div>
      <div className="bar2 keysfoot"><span className="kbd">J</span><span className="kbd">K</span><span className="sm q">{t("task.keys_task")}</span><span className="kbd">[</span><span className="kbd">]</span><span className="sm q">{t("task.keys_run")}</span></div>
    </nav>
  );
}

function Length({ of }: { of: GanttRow }) {
  if (of.counts && of.end_date && of.slowest_seconds !== null) return duration(of.slowest_seconds);
  return of.start_date && (of.end_date || of.state === "running") ? <Took from={of.start_date} to={of.end_date} /> : null;
}
