import { createContext, useContext, useSyncExternalStore } from "react";
import type { StructureGroup, StructureTask } from "../api/shapes";
import type { create } from "../lib/store";
import { stateOf, type State } from "../lib/state";
import type { RunStates } from "./states";

export interface Marks { selected: string | null; focused: string | null; wanted: boolean /* the focus is to go there */ }

// What the nodes of a graph share.
export interface Shared {
  states: RunStates;
  tasks: Map<string, StructureTask>;
  groups: Map<string, StructureGroup>;
  upstream: Map<string, string[]>; // of tasks
  marks: ReturnType<typeof create<Marks>>;
  toggle: (group: string) => void;
  open: (task: string) => void;
}

export const GraphContext = createContext<Shared | null>(null);

export function useGraph(): Shared {
  const shared = useContext(GraphContext);
  if (!shared) throw new Error("a node stands outside of its graph");
  return shared;
}

export function useTaskRow(id: string) {
  const { states } = useGraph();
  return useSyncExternalStore((hear) => states.hear(`t:${id}`, hear), () => states.task(id));
}
export function useGroupState(id: string) {
  const { states } = useGraph();
  return useSyncExternalStore((hear) => states.hear(`g:${id}`, hear), () => states.group(id));
}

// The state of a node as it stands in the layout: t:TASK or g:GROUP.
export function nodeState(states: RunStates, node: string): State {
  const id = node.slice(2);
  return node.startsWith("t:") ? stateOf(states.task(id)?.state) : states.group(id).state;
}
// As an edge's end: a group of which only a part was skipped was taken.
export function endState(states: RunStates, node: string): State {
  const state = nodeState(states, node);
  return state === "skipped" && node.startsWith("g:") && !states.group(node.slice(2)).skipped ? "success" : state;
}

export function useMark(id: string) {
  const { marks } = useGraph();
  const has = (test: (marks: Marks) => boolean) => useSyncExternalStore(marks.subscribe, () => test(marks.get()));
  return {
    selected: has((now) => now.selected === id),
    focused: has((now) => now.focused === id),
    wanted: has((now) => now.focused === id && now.wanted),
    focus: () => marks.set({ ...marks.get(), focused: id, wanted: false }),
  };
}
