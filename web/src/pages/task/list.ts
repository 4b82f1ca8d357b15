import type { GanttRow, Structure } from "../../api/shapes";
import { stateOf, type State } from "../../lib/state";

export type ListRow = { kind: "group"; id: string; label: string; depth: number; states: State[] } | { kind: "task"; of: GanttRow; label: string; depth: number };

// Tasks under their groups, in the structure's order; a run of an unknown structure: as they come.
export function listRows(rows: GanttRow[], structure: Structure | undefined): ListRow[] {
  if (!structure) return rows.map((of) => ({ kind: "task", of, label: of.task_id, depth: 0 }));
  const byId = new Map(rows.map((row) => [row.task_id, row]));
  const groups = new Map(structure.groups.map((group) => [group.group_id, group]));
  const found: ListRow[] = [];
  const shown = new Map<string, ListRow & { kind: "group" }>();
  const chain = (id: string | null): string[] => {
    const group = id === null ? undefined : groups.get(id);
    return group ? [...chain(group.parent_id), group.group_id] : [];
  };
  for (const task of structure.tasks) {
    const of = byId.get(task.task_id);
    if (!of) continue;
    const path = chain(task.group_id);
    const states = of.counts ? Object.entries(of.counts).filter(([, n]) => n > 0).map(([state]) => stateOf(state)) : [stateOf(of.state)];
    path.forEach((id, depth) => {
      if (!shown.has(id)) {
        const row = { kind: "group" as const, id, label: groups.get(id)!.label, depth, states: [] };
        shown.set(id, row);
        found.push(row);
      }
      shown.get(id)!.states.push(...states);
    });
    found.push({ kind: "task", of, label: task.label, depth: path.length });
  }
  return found;
}
