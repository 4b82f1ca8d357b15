import { Link, useNavigate } from "@tanstack/react-router";
import type { UseQueryResult } from "@tanstack/react-query";
import { useKeys } from "../../app/keys";
import { get, path, type ApiError } from "../../api/client";
import type { DagRun, Gantt, GanttRow, Structure } from "../../api/shapes";
import { Failure } from "../../components/Failure";
import { Icon } from "../../components/Icon";
import { StateMark } from "../../components/StateMark";
import { Took } from "../../components/Time";
import { duration } from "../../lib/format";
import { runLabel } from "../../lib/run";
import { stateOf, worst, type State } from "../../lib/state";
import { useSearch } from "../../lib/useSearch";
import { t } from "../../texts";
import { listRows } from "./list";
import type { Where } from "./data";

type Props = { where: Where; gantt: UseQueryResult<Gantt, ApiError>; structure: Structure | undefined; map: number | undefined };

// The tasks of the run, in the order of the grid.
export function TaskList({ where, gantt, structure }: Props) {
  const [search] = useSearch();
  const navigate = useNavigate();
  const { dagId, runId, taskId } = where;
  const run = gantt.data?.run;
  const kept = (search.tab ? { tab: search.tab } : {}) as never;
  const other = async (step: 1 | -1) => {
    if (!run) return;
    const asked = step < 0 ? { run_after_lte: run.run_after, order_by: "-run_after" } : { run_after_gte: run.run_after, order_by: "run_after" };
    const { dag_runs: runs } = await get<{ dag_runs: DagRun[] }>(path`/api/v2/dags/${dagId}/dagRuns`, { ...asked, limit: 5 });
    const to = runs[runs.findIndex((one) => one.dag_run_id === runId) + 1];
    if (to) void navigate({ to: "/dags/$dagId/runs/$runId/tasks/$taskId", params: { dagId, runId: to.dag_run_id, taskId }, search: kept });
  };
  useKeys({ "[": () => void other(-1), "]": () => void other(1) });
  const state = run ? stateOf(run.state) : undefined;
  return (
    <nav className="lft" aria-label={t("task.list")}>
      <div className="bar2">
        {state ? <StateMark state={state} size={14} /> : null}
        <Link className="b ell" to="/dags/$dagId/runs/$runId" params={{ dagId, runId }}>{runLabel(runId)}</Link>
        {state ? <span className="q sm ell">{t(`state.${state}`)}</span> : null}
        <span className="grow" />
        <button className="ib" style={{ width: 26 }} aria-label={t("task.older_run")} title={`${t("task.older_run")} ([)`} onClick={() => void other(-1)}><Icon name="left" /></button>
        <button className="ib" style={{ width: 26 }} aria-label={t("task.newer_run")} title={`${t("task.newer_run")} (])`} onClick={() => void other(1)}><Icon name="right" /></button>
      </div>
      <div className="tasks">
        {gantt.error && !gantt.data ? <div className="taskpart"><Failure error={gantt.error} /></div> : null}
        {listRows(gantt.data?.rows ?? [], structure).map((row) => (row.kind === "group" ? (
          <div key={`g ${row.id}`} className="trow grp" style={{ paddingLeft: 10 + row.depth * 16 }}>
            <StateMark state={worst(row.states)} size={14} /><Icon name="down" small /><span className="ell" title={row.id}>{row.label}</span>
          </div>
        ) : (
          <Link key={row.of.task_id} className={`trow${row.of.task_id === taskId ? " sel" : ""}`} style={{ paddingLeft: 10 + row.depth * 16 }} aria-current={row.of.task_id === taskId ? "page" : undefined}
            to="/dags/$dagId/runs/$runId/tasks/$taskId" params={{ dagId, runId, taskId: row.of.task_id }} search={kept}>
            <StateMark state={markOf(row.of)} size={14} /><span className="mono ell" title={row.of.task_id}>{row.label}</span>
            {row.of.counts ? <span className="qq mi">×{Object.values(row.of.counts).reduce((sum, n) => sum + n, 0)}</span> : null}
            <span className="grow" /><span className="qq sm num nw">{row.of.slowest_seconds !== null && row.of.end_date ? duration(row.of.slowest_seconds) : row.of.start_date ? <Took from={row.of.start_date} to={row.of.end_date} /> : null}</span>
          </Link>
        )))}
      </div>
      <div className="bar2 keysfoot"><span className="kbd">J</span><span className="kbd">K</span><span className="sm q">{t("task.keys_task")}</span><span className="kbd">[</span><span className="kbd">]</span><span className="sm q">{t("task.keys_run")}</span></div>
    </nav>
  );
}

const markOf = (row: GanttRow): State => (row.counts ? worst(Object.entries(row.counts).filter(([, n]) => n > 0).map(([state]) => stateOf(state))) : stateOf(row.state));
