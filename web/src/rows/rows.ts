import type { Structure, StructureGroup, StructureTask } from "../api/shapes";

// The one list of rows that grid, Gantt and task list show: groups and tasks in the structure's order, as they are folded
// and filtered; tasks that only older versions have at the end.

export type Row = {
  kind: "group" | "task";
  id: string;
  label: string;
  depth: number;
  folded: boolean;
  tasks: string[]; // of a group: all in it, also in groups within
  task: StructureTask | null; // null: a group, or a task that only older versions have
  group: StructureGroup | null;
  removed: boolean;
};

// ?fold=: groups, or all of them.
export const ALL = "*";

type Node = { group: StructureGroup; depth: number; children: (Node | StructureTask)[]; tasks: string[] };
const isTask = (child: Node | StructureTask): child is StructureTask => "task_id" in child;

// From the outermost to the innermost. A structure that went round in circles would end it.
function chainOf(task: StructureTask, groups: Map<string, StructureGroup>): StructureGroup[] {
  const chain: StructureGroup[] = [];
  const seen = new Set<string>();
  for (let id = task.group_id; id !== null && !seen.has(id);) {
    seen.add(id);
    const group = groups.get(id);
    if (!group) break;
    chain.unshift(group);
    id = group.parent_id;
  }
  return chain;
}

function treeOf(structure: Structure): (Node | StructureTask)[] {
  const groups = new Map(structure.groups.map((group) => [group.group_id, group]));
  const nodes = new Map<string, Node>();
  const top: (Node | StructureTask)[] = [];
  for (const task of structure.tasks) {
    let into = top;
    for (const [depth, group] of chainOf(task, groups).entries()) {
      let node = nodes.get(group.group_id);
      if (!node) {
        node = { group, depth, children: [], tasks: [] };
        nodes.set(group.group_id, node);
        into.push(node);
      }
      node.tasks.push(task.task_id);
      into = node.children;
    }
    into.push(task);
  }
  return top;
}

// What one types: a pattern, or if it is none, a part of the id.
export function matcher(text: string): (id: string) => boolean {
  try {
    const pattern = new RegExp(text, "i");
    return (id) => pattern.test(id);
  } catch {
    const part = text.toLowerCase();
    return (id) => id.toLowerCase().includes(part);
  }
}

export type RowsOf = { structure: Structure; fold?: string[]; filter?: string; others?: string[]; keep?: (taskId: string) => boolean };

// `others`: ids of tasks that runs have, whatever version; `keep`: only these tasks. While something is filtered no group
// is folded: what was looked for would be hidden.
export function rowsOf({ structure, fold = [], filter = "", others = [], keep }: RowsOf): Row[] {
  const rows: Row[] = [];
  const named = filter ? matcher(filter) : undefined;
  const wanted = named || keep ? (id: string) => (!named || named(id)) && (!keep || keep(id)) : undefined;
  const all = fold.includes(ALL);
  const folds = new Set(fold);
  const put = (child: Node | StructureTask, depth: number) => {
    if (isTask(child)) {
      if (wanted && !wanted(child.task_id)) return;
      rows.push({ kind: "task", id: child.task_id, label: child.label || child.task_id, depth, folded: false, tasks: [child.task_id], task: child, group: null, removed: false });
      return;
    }
    if (wanted && !child.tasks.some(wanted)) return;
    const { group } = child;
    const folded = !wanted && (all || folds.has(group.group_id));
    rows.push({ kind: "group", id: group.group_id, label: group.label || group.group_id, depth, folded, tasks: child.tasks, task: null, group, removed: false });
    if (!folded) for (const one of child.children) put(one, depth + 1);
  };
  for (const child of treeOf(structure)) put(child, 0);
  const known = new Set(structure.tasks.map((task) => task.task_id));
  for (const id of others) {
    if (known.has(id) || (wanted && !wanted(id))) continue;
    known.add(id);
    rows.push({ kind: "task", id, label: id, depth: 0, folded: false, tasks: [id], task: null, group: null, removed: true });
  }
  return rows;
}

// The fold that comes of folding or unfolding one group.
export function toggled(fold: string[], groupId: string, structure: Structure): string[] {
  const now = fold.includes(ALL) ? structure.groups.map((group) => group.group_id) : fold;
  return now.includes(groupId) ? now.filter((id) => id !== groupId) : [...now, groupId];
}

// What hides a task: its groups that are folded, which are opened when it is chosen elsewhere (in the graph, by a link).
export function unfoldedFor(fold: string[], taskId: string, structure: Structure): string[] {
  const task = structure.tasks.find((one) => one.task_id === taskId);
  if (!task || fold.length === 0) return fold;
  const groups = new Map(structure.groups.map((group) => [group.group_id, group]));
  const hiding = new Set(chainOf(task, groups).map((group) => group.group_id));
  const now = fold.includes(ALL) ? structure.groups.map((group) => group.group_id) : fold;
  return now.some((id) => hiding.has(id)) ? now.filter((id) => !hiding.has(id)) : fold;
}
