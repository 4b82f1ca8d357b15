import { useNavigate } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { useKeys } from "../../app/keys";
import { Failure } from "../../components/Failure";
import { StateMark } from "../../components/StateMark";
import { listOf, textOf, useSearch } from "../../lib/useSearch";
import { onOf, useAct, type Act } from "../../rows/actions";
import { useGantt, useGrid, useStructure } from "../../rows/data";
import { GanttView } from "../../rows/GanttView";
import { GridView, type Chosen } from "../../rows/GridView";
import { mapsOfGantt } from "../../rows/gantt-data";
import { indexOf, mapsOfGrid, statesIn } from "../../rows/grid-data";
import { isFoldable, ofKey, rowsOf, toggled, unfoldedFor, type Row } from "../../rows/rows";
import { useSame } from "../../rows/useSame";
import { t } from "../../texts";
import { Inspector } from "./Inspector";
import { Legend } from "./Legend";
import { OverviewBar, runsWanted } from "./OverviewBar";

// The workbench of a DAG: its runs by its tasks at the left, what is chosen at the right. All of it is in the address.
export function Overview({ dagId }: { dagId: string }) {
  const [search, set] = useSearch();
  const navigate = useNavigate();
  const act = useAct();
  const wanted = runsWanted(search);
  const structure = useStructure(dagId);
  const grid = useGrid(dagId, wanted);
  const run = search.run ?? grid.data?.runs.at(-1)?.dag_run_id ?? "";
  const gantt = useGantt(dagId, search.view === "gantt" && run ? run : undefined);
  const [several, setSeveral] = useState<Chosen[]>([]);
  const fold = useMemo(() => listOf(search.fold), [search.fold]);
  const ganttIds = useMemo(() => gantt.data?.rows.map((row) => row.task_id), [gantt.data?.rows]);
  const others = search.view === "gantt" ? ganttIds : grid.data?.task_ids;
  const maps = useSame(search.view === "gantt" ? gantt.data && mapsOfGantt(gantt.data) : grid.data && mapsOfGrid(grid.data));
  const rows = useMemo(() => (structure.data ? rowsOf({ structure: structure.data, fold, filter: search.task ?? "", others: others ?? [], maps }) : []), [structure.data, fold, search.task, others, maps]);
  const selected = search.sel ?? "";
  const select = ({ run: chosen, id }: Chosen, how: { replace: boolean }) => set({ run: chosen, sel: id }, how);
  const open = ({ run: chosen, id }: Chosen) => {
    if (!chosen) return;
    const { id: taskId, map } = ofKey(id);
    void (id ? navigate({ to: "/dags/$dagId/runs/$runId/tasks/$taskId", params: { dagId, runId: chosen, taskId }, search: (map >= 0 ? { map: String(map) } : {}) as never }) : navigate({ to: "/dags/$dagId/runs/$runId", params: { dagId, runId: chosen } }));
  };
  const foldRow = (row: Row) => {
    if (!structure.data || !isFoldable(row) || (row.kind === "group" && search.task)) return;
    const hidden = row.kind === "task" && !row.folded && ofKey(selected).id === row.id; // an instance of it is chosen: it is, then
    set({ fold: textOf(toggled(fold, row.id, structure.data)), ...(hidden ? { sel: row.id } : {}) }, { replace: true });
  };
  const selectTask = (id: string | null) => set({ sel: id ?? "", run, ...(id && structure.data ? { fold: textOf(unfoldedFor(fold, id, structure.data)) } : {}) });

  const namesOf = (key: string, of: string) => {
    const { id, map } = ofKey(key);
    return map >= 0 ? [onOf(dagId, of, id, map)] : (rows.find((row) => row.key === key)?.tasks ?? [key]).map((task) => onOf(dagId, of, task));
  };
  const onWhat = (): string[] => {
    const all = several.length > 0 ? several : run ? [{ run, id: selected }] : [];
    return [...new Set(all.flatMap((one) => (one.id ? namesOf(one.id, one.run) : [onOf(dagId, one.run)])))];
  };
  const ask = (what: Act) => { const on = onWhat(); if (on.length > 0) act(what, on); };
  const step = (by: number) => {
    const runs = grid.data?.runs ?? [];
    const next = runs[runs.findIndex((one) => one.dag_run_id === run) + by];
    if (next) set({ run: next.dag_run_id }, { replace: true });
  };
  useKeys({ C: () => ask("clear"), M: () => ask("mark"), N: () => ask("note"), "[": () => step(-1), "]": () => step(1), ".": () => set({ side: "details" }, { replace: true }),
    Escape: () => { if (several.length > 0) setSeveral([]); else if (selected) set({ sel: "" }); } });

  const chosen = grid.data?.runs.find((one) => one.dag_run_id === run);
  const failed = grid.error ?? structure.error;
  const index = useMemo(() => (grid.data ? indexOf(grid.data) : null), [grid.data?.task_ids, grid.data?.states]);
  const seen = useMemo(() => (grid.data && index ? statesIn(grid.data, index) : []), [grid.data, index]);
  return (
    <div className="halves">
      <section className="lft" aria-label={t("dag.rows")}>
        <OverviewBar search={search} set={set} fold={fold} />
        {failed ? <Failure error={failed} again={() => { void grid.refetch(); void structure.refetch(); }} /> : null}
        {grid.data && structure.data && rows.length === 0 && search.task ? <div className="empty small"><p>{t("rows.no_match", { text: search.task })}</p><button className="btn" onClick={() => set({ task: "" })}>{t("app.clear_filters")}</button></div>
          : search.view === "gantt" && structure.data ? (
            gantt.data ? <GanttView gantt={gantt.data} edges={structure.data.edges} rows={rows} selected={selected} onFold={foldRow} onSelect={(row, how) => select({ run, id: row.key }, how)} onOpen={(row) => (row.kind === "group" ? foldRow(row) : open({ run, id: row.kind === "more" ? row.id : row.key }))} />
              : gantt.error ? <Failure error={gantt.error} again={() => void gantt.refetch()} /> : <div className="grow">{grid.data && !run ? <NoRuns filtered={wanted.types.length + wanted.states.length > 0} clear={() => set({ type: "", state: "" })} /> : null}</div>)
            : grid.data && structure.data ? (
              grid.data.runs.length === 0 && (wanted.types.length > 0 || wanted.states.length > 0) ? <NoRuns filtered clear={() => set({ type: "", state: "" })} />
                : <GridView dagId={dagId} grid={grid.data} rows={rows} run={run} selected={selected} onSelect={select} onOpen={open} onFold={foldRow} onSeveral={setSeveral} />)
              : <div className="grow" aria-busy={!failed} />}
        {several.length > 1 ? (
          <div className="bar2 foot"><b>{t("rows.several", { n: several.length })}</b><span className="grow" />
            <button className="btn s" onClick={() => ask("clear")}>{t("dag.clear")}</button><button className="btn s" onClick={() => ask("mark")}>{t("dag.mark")}</button></div>
        ) : <Legend gantt={search.view === "gantt"} seen={seen} />}
      </section>
      <Inspector {...{ dagId, run, selected, chosen, index, rows }} median={grid.data?.median_seconds ?? null} side={search.side === "details" ? "details" : "graph"} onSide={(side) => set({ side: side === "graph" ? "" : side }, { replace: true })} onSelect={selectTask} onAct={ask} />
    </div>
  );
}

function NoRuns({ filtered, clear }: { filtered: boolean; clear: () => void }) {
  return (
    <div className="empty small">
      <p className="row g8"><StateMark state="none" />{t(filtered ? "dag.no_runs_filtered" : "dag.no_runs")}</p>
      {filtered ? <button className="btn" onClick={clear}>{t("app.clear_filters")}</button> : null}
    </div>
  );
}
