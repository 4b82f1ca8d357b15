import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useMemo } from "react";
import { useRight } from "../../api/session";
import { useKeys } from "../../app/keys";
import { Failure } from "../../components/Failure";
import { Icon } from "../../components/Icon";
import { Segments } from "../../components/Segments";
import { isFinished, stateOf, states } from "../../lib/state";
import { listOf, textOf, useSearch } from "../../lib/useSearch";
import { onOf, useAct, type Act } from "../../rows/actions";
import { useGantt, useStructure } from "../../rows/data";
import { stateCounts } from "../../rows/facts";
import { GanttView } from "../../rows/GanttView";
import { ListView } from "../../rows/ListView";
import { mapsOfGantt } from "../../rows/gantt-data";
import { isFoldable, ofKey, rowsOf, toggled, unfoldedFor, type Row } from "../../rows/rows";
import { useSame } from "../../rows/useSame";
import { Bar, FilterField, Pick } from "../../rows/Toolbar";
import { t } from "../../texts";
import "../dag/dag.css";
import { GanttLegend } from "../dag/Legend";
import { FactsStrip } from "./FactsStrip";
import { Output } from "./Output";
import { logsOf } from "./useOutput";
import { RunHeader } from "./RunHeader";
import "./run.css";
import { Side, sideOf } from "./Side";

const SMALL = 8; // tasks: a run of so few shows what all of them print

// A run: its facts, its tasks at the left, its graph at the right.
export default function RunPage() {
  const { dagId, runId } = useParams({ strict: false }) as { dagId: string; runId: string };
  const [search, set] = useSearch();
  const navigate = useNavigate();
  const act = useAct();
  const may = useRight("run");
  const gantt = useGantt(dagId, runId);
  const structure = useStructure(dagId, gantt.data?.run.dag_versions.at(-1)?.version_number, !!gantt.data);
  const fold = useMemo(() => listOf(search.fold), [search.fold]);
  const selected = search.sel ?? "";
  const maps = useSame(gantt.data && mapsOfGantt(gantt.data));
  const rows = useMemo(() => {
    if (!structure.data || !gantt.data) return [];
    const state = new Map(gantt.data.rows.map((row) => [row.task_id, row]));
    const keep = search.state ? (id: string) => stateOf(state.get(id)?.state) === search.state || (state.get(id)?.counts?.[search.state!] ?? 0) > 0 : undefined;
    return rowsOf({ structure: structure.data, fold, filter: search.task ?? "", others: [...state.keys()], maps, ...(keep ? { keep } : {}) });
  }, [structure.data, gantt.data, fold, search.task, search.state, maps]);

  const select = (row: Row, how: { replace: boolean }) => set({ sel: row.key }, how);
  const mapOf = (row: Row) => (row.kind === "instance" ? { map: String(row.map) } : {}) as never;
  const open = (row: Row) => { if (row.kind === "group") foldRow(row); else void navigate({ to: "/dags/$dagId/runs/$runId/tasks/$taskId", params: { dagId, runId, taskId: row.id }, search: mapOf(row) }); };
  const foldRow = (row: Row) => {
    if (!structure.data || !isFoldable(row) || (row.kind === "group" && (search.task || search.state))) return;
    const hidden = row.kind === "task" && !row.folded && ofKey(selected).id === row.id; // an instance of it is chosen: it is, then
    set({ fold: textOf(toggled(fold, row.id, structure.data)), ...(hidden ? { sel: row.id } : {}) }, { replace: true });
  };
  const selectTask = (id: string | null) => set({ sel: id ?? "", ...(id && structure.data ? { fold: textOf(unfoldedFor(fold, id, structure.data)) } : {}) });
  const chosen = rows.find((row) => row.key === selected);
  const ask = (what: Act) => act(what, chosen ? chosen.tasks.map((id) => (chosen.kind === "instance" ? onOf(dagId, runId, id, chosen.map) : onOf(dagId, runId, id))) : onOf(dagId, runId));
  useKeys({ C: () => ask("clear"), M: () => ask("mark"), N: () => ask("note"), Escape: () => { if (selected) set({ sel: "" }); } });

  if (gantt.error && !gantt.data) {
    return gantt.error.status === 404
      ? <div className="empty"><h1>{t("run.missing_title")}</h1><p className="q">{t("run.missing", { run: runId, dag: dagId })}</p><Link className="btn" to="/dags/$dagId" params={{ dagId }}>{t("run.to_dag", { dag: dagId })}</Link></div>
      : <Failure error={gantt.error} again={() => void gantt.refetch()} />;
  }
  const run = gantt.data?.run;
  const list = search.view === "list";
  const small = !!gantt.data && gantt.data.rows.length <= SMALL;
  const counts = gantt.data ? stateCounts(gantt.data) : new Map();
  const props = { rows, selected, onSelect: select, onOpen: open, onFold: foldRow };
  const foot = chosen ? (
    <div className="bar2 foot"><b className={chosen.kind === "group" ? "ell" : "mono ell"}>{chosen.key}</b><span className="grow" />
      {chosen.kind !== "group" ? <Link className="btn s" to="/dags/$dagId/runs/$runId/tasks/$taskId" params={{ dagId, runId, taskId: chosen.id }} search={mapOf(chosen)}>{t("dag.open_task")}</Link> : null}
      <button className="btn s" disabled={!may} onClick={() => ask("clear")}><Icon name="again" small />{t("dag.clear")}</button>
      <button className="btn s" disabled={!may} onClick={() => ask("mark")}>{t("dag.mark")}</button>
    </div>
  ) : null;
  return (
    <div className="runpage" key={`${dagId}/${runId}`}>
      <RunHeader dagId={dagId} runId={runId} run={run} />
      {gantt.data && structure.data ? <FactsStrip gantt={gantt.data} structure={structure.data} /> : <div className="stat" />}
      {structure.error ? <Failure error={structure.error} again={() => void structure.refetch()} /> : null}
      {gantt.error ? <Failure error={gantt.error} again={() => void gantt.refetch()} /> : null}
      <div className="wb">
        <div className="halves even">
          <section className="lft" aria-label={t("dag.rows")}>
            <Bar>
              <FilterField value={search.task ?? ""} onChange={(text) => set({ task: text }, { replace: true })} />
              <Pick label={t("dag.states")} value={search.state ?? ""} onChange={(value) => set({ state: value })}
                choices={[{ value: "", text: t("dag.all_states") }, ...states.filter((state) => counts.has(state) || state === search.state).map((state) => ({ value: state, text: `${t(`state.${state}`)} ${counts.get(state) ?? 0}` }))]} />
              <span className="grow" />
              <Segments label={t("dag.view")} value={list ? "list" : "gantt"} items={[{ value: "list", text: t("run.list") }, { value: "gantt", text: t("dag.gantt") }]} onChange={(value) => set({ view: value === "gantt" ? "" : value })} />
            </Bar>
            {gantt.data && structure.data && rows.length === 0 ? <div className="empty small"><p>{t("rows.no_match", { text: [search.task, search.state].filter(Boolean).join(", ") })}</p><button className="btn" onClick={() => set({ task: "", state: "" })}>{t("app.clear_filters")}</button></div>
              : gantt.data && structure.data ? <div className={small ? "rowsbox small" : "rowsbox"}>{list ? <ListView gantt={gantt.data} {...props} /> : <GanttView gantt={gantt.data} edges={structure.data.edges} {...props} />}</div>
                : <div className="grow" aria-busy="true" />}
            {small && run ? <Output dagId={dagId} runId={runId} running={!isFinished(stateOf(run.state))} logs={logsOf(gantt.data!, dagId, runId)} selected={ofKey(selected).id} onSelect={selectTask} />
              : list ? null : <div className="bar2 foot leg" aria-hidden="true"><GanttLegend /></div>}
          </section>
          {run ? <Side {...{ dagId, runId, run, foot }} selected={ofKey(selected).id} side={sideOf(search.side)} onSide={(side) => set({ side: side === "graph" ? "" : side }, { replace: true })} onSelect={selectTask} /> : <section className="rgt" />}
        </div>
      </div>
    </div>
  );
}
