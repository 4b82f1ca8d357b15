import type { Gantt, Structure } from "../api/shapes";
import type { Chosen } from "./on";
import type { Line } from "./parts";

// The tasks that marking some of a run would change, in the structure's order, as the server finds them.
export function closureOf(structure: Structure, ids: string[], before: boolean, after: boolean): Set<string> {
  const found = new Set(ids);
  const walk = (from: "upstream" | "downstream", to: "upstream" | "downstream") => {
    const next = new Map<string, string[]>();
    for (const edge of structure.edges) next.set(edge[from], [...(next.get(edge[from]) ?? []), edge[to]]);
    const open = [...ids], seen = new Set(ids);
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      for (const other of next.get(id) ?? []) {
        if (seen.has(other)) continue;
        seen.add(other);
        found.add(other);
        open.push(other);
      }
    }
  };
  if (before) walk("downstream", "upstream");
  if (after) walk("upstream", "downstream");
  return found;
}

export interface Effect { lines: Line[]; changed: number; stops: number }

// What becomes of each of them: those that are in that state already aren't changed.
export function effectOf(gantt: Gantt, structure: Structure, tasks: Chosen[], to: string, before: boolean, after: boolean, note: (try_number: number, host: string) => string): Effect {
  const whole = tasks.length === 0;
  const ids = whole ? new Set(gantt.rows.map((row) => row.task_id)) : closureOf(structure, tasks.map((one) => one.taskId), before, after);
  const teardowns = new Set(structure.tasks.filter((task) => task.is_teardown).map((task) => task.task_id));
  const lines: Line[] = [];
  let changed = 0, stops = 0;
  for (const row of gantt.rows) {
    if (!ids.has(row.task_id)) continue;
    const own = tasks.filter((one) => one.taskId === row.task_id);
    const single = own.length > 0 && own.every((one) => one.mapIndex !== null);
    const counts = row.counts && !single ? row.counts : null;
    const states = counts ? Object.entries(counts) : [[row.state ?? "none", 1] as const];
    const running = states.find(([state]) => state === "running")?.[1] ?? 0;
    const other = states.reduce((sum, [state, n]) => sum + (state === to ? 0 : n), 0);
    if (whole && ((!counts && keeps(row.state, to)) || (teardowns.has(row.task_id) && !ended(row.state)))) continue;
    const n = single ? own.length : other;
    changed += n;
    stops += single ? 0 : running;
    lines.push({
      key: row.task_id, name: single ? `${row.task_id} [${own.map((one) => one.mapIndex).join(", ")}]` : counts ? `${row.task_id} ×${Object.values(counts).reduce((sum, m) => sum + m, 0)}` : row.task_id,
      state: row.state ?? (counts ? states.toSorted((a, b) => b[1] - a[1])[0]?.[0] ?? null : null), after: whole ? afterOf(row.state, running, to) : to, note: running && !single ? note(row.try_number, row.hostname ?? "") : "",
    });
  }
  return { lines, changed, stops };
}
// Of a run that is marked: what has ended keeps its state (in one that is to be a success, what failed is one, too), teardowns
// still run; of a run that is to fail, what runs fails and the rest is skipped.
const ended = (state: string | null) => ["success", "failed", "skipped", "upstream_failed", "removed"].includes(state ?? "");
const keeps = (state: string | null, to: string) => (to === "success" ? state === "success" || state === "removed" : ended(state));
const afterOf = (state: string | null, running: number, to: string) => (to === "success" ? to : running > 0 || state === "restarting" ? "failed" : "skipped");
