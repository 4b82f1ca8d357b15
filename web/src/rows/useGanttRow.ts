import { useMemo, useState } from "react";
import { watchRun } from "../api/live";
import type { Gantt, GanttRow } from "../api/shapes";
import { stateOf, type State } from "../lib/state";
import { ganttRows, mappedCount, ofInstance, stateOfRows } from "./gantt-data";
import { onlyState } from "./grid-data";
import { pagesOf } from "./instances";
import type { Row } from "./rows";
import { useInstances } from "./useInstances";
import type { Part } from "./window";

// What the Gantt and the list show of their rows: a task's from the Gantt's data, an instance's once it is in sight.
export function useGanttRow(gantt: Gantt, rows: Row[]) {
  const { dag_id: dagId, dag_run_id: run } = gantt.run;
  const [seen, onSeen] = useState<Part>({ from: 0, to: 0 });
  const byId = useMemo(() => new Map(gantt.rows.map((row) => [row.task_id, row])), [gantt.rows]);
  const pages = useMemo(() => pagesOf(rows, seen).map((one) => ({ run, ...one })), [rows, seen, run]);
  const read = useInstances(dagId, pages, watchRun(dagId, run)).get(run);
  const one = (row: Row): GanttRow | undefined => {
    const of = row.kind === "task" || row.kind === "instance" ? byId.get(row.id) : undefined;
    const instance = row.kind === "instance" ? read?.get(row.key) : undefined;
    return row.kind === "instance" ? of && instance && ofInstance(of, instance) : of;
  };
  const state = (row: Row): State | null => {
    if (row.kind === "group") return ganttRows(row, byId).length > 0 ? stateOfRows(ganttRows(row, byId)) : null;
    const of = one(row);
    return of ? stateOf(of.state) : row.kind === "instance" ? onlyState(byId.get(row.id)?.counts ?? {}) : null;
  };
  const count = (row: Row) => { const of = row.kind === "task" ? one(row) : undefined; return of ? mappedCount(of) : null; };
  const name = (row: Row) => read?.get(row.key)?.rendered_map_index;
  return { byId, one, frame: { state, count, name, onSeen } };
}
