import type { Structure, StructureGroup, StructureTask } from "../api/shapes";

// The one list of rows that grid, Gantt and task list show: groups and tasks in the structure's order, as they are folded
// and filtered, the instances of mapped tasks that are unfolded; tasks that only older versions have at the end.

export type Row = {
  kind: "group" | "task" | "instance" | "more"; // more: of a map that is too long, what isn't shown of it
  key: string; // what chooses it, in the address too: its id; an instance's "fetch[3]"
  id: string; // of an instance: its task's
  map: number; // an instance's index; of "more" the first that isn't shown; else -1
  label: string;
  depth: number;
  folded: boolean;
  maps: number; // how many instances a mapped task has, 0: isn't mapped, or not yet; of "more" how many aren't shown
  tasks: string[]; // of a group: all in it, also in groups within
  task: StructureTask | null; // null: a group, or a task that only older versions have
  group: StructureGroup | null;
  removed: boolean;
};

// ?fold=: groups, or all of them; with a "!" what is open though it starts folded: mapped tasks (and, in the graph, groups).
export const ALL = "*";
export const MAP_ROWS_MAX = 10_000; // instances of one mapped task that have rows

export const instanceKey = (id: string, map: number) => `${id}[${map}]`;
// What a key names. An id has no brackets.
export function ofKey(key: string): { id: string; map: number } {
  const found = /^(.*)\[(\d+)\]$/.exec(key);
  return found ? { id: found[1]!, map: Number(found[2]) } : { id: key, map: -1 };
}
export const isFoldable = (row: Row) => row.kind === "group" || (row.kind === "task" && row.maps > 0);

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

export type Maps = ReadonlyMap<string, number>; // mapped tasks and how many instances they have
export type RowsOf = { structure: Structure; fold?: string[]; filter?: string; others?: string[]; maps?: Maps; keep?: (taskId: string) => boolean };

// `others`: ids of tasks that runs have, whatever version; `keep`: only these tasks. While something is filtered no group
// is folded: what was looked for would be hidden.
export function rowsOf({ structure, fold = [], filter = "", others = [], maps, keep }: RowsOf): Row[] {
  const rows: Row[] = [];
  const named = filter ? matcher(filter) : undefined;
  const wanted = named || keep ? (id: string) => (!named || named(id)) && (!keep || keep(id)) : undefined;
  const all = fold.includes(ALL);
  const folds = new Set(fold);
  const putTask = (id: string, label: string, depth: number, task: StructureTask | null) => {
    const instances = maps?.get(id) ?? 0;
    const one: Row = { kind: "task", key: id, id, map: -1, label, depth, folded: instances > 0 && !folds.has(`!${id}`), maps: instances, tasks: [id], task, group: null, removed: task === null };
    rows.push(one);
    if (instances === 0 || one.folded) return;
    for (let map = 0; map < Math.min(instances, MAP_ROWS_MAX); map += 1) {
      rows.push({ ...one, kind: "instance", key: instanceKey(id, map), map, label: `[${map}]`, depth: depth + 1, maps: 0 });
    }
    if (instances > MAP_ROWS_MAX) rows.push({ ...one, kind: "more", key: `${id}[…]`, map: MAP_ROWS_MAX, label: "…", depth: depth + 1, maps: instances - MAP_ROWS_MAX, tasks: [] });
  };
  const put = (child: Node | StructureTask, depth: number) => {
    if (isTask(child)) {
      if (!wanted || wanted(child.task_id)) putTask(child.task_id, child.label || child.task_id, depth, child);
      return;
    }
    if (wanted && !child.tasks.some(wanted)) return;
    const { group } = child;
    const folded = !wanted && (all || folds.has(group.group_id));
    const id = group.group_id;
    rows.push({ kind: "group", key: id, id, map: -1, label: group.label || id, depth, folded, maps: 0, tasks: child.tasks, task: null, group, removed: false });
    if (!folded) for (const one of child.children) put(one, depth + 1);
  };
  for (const child of treeOf(structure)) put(child, 0);
  const known = new Set(structure.tasks.map((task) => task.task_id));
  for (const id of others) {
    if (known.has(id) || (wanted && !wanted(id))) continue;
    known.add(id);
    putTask(id, id, 0, null);
  }
  return rows;
}

const isOpened = (item: string) => item.startsWith("!");
const spelt = (fold: string[], structure: Structure) =>
  (fold.includes(ALL) ? [...structure.groups.map((group) => group.group_id), ...fold.filter(isOpened)] : fold);

// The fold that comes of folding or unfolding one group or one mapped task.
export function toggled(fold: string[], id: string, structure: Structure): string[] {
  const now = spelt(fold, structure);
  const item = structure.groups.some((group) => group.group_id === id) ? id : `!${id}`;
  return now.includes(item) ? now.filter((one) => one !== item) : [...now, item];
}
// Whether groups are folded; the fold with all of them folded, or none. Mapped tasks stay as they are opened, or are folded too.
export const hasFolded = (fold: string[]) => fold.some((item) => !isOpened(item));
export const foldAll = (fold: string[], folded: boolean) => (folded ? [ALL] : fold.filter(isOpened));

// What hides a task: its groups that are folded, which are opened when it is chosen elsewhere (in the graph, by a link).
export function unfoldedFor(fold: string[], taskId: string, structure: Structure): string[] {
  const task = structure.tasks.find((one) => one.task_id === taskId);
  if (!task || fold.length === 0) return fold;
  const groups = new Map(structure.groups.map((group) => [group.group_id, group]));
  const hiding = new Set(chainOf(task, groups).map((group) => group.group_id));
  const now = spelt(fold, structure);
  return now.some((id) => hiding.has(id)) ? now.filter((id) => !hiding.has(id)) : fold;
}
