import { memo, useEffect, useRef } from "react";
import type { NodeProps } from "@xyflow/react";
import { useGraph, useGroupState, useMark } from "./context";
import type { GraphNode } from "./TaskNode";
import { boxLine, groupTitle } from "./words";
import { Icon } from "../components/Icon";
import { t } from "../texts";

// An open group: the box behind its tasks, drawn under the edges, and its name, which folds it.
export function GroupBox({ groupId, x, y, w, h }: { groupId: string; x: number; y: number; w: number; h: number }) {
  const group = useGroupState(groupId);
  return <div className={group.skipped ? "gv-box dim" : "gv-box"} style={{ transform: `translate(${x}px, ${y}px)`, width: w, height: h }} />;
}

export const GroupName = memo(function GroupName({ id, data }: NodeProps<GraphNode>) {
  const { states, groups, toggle } = useGraph();
  const { focused, wanted, focus } = useMark(id);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => { if (wanted) button.current?.focus({ preventScroll: true }); }, [wanted]);
  const groupId = id.slice(2);
  const group = useGroupState(groupId);
  return (
    <button ref={button} type="button" data-node={id} className={group.skipped ? "gv-name dim" : "gv-name"} aria-expanded tabIndex={focused ? 0 : -1} title={groupTitle(groupId, groups.get(groupId)?.tooltip, t("graph.fold"))}
      onFocus={focus} onClick={() => toggle(groupId)}>
      <Icon name="down" small /><span className="ell">{data.label}</span> <span className="qq num nw">{boxLine(group, states.known())}</span>
    </button>
  );
});
