import { ReactFlowProvider } from "@xyflow/react";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import type { Gantt, Structure } from "../api/shapes";
import { Failure } from "../components/Failure";
import { isFinished, stateOf } from "../lib/state";
import { create } from "../lib/store";
import { t } from "../texts";
import { Canvas } from "./Canvas";
import { GraphContext, type Marks, type Shared } from "./context";
import { useGantt, useStructure } from "./data";
import { startsFolded } from "./fold";
import "./graph.css";
import { keptLayout, layoutOf, type Layout } from "./layout";
import { runStates, type RunStates } from "./states";
import { useFold } from "./useFold";
import { visible, type Visible } from "./visible";

type Props = { dagId: string; version?: number; runId?: string; selected?: string; onSelect: (taskId: string | null) => void };

// A DAG's tasks and what waits for what, top to bottom; with a run: its states, live.
export default function Graph({ dagId, version, runId, selected, onSelect }: Props) {
  const gantt = useGantt(dagId, runId);
  const ofRun = version ?? gantt.data?.run.dag_versions.at(-1)?.version_number;
  const structure = useStructure(dagId, runId !== undefined && !gantt.isError ? ofRun : version, runId === undefined || gantt.isError || ofRun !== undefined || !!gantt.data);
  return (
    <div className="gv">
      {gantt.error ? <Failure error={gantt.error} again={() => void gantt.refetch()} /> : null}
      {structure.error && !structure.data ? <Failure error={structure.error} again={() => void structure.refetch()} /> : null}
      {structure.data && structure.data.tasks.length === 0 ? <p className="gv-empty q">{t("graph.empty")}</p> : null}
      {structure.data && structure.data.tasks.length > 0
        ? <Laid key={dagId} structure={structure.data} gantt={runId === undefined ? undefined : gantt.data} selected={selected} onSelect={onSelect} /> : null}
    </div>
  );
}

type LaidProps = { structure: Structure; gantt: Gantt | undefined; selected: string | undefined; onSelect: (taskId: string | null) => void };

function Laid({ structure, gantt, selected, onSelect }: LaidProps) {
  const states = useRunStates(structure, gantt);
  const fold = useFold(structure, states, gantt, selected);
  const [anchor, setAnchor] = useState<string | null>(null);
  const [marks] = useState(() => create<Marks>({ selected: null, focused: null, wanted: false }));
  const shown = useLayout(structure, fold.folded, fold.key);
  const latest = useRef({ onSelect, toggle: fold.toggle });
  latest.current = { onSelect, toggle: fold.toggle };
  const frame = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState<{ width: number; height: number } | null>(null);
  useLayoutEffect(() => {
    const { clientWidth: width, clientHeight: height } = frame.current!;
    setSize({ width: width || 600, height: height || 600 });
  }, []);
  const shared = useMemo<Shared>(() => ({
    states, marks,
    tasks: new Map(structure.tasks.map((task) => [task.task_id, task])),
    groups: new Map(structure.groups.map((group) => [group.group_id, group])),
    upstream: upstreamOf(structure),
    toggle: (group) => {
      setAnchor(group);
      latest.current.toggle(group);
    },
    open: (task) => latest.current.onSelect(task),
  }), [states, marks, structure]);
  useEffect(() => {
    marks.set({ selected: selected === undefined ? null : `t:${selected}`, focused: selected === undefined ? marks.get().focused : `t:${selected}`, wanted: false });
  }, [marks, selected]);
  useEffect(() => {
    // One node can always be reached by Tab.
    const { focused } = marks.get();
    const first = shown?.layout.nodes.keys().next().value;
    if (shown && first && (focused === null || !(shown.layout.nodes.has(focused) || shown.layout.boxes.has(focused.slice(2))))) marks.set({ ...marks.get(), focused: first });
  }, [marks, shown]);
  return (
    <div className="gv-frame" ref={frame} aria-busy={shown === null}>
      {shown && size ? (
        <GraphContext.Provider value={shared}>
          <ReactFlowProvider>
            <Canvas layout={shown.layout} shown={shown.visible} width={size.width} height={size.height} anchor={anchor} at={opensAt(structure, states, selected, shown.layout)} onPane={() => latest.current.onSelect(null)} />
          </ReactFlowProvider>
        </GraphContext.Provider>
      ) : null}
    </div>
  );
}

function useRunStates(structure: Structure, gantt: Gantt | undefined): RunStates {
  const states = useMemo(() => runStates(structure), [structure]);
  const filled = useRef<RunStates | null>(null);
  if (filled.current !== states) {
    filled.current = states;
    states.set(gantt?.rows ?? null); // before the nodes look for the first time
  }
  useLayoutEffect(() => states.set(gantt?.rows ?? null), [states, gantt]);
  return states;
}

// The newest layout that is there: the one before stays until the next is made.
function useLayout(structure: Structure, folded: Set<string>, foldKey: string): { layout: Layout; visible: Visible } | null {
  const key = `${structure.dag_id}\n${structure.version_number}\n${structure.tasks.length}\n${structure.edges.length}\n${foldKey}`;
  const wanted = useMemo(() => visible(structure, folded), [structure, folded]);
  const known = keptLayout(key);
  const [made, setMade] = useState<{ layout: Layout; visible: Visible } | null>(known ? { layout: known, visible: wanted } : null);
  useEffect(() => {
    let gone = false;
    void layoutOf(key, wanted, startsFolded(structure)).then((layout) => { if (!gone) setMade({ layout, visible: wanted }); });
    return () => { gone = true; };
  }, [key, wanted, structure]);
  return made;
}

function upstreamOf(structure: Structure): Map<string, string[]> {
  const upstream = new Map<string, string[]>();
  for (const edge of structure.edges) {
    const list = upstream.get(edge.downstream);
    if (list) list.push(edge.upstream);
    else upstream.set(edge.downstream, [edge.upstream]);
  }
  return upstream;
}

// What a graph too big to be read as a whole opens at: the selected task, else what runs, else what failed.
function opensAt(structure: Structure, states: RunStates, selected: string | undefined, layout: Layout): string | null {
  if (selected !== undefined && layout.nodes.has(`t:${selected}`)) return `t:${selected}`;
  const first = (test: (state: string) => boolean) => structure.tasks.find(({ task_id: id }) => test(stateOf(states.task(id)?.state)) && layout.nodes.has(`t:${id}`));
  const found = states.known() ? first((state) => !isFinished(stateOf(state)) && state !== "none") ?? first((state) => state === "failed") : undefined;
  return found ? `t:${found.task_id}` : null;
}
