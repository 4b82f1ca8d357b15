import { isLoud, stateOf } from "../lib/state";
import { nodeState } from "./context";
import type { Layout } from "./layout";
import type { RunStates } from "./states";

// Every node as a bar, all those of one state in one path: a graph seen from afar. What failed also has a foot (SPEC.md,
// section 3): a shape, not only a hue.

const n1 = (n: number) => Math.round(n * 10) / 10;

export function barsOf(layout: Layout, states: RunStates, scale: number): { kind: string; d: string }[] {
  const paths = new Map<string, string[]>();
  for (const [id, { x, y, w, h }] of layout.nodes) {
    const state = states.known() ? nodeState(states, id) : "none";
    const width = Math.max(1, n1(w * scale)), height = Math.max(1, n1(h * scale));
    let list = paths.get(state);
    if (!list) paths.set(state, (list = []));
    list.push(`M${n1(x * scale)} ${n1(y * scale)}h${width}v${height}h${-width}z`);
    if (state === "failed") list.push(`M${n1(x * scale)} ${n1(y * scale + height * 1.2 + 0.5)}h${width}v${Math.max(1, n1(height * 0.2))}h${-width}z`);
  }
  return [...paths].map(([state, parts]) => ({ kind: `gv-bar s-${state}${isLoud(stateOf(state)) ? " loud" : ""}`, d: parts.join("") }));
}
