import { memo, useEffect, useRef } from "react";
import type { Node, NodeProps } from "@xyflow/react";
import { StateMark } from "../components/StateMark";
import { secondsBetween } from "../lib/format";
import { stateOf, type State } from "../lib/state";
import { useNow } from "../lib/useNow";
import { useGraph, useGroupState, useMark, useTaskRow } from "./context";
import { groupLine, groupTitle, taskLine, ticks } from "./words";

export type NodeData = { label: string };
export type GraphNode = Node<NodeData>;

// A task, or a folded group. Only its own state draws it again.
export const TaskNode = memo(function TaskNode({ id, data }: NodeProps<GraphNode>) {
  const { tasks, states, open } = useGraph();
  const taskId = id.slice(2);
  const row = useTaskRow(taskId);
  const task = tasks.get(taskId);
  const state = stateOf(row?.state);
  if (!task) return null;
  const mapped = task.is_mapped || !!row?.counts;
  return (
    <Shell id={id} title={taskId} data={data} state={state} known={states.known()} stacked={mapped} dim={state === "skipped"} onClick={() => open(taskId)}>
      {ticks(state) && row && !row.counts ? <TickingLine taskId={taskId} /> : <Line taskId={taskId} now={0} />}
    </Shell>
  );
});

function TickingLine({ taskId }: { taskId: string }) {
  return <Line taskId={taskId} now={useNow()} />;
}

function Line({ taskId, now }: { taskId: string; now: number }) {
  const { tasks, upstream, states } = useGraph();
  const row = useTaskRow(taskId);
  const task = tasks.get(taskId)!;
  const before = () => (upstream.get(taskId) ?? []).map((id) => ({ label: tasks.get(id)?.label ?? id, state: stateOf(states.task(id)?.state) }));
  const text = taskLine(task, row, before, now || Date.now());
  const usual = row?.usual_seconds ?? task.usual_seconds;
  const ran = row?.state === "running" && !row.counts ? secondsBetween(row.start_date, now || Date.now()) : null;
  return (
    <>
      {text ? <span className="gv-d num">{text}</span> : null}
      {ran !== null && usual ? <span className="gv-spent"><i style={{ width: `${Math.min(100, (100 * ran) / usual)}%` }} /></span> : null}
    </>
  );
}

export const FoldedNode = memo(function FoldedNode({ id, data }: NodeProps<GraphNode>) {
  const { states, groups, toggle } = useGraph();
  const groupId = id.slice(2);
  const group = useGroupState(groupId);
  const running = states.known() && group.start !== null && group.end === null && ticks(group.state);
  return (
    <Shell id={id} title={groupTitle(groupId, groups.get(groupId)?.tooltip)} data={data} state={group.state} known={states.known()} stacked dim={group.skipped} expanded={false} onClick={() => toggle(groupId)}>
      {running ? <TickingGroup groupId={groupId} /> : <span className="gv-d num">{groupLine(group, states.known(), Date.now())}</span>}
    </Shell>
  );
});

function TickingGroup({ groupId }: { groupId: string }) {
  const now = useNow();
  return <span className="gv-d num">{groupLine(useGroupState(groupId), true, now)}</span>;
}

type ShellProps = { id: string; title: string; data: NodeData; state: State; known: boolean; stacked: boolean; dim: boolean; expanded?: boolean; onClick: () => void; children: React.ReactNode };

function Shell({ id, title, data, state, known, stacked, dim, expanded, onClick, children }: ShellProps) {
  const { selected, focused, wanted, focus } = useMark(id);
  const button = useRef<HTMLButtonElement>(null);
  const before = useRef(state);
  const glows = before.current !== state;
  useEffect(() => { before.current = state; }, [state]);
  useEffect(() => { if (wanted) button.current?.focus({ preventScroll: true }); }, [wanted]);
  const kind = `gv-node s-${state}${stacked ? " stacked" : ""}${dim ? " dim" : ""}${selected ? " on" : ""}`;
  return (
    <button ref={button} type="button" data-node={id} className={kind} tabIndex={focused ? 0 : -1} title={title} aria-expanded={expanded}
      aria-pressed={expanded === undefined ? selected : undefined} onFocus={focus} onClick={onClick}>
      {stacked ? <><i className="gv-back" /><i className="gv-back b" /></> : null}
      <span className={glows ? "gv-face glow" : "gv-face"} key={state}>
        {known ? <StateMark state={state} /> : <i className="gv-dot" />}
        <span className="gv-words"><span className="gv-n">{data.label}</span>{children}</span>
      </span>
    </button>
  );
}
