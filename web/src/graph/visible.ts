import type { Structure } from "../api/shapes";

// What is shown of a DAG with some groups folded: a folded group is one node, and the edges of its tasks end at it.

export interface Node { id: string; folded: boolean /* a group in one node */; label: string; parent: string | null; w: number; h: number }
export interface Box { id: string; label: string; parent: string | null; w: number /* of its name */ }
export interface Edge { from: string; to: string; label: string | null }
export interface Visible { nodes: Node[]; boxes: Box[]; edges: Edge[] }

export const NODE_H = 34;
const LABELS_BETWEEN = " · ";
const NODE_W = [152, 236] as const;

// The width that a text needs, roughly: letters of a fixed face, those of East Asia and emoji twice as wide.
export function textWidth(text: string, px: number): number {
  let wide = 0, n = 0;
  for (const letter of text) {
    n += 1;
    if (letter.codePointAt(0)! >= 0x1100) wide += 1;
    if (n > 80) break;
  }
  return (n + wide * 0.8) * px;
}
const nodeWidth = (label: string, least: number = NODE_W[0]) => Math.round(Math.min(NODE_W[1], Math.max(least, 42 + textWidth(label, 6.9))));

export function visible(structure: Structure, folded: ReadonlySet<string>): Visible {
  const groups = new Map(structure.groups.map((group) => [group.group_id, group]));
  // The outermost folded group over a group, itself included.
  const over = new Map<string, string | null>();
  const outermost = (id: string | null, depth = 0): string | null => {
    if (id === null || depth > 64) return null;
    const known = over.get(id);
    if (known !== undefined) return known;
    const group = groups.get(id);
    const found = group ? outermost(group.parent_id, depth + 1) ?? (folded.has(id) ? id : null) : null;
    over.set(id, found);
    return found;
  };
  const shownAs = new Map<string, string>();
  const nodes: Node[] = [];
  const boxes: Box[] = [];
  const shown = new Set<string>();
  const parentOf = (id: string | null) => (id !== null && groups.has(id) ? id : null);
  for (const task of structure.tasks) {
    const group = outermost(task.group_id);
    shownAs.set(task.task_id, group === null ? `t:${task.task_id}` : `g:${group}`);
    if (group === null) {
      nodes.push({ id: `t:${task.task_id}`, folded: false, label: task.label, parent: parentOf(task.group_id), w: nodeWidth(task.label), h: NODE_H });
    } else if (!shown.has(group)) {
      shown.add(group);
      const { label, parent_id: parent } = groups.get(group)!;
      nodes.push({ id: `g:${group}`, folded: true, label, parent: parentOf(parent), w: nodeWidth(label, 168), h: NODE_H });
    }
  }
  // Groups that are open and have something in them.
  const filled = new Set<string>();
  for (const node of nodes) {
    let at = node.parent;
    for (let depth = 0; at !== null && !filled.has(at) && depth < 64; depth += 1) {
      filled.add(at);
      at = parentOf(groups.get(at)!.parent_id);
    }
  }
  for (const { group_id: id, label, parent_id: parent } of structure.groups) {
    if (filled.has(id)) boxes.push({ id, label, parent: parentOf(parent), w: Math.round(Math.min(220, textWidth(label, 6.3) + 84)) });
  }
  // Edges that a folded group makes one have all of their labels.
  const edges = new Map<string, Edge>();
  const labels = new Map<string, Set<string>>();
  for (const { upstream, downstream, label } of structure.edges) {
    const from = shownAs.get(upstream), to = shownAs.get(downstream);
    if (!from || !to || from === to) continue;
    const key = `${from}\n${to}`;
    const known = edges.get(key);
    if (!known) edges.set(key, { from, to, label });
    else if (label !== null) (labels.get(key) ?? labels.set(key, new Set(known.label === null ? [] : [known.label])).get(key)!).add(label);
  }
  for (const [key, all] of labels) edges.get(key)!.label = [...all].join(LABELS_BETWEEN);
  return { nodes, boxes, edges: [...edges.values()] };
}
