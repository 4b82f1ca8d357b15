import { expect, test } from "vitest";
import type { Structure, StructureTask } from "../api/shapes";
import { ALL, foldAll, hasFolded, MAP_ROWS_MAX, matcher, ofKey, rowsOf, toggled, unfoldedFor } from "./rows";

const task = (id: string, group: string | null = null): StructureTask => ({
  task_id: id, label: id.split(".").pop()!, group_id: group, operator_name: "BashOperator", trigger_rule: "all_success", is_mapped: false, is_setup: false, is_teardown: false,
  retries: 0, pool: "default_pool", queue: "default", doc_md: null, usual_seconds: null,
});
const group = (id: string, parent: string | null = null) => ({ group_id: id, label: id.split(".").pop()!, parent_id: parent, tooltip: null, is_mapped: false });
const structure: Structure = {
  dag_id: "d", version_number: 1, at: "1.1", edges: [],
  groups: [group("g"), group("g.in", "g"), group("empty")],
  tasks: [task("start"), task("g.a", "g"), task("g.in.b", "g.in"), task("g.in.c", "g.in"), task("g.z", "g"), task("end")],
};
const shown = (rows: ReturnType<typeof rowsOf>) => rows.map((row) => `${" ".repeat(row.depth)}${row.kind === "group" || row.kind === "task" && row.maps > 0 ? (row.folded ? "+" : "-") : ""}${row.key}`);

test("groups stand before what is in them, tasks in the structure's order", () => {
  expect(shown(rowsOf({ structure }))).toEqual(["start", "-g", " g.a", " -g.in", "  g.in.b", "  g.in.c", " g.z", "end"]);
});

test("a folded group hides all within and sums it up", () => {
  const rows = rowsOf({ structure, fold: ["g"] });
  expect(shown(rows)).toEqual(["start", "+g", "end"]);
  expect(rows[1]!.tasks).toEqual(["g.a", "g.in.b", "g.in.c", "g.z"]);
  expect(shown(rowsOf({ structure, fold: [ALL] }))).toEqual(["start", "+g", "end"]);
});

test("members of a group that don't follow each other still make one row of it", () => {
  const apart = { ...structure, tasks: [task("g.a", "g"), task("x"), task("g.b", "g")] };
  expect(shown(rowsOf({ structure: apart }))).toEqual(["-g", " g.a", " g.b", "x"]);
});

test("groups that go round in circles end", () => {
  const round = { ...structure, groups: [group("p", "q"), group("q", "p")], tasks: [task("t", "p")] };
  expect(shown(rowsOf({ structure: round }))).toEqual(["-q", " -p", "  t"]);
});

test("what is filtered is found in folded groups, by a pattern or, if it is none, by its text", () => {
  expect(shown(rowsOf({ structure, fold: ["g"], filter: "\\.b$" }))).toEqual(["-g", " -g.in", "  g.in.b"]);
  expect(shown(rowsOf({ structure, filter: "START" }))).toEqual(["start"]);
  expect(matcher("g.in[")("g.in[0]")).toBe(true);
  expect(shown(rowsOf({ structure, keep: (id) => id === "end" }))).toEqual(["end"]);
});

test("tasks that only older versions have come last, once", () => {
  const rows = rowsOf({ structure, others: ["start", "gone", "gone"] });
  expect(shown(rows).slice(-2)).toEqual(["end", "gone"]);
  expect(rows.at(-1)).toMatchObject({ removed: true, task: null });
});

test("folding and unfolding one group, from all folded, too", () => {
  expect(toggled([], "g", structure)).toEqual(["g"]);
  expect(toggled(["g", "x"], "g", structure)).toEqual(["x"]);
  expect(toggled([ALL], "g", structure)).toEqual(["g.in", "empty"]);
});

test("a chosen task's groups are opened, others stay", () => {
  expect(unfoldedFor(["g", "g.in", "empty"], "g.in.b", structure)).toEqual(["empty"]);
  expect(unfoldedFor([ALL], "g.in.b", structure)).toEqual(["empty"]);
  const fold = ["empty"];
  expect(unfoldedFor(fold, "g.a", structure)).toBe(fold);
});

test("a mapped task starts folded; unfolded it has a row an instance, which its key names", () => {
  const maps = new Map([["g.a", 2]]);
  expect(shown(rowsOf({ structure, maps }))).toEqual(["start", "-g", " +g.a", " -g.in", "  g.in.b", "  g.in.c", " g.z", "end"]);
  const rows = rowsOf({ structure, maps, fold: ["!g.a", "g.in"] });
  expect(shown(rows)).toEqual(["start", "-g", " -g.a", "  g.a[0]", "  g.a[1]", " +g.in", " g.z", "end"]);
  expect(rows[4]).toMatchObject({ kind: "instance", id: "g.a", map: 1, tasks: ["g.a"] });
  expect(shown(rowsOf({ structure, maps, fold: ["!g.a", ALL] }))).toEqual(["start", "+g", "end"]);
  expect(shown(rowsOf({ structure, fold: ["!g.a"], filter: "g.a" }))).toEqual(["-g", " g.a"]); // not mapped yet
  expect([ofKey("g.a[12]"), ofKey("g.a")]).toEqual([{ id: "g.a", map: 12 }, { id: "g.a", map: -1 }]);
});

test("a map that is too long says how many it doesn't show", () => {
  const rows = rowsOf({ structure: { ...structure, tasks: [task("t")] }, maps: new Map([["t", MAP_ROWS_MAX + 7]]), fold: ["!t"] });
  expect(rows).toHaveLength(MAP_ROWS_MAX + 2);
  expect(rows.at(-1)).toMatchObject({ kind: "more", id: "t", maps: 7, tasks: [] });
});

test("folding all groups and opening them leaves the graph's and the maps' openings as they can be", () => {
  expect(toggled([], "start", structure)).toEqual(["!start"]);
  expect(toggled(["g", "!start"], "start", structure)).toEqual(["g"]);
  expect(toggled([ALL, "!start"], "g", structure)).toEqual(["g.in", "empty", "!start"]);
  expect([hasFolded(["!start"]), hasFolded(["!start", "g"])]).toEqual([false, true]);
  expect([foldAll(["!start", "g"], false), foldAll(["!start"], true)]).toEqual([["!start"], [ALL]]);
});
