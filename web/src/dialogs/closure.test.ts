import { expect, test } from "vitest";
import type { Gantt, GanttRow, Structure } from "../api/shapes";
import { closureOf, effectOf } from "./closure";

const edges = [["a", "b"], ["b", "c"], ["a", "d"], ["d", "c"]].map(([upstream, downstream]) => ({ upstream: upstream!, downstream: downstream!, label: null }));
const structure = { dag_id: "x", version_number: 1, tasks: [], groups: [], edges, at: "1.1" } as Structure;
const row = (task_id: string, state: string | null, counts: Record<string, number> | null = null) =>
  ({ task_id, state, counts, try_number: 2, hostname: "w1" }) as GanttRow;
const gantt = { rows: [row("a", "success"), row("b", "running"), row("c", null), row("d", null, { running: 2, success: 3 })] } as Gantt;
const of = (tasks: { taskId: string; mapIndex: number | null }[], to: string, before = false, after = false) => {
  const { lines, changed, stops } = effectOf(gantt, structure, tasks, to, before, after, (n, host) => `try ${n} on ${host}`);
  return { lines: lines.map((line) => `${line.name} ${line.note}`.trim()), changed, stops };
};

test("tasks before and after are those by any way, once", () => {
  expect([...closureOf(structure, ["b"], false, true)]).toEqual(["b", "c"]);
  expect([...closureOf(structure, ["c"], true, false)].sort()).toEqual(["a", "b", "c", "d"]);
  expect([...closureOf(structure, ["b"], false, false)]).toEqual(["b"]);
});

test("what changes is counted, and what stops", () => {
  expect(of([{ taskId: "b", mapIndex: null }], "success", false, true)).toEqual({ lines: ["b try 2 on w1", "c"], changed: 2, stops: 1 });
  expect(of([{ taskId: "d", mapIndex: null }], "success")).toEqual({ lines: ["d ×5 try 2 on w1"], changed: 2, stops: 2 });
  expect(of([{ taskId: "d", mapIndex: 1 }], "failed")).toEqual({ lines: ["d [1]"], changed: 1, stops: 0 });
  expect(of([], "failed").lines).toEqual(["b try 2 on w1", "c", "d ×5 try 2 on w1"]);
});

test("a run that is stopped: what runs fails, the rest is skipped, teardowns still run", () => {
  const torn = { ...structure, tasks: [{ task_id: "c", is_teardown: true }] } as Structure;
  const more = { rows: [...gantt.rows, row("e", null)] } as Gantt;
  const { lines } = effectOf(more, torn, [], "failed", false, false, () => "");
  expect(lines.map((line) => [line.key, line.after])).toEqual([["b", "failed"], ["d", "failed"], ["e", "skipped"]]);
  expect(effectOf(more, torn, [], "success", false, false, () => "").lines.map((line) => [line.key, line.after])).toEqual([["b", "success"], ["d", "success"], ["e", "success"]]);
});
