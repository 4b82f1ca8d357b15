import ELK from "elkjs/lib/elk.bundled.js";
import { expect, test } from "vitest";
import type { Gantt, GanttRow, Structure, StructureTask, TasksChange } from "../api/shapes";
import { patchGantt } from "./data";
import { edgeKind, pathsOf, tilesOf } from "./edges";
import { fromElk, LABEL_H, labelWidth, toElk } from "./elk";
import { foldedGroups, readFold, startsFolded, toggled } from "./fold";
import { layers } from "./layers";
import type { Layout } from "./layout";
import { curve } from "./path";
import { farBelow, firstView } from "./sight";
import { groupState, runStates } from "./states";
import { step } from "./steps";
import { visible } from "./visible";
import { groupTitle } from "./words";

const BUSY_MS = 120_000; // on a machine that does much else

const task = (task_id: string, group_id: string | null = null) => ({ task_id, label: task_id, group_id, trigger_rule: "all_success", operator_name: "", is_mapped: false }) as StructureTask;
const group = (group_id: string, parent_id: string | null = null) => ({ group_id, label: group_id, parent_id, tooltip: null, is_mapped: false });
const edge = (upstream: string, downstream: string, label: string | null = null) => ({ upstream, downstream, label });
const dag = (tasks: StructureTask[], edges: ReturnType<typeof edge>[], groups: ReturnType<typeof group>[] = []): Structure => ({ dag_id: "d", version_number: 1, tasks, groups, edges, at: "1.1" });
const nested = dag([task("a"), task("b", "in"), task("c", "in"), task("e", "out"), task("z")],
  [edge("a", "b", "yes"), edge("b", "c"), edge("c", "e"), edge("e", "z"), edge("a", "z")], [group("out"), group("in", "out")]);
const row = (task_id: string, state: GanttRow["state"], more: Partial<GanttRow> = {}): GanttRow => ({
  task_id, state, try_number: 1, max_tries: 0, scheduled_when: null, queued_when: null, start_date: null, end_date: null, next_retry_at: null, hostname: null, reason: null,
  counts: null, slowest_seconds: null, tries: [], usual_seconds: null, ...more,
});

test("a folded group is one node, and edges end at it once", () => {
  const shown = visible(nested, new Set(["in"]));
  expect(shown.nodes.map((node) => node.id)).toEqual(["t:a", "g:in", "t:e", "t:z"]);
  expect(shown.boxes.map((box) => box.id)).toEqual(["out"]);
  expect(shown.edges).toEqual([{ from: "t:a", to: "g:in", label: "yes" }, { from: "g:in", to: "t:e", label: null }, { from: "t:e", to: "t:z", label: null }, { from: "t:a", to: "t:z", label: null }]);
  expect(visible(nested, new Set(["in", "out"])).nodes.map((node) => node.id)).toEqual(["t:a", "g:out", "t:z"]);
});

test("labels: those of edges that a folded group makes one stand on it, each once", () => {
  const two = dag([task("a"), task("b", "in"), task("c", "in"), task("e", "in"), task("z")],
    [edge("a", "b", "few"), edge("a", "c", "many"), edge("a", "e"), edge("b", "z", "done"), edge("c", "z", "done")], [group("in")]);
  expect(visible(two, new Set()).edges.map((one) => one.label)).toEqual(["few", "many", null, "done", "done"]);
  expect(visible(two, new Set(["in"])).edges).toEqual([{ from: "t:a", to: "g:in", label: "few · many" }, { from: "g:in", to: "t:z", label: "done" }]);
});

test("labels: a pill each, between its nodes and on none, in either layout", async () => {
  const labelled = dag([task("way"), task("yes"), task("no"), task("x", "out"), task("end")],
    [edge("way", "yes", "<b>ja</b>"), edge("way", "no", "한국어 레이블"), edge("yes", "x", "in"), edge("no", "end"), edge("x", "end", "out")], [group("out")]);
  for (const folded of [new Set<string>(), new Set(["out"])]) {
    const shown = visible(labelled, folded);
    for (const layout of [layers(shown), fromElk(await new ELK().layout(toElk(shown) as never), shown)]) {
      const pills = layout.edges.filter((one) => one.labelAt);
      expect(pills.map((one) => one.label).sort()).toEqual(["<b>ja</b>", "in", "out", "한국어 레이블"].sort());
      for (const { label, labelAt, from, to } of pills) {
        const [x, y] = labelAt!, w = labelWidth(label!);
        expect(y - LABEL_H / 2).toBeGreaterThanOrEqual(layout.nodes.get(from)!.y + layout.nodes.get(from)!.h);
        expect(y + LABEL_H / 2).toBeLessThanOrEqual(layout.nodes.get(to)!.y);
        for (const node of layout.nodes.values()) expect(x + w / 2 > node.x && x - w / 2 < node.x + node.w && y + LABEL_H / 2 > node.y && y - LABEL_H / 2 < node.y + node.h).toBe(false);
      }
    }
  }
}, BUSY_MS);

test("a group's name says on hover what its file says of it", () => {
  expect(groupTitle("load.rows", "Loads <all> rows.", "fold")).toBe("load.rows: fold\nLoads <all> rows.");
  expect(groupTitle("load", null)).toBe("load");
});

const overlaps = (layout: Layout) => {
  const all = [...layout.nodes.values()];
  return all.some((a, n) => all.slice(n + 1).some((b) => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h));
};
const isRight = (layout: Layout, edges: { from: string; to: string }[]) => {
  expect(overlaps(layout)).toBe(false);
  for (const { from, to } of edges) expect(layout.nodes.get(to)!.y).toBeGreaterThan(layout.nodes.get(from)!.y);
  const box = layout.boxes.get("out")!, inner = layout.boxes.get("in")!, b = layout.nodes.get("t:b")!;
  expect(inner.x).toBeGreaterThan(box.x);
  expect(b.x >= inner.x && b.y >= inner.y && b.x + b.w <= inner.x + inner.w && b.y + b.h <= inner.y + inner.h).toBe(true);
};

test("layers: what waits stands below, nothing on another, tasks inside their groups", () => {
  const shown = visible(nested, new Set());
  isRight(layers(shown), shown.edges);
});

test("ELK: the same, and edges end at the middle of their nodes", async () => {
  const shown = visible(nested, new Set());
  const layout = fromElk(await new ELK().layout(toElk(shown) as never), shown);
  isRight(layout, shown.edges);
  for (const { from, to, points } of layout.edges) {
    const a = layout.nodes.get(from)!, b = layout.nodes.get(to)!;
    expect(Math.abs(points[0]![0] - a.x - a.w / 2) + Math.abs(points[0]![1] - a.y - a.h)).toBeLessThan(2);
    expect(Math.abs(points.at(-1)![0] - b.x - b.w / 2) + Math.abs(points.at(-1)![1] - b.y)).toBeLessThan(2);
  }
  expect(layout.edges.filter((one) => one.labelAt).map((one) => one.label)).toEqual(["yes"]);
}, BUSY_MS);

test("layers: 10,000 tasks, and groups that wait for each other, end", () => {
  const many = dag(Array.from({ length: 10_000 }, (_, n) => task(`t${n}`)), Array.from({ length: 9_900 }, (_, n) => edge(`t${n}`, `t${n + 100}`)));
  expect(layers(visible(many, new Set())).nodes.size).toBe(10_000);
  const circle = dag([task("a1", "a"), task("b1", "b"), task("a2", "a")], [edge("a1", "b1"), edge("b1", "a2")], [group("a"), group("b")]);
  expect(layers(visible(circle, new Set())).nodes.size).toBe(3);
  const wide = layers(visible(dag(Array.from({ length: 10_000 }, (_, n) => task(`t${n}`)), []), new Set()));
  expect(wide.w).toBeLessThan(50 * 180);
}, BUSY_MS);

test("an edge leaves and arrives upright", () => {
  expect(curve([[10, 0], [10, 20], [50, 20], [50, 40]])).toBe("M10 0C10 20 50 20 50 40");
  expect(curve([[10, 0], [10, 40]])).toBe("M10 0L10 40");
  expect(curve([[0, 0], [0, 100], [50, 100], [50, 300]])).toBe("M0 0L0 52C0 100 50 100 50 148L50 300");
});

test("an edge's look: the states of its ends", () => {
  expect(edgeKind("success", "running")).toBe("act");
  expect(edgeKind("skipped", "running")).toBe("dim");
  expect(edgeKind("success", "failed")).toBe("done");
  expect(edgeKind("running", "none")).toBe("idle");
  expect(edgeKind("success", "none")).toBe("idle");
  const [tile] = tilesOf([{ from: "t:a", to: "t:b", label: null, labelAt: null, points: [[0, 0], [0, 9]] }]);
  expect(pathsOf(tile!, () => "success")).toEqual({ dim: "", idle: "", act: "", done: "M0 0L0 9" });
});

test("fold: what the reader folded or opened is kept, the rule only where he said nothing", () => {
  const small = dag([task("a", "g"), task("b", "h,%")], [], [group("g"), group("h,%")]);
  const text = toggled(readFold(undefined), "h,%", false, false, small);
  expect([...foldedGroups(small, readFold(text), new Set())]).toEqual(["h,%"]);
  expect(toggled(readFold(text), "h,%", true, false, small)).toBe("");
  const byItself = new Set(["g"]);
  expect([...foldedGroups(small, readFold(""), byItself)]).toEqual(["g"]);
  const opened = toggled(readFold(""), "g", true, true, small);
  expect([...foldedGroups(small, readFold(opened), byItself)]).toEqual([]);
  expect(toggled(readFold("kept,g"), "g", true, false, small)).toBe("kept");
  expect([...foldedGroups(small, readFold("*"), new Set())]).toEqual(["g", "h,%"]);
  expect([...foldedGroups(small, readFold(toggled(readFold("*"), "g", true, false, small)), new Set())]).toEqual(["h,%"]);
  expect([...readFold("100%").folded]).toEqual([]);
  const big = dag(Array.from({ length: 2001 }, (_, n) => task(`t${n}`, "g")), [], [group("g")]);
  expect(startsFolded(big)).toBe(true);
  expect([...foldedGroups(big, readFold(""), new Set())]).toEqual(["g"]);
});

test("states: a change is heard by its task, the groups over it, and nobody else", () => {
  const states = runStates(nested);
  const heard: string[] = [];
  for (const key of ["t:a", "t:b", "g:in", "g:out"]) states.hear(key, () => heard.push(key));
  const rows = ["a", "b", "c", "e", "z"].map((id) => row(id, null));
  states.set(rows);
  heard.length = 0;
  states.set(rows.map((one) => (one.task_id === "b" ? row("b", "running") : one)));
  expect(heard.sort()).toEqual(["g:in", "g:out", "t:b"]);
  expect(states.group("out")).toMatchObject({ state: "running", tasks: 3, tasksDone: 0 });
});

test("a group's state: the worst, and the instances of mapped tasks", () => {
  const all = groupState([row("a", "success"), row("m", "running", { counts: { success: 3, failed: 1, running: 2 }, start_date: "2026-01-01T00:00:00Z" })]);
  expect(all).toMatchObject({ state: "running", done: 5, total: 7, tasksDone: 1, tasks: 2, end: null, skipped: false });
  expect(groupState([row("a", "skipped"), row("b", "skipped")]).skipped).toBe(true);
});

test("a change of the stream: rows of plain tasks are patched, a mapped one is read again", () => {
  const gantt = { rows: [row("a", "running", { start_date: "s" }), row("m", "running", { counts: { running: 2 } })], run: {} } as unknown as Gantt;
  const change = (task_id: string, map_index: number): TasksChange => ({
    kind: "tasks", dag_id: "d", dag_run_id: "r", read_again: false, task_counts: null, notes: [],
    task_instances: [{ task_id, map_index, state: "success", try_number: 2, max_tries: 2, scheduled_when: "w", queued_when: null, start_date: "t", end_date: "e", next_retry_at: null, hostname: "h", cpu_seconds: 0, rss_bytes_max: 0, reason: null }],
  });
  const next = patchGantt(gantt, change("a", -1)) as Gantt;
  expect(next.rows[0]).toMatchObject({ state: "success", scheduled_when: "w", end_date: "e", tries: [{ try_number: 1, state: "failed", start_date: "s" }] });
  expect(next.rows[1]).toBe(gantt.rows[1]);
  expect(patchGantt(gantt, change("m", 1))).toBe("read");
  expect(patchGantt(gantt, change("unknown", -1))).toBe("read");
});

test("arrows go along the edges, and to the neighbour", () => {
  const layout = layers(visible(dag([task("a"), task("b"), task("c")], [edge("a", "b"), edge("a", "c")]), new Set()));
  const [left, right] = layout.nodes.get("t:b")!.x < layout.nodes.get("t:c")!.x ? ["t:b", "t:c"] : ["t:c", "t:b"];
  expect(step(layout, left!, "ArrowRight")).toBe(right);
  expect(step(layout, right!, "ArrowUp")).toBe("t:a");
  expect(step(layout, "t:a", "ArrowUp")).toBe(null);
  expect(step(layout, "gone", "ArrowDown")).toBe("t:a");
});

test("a graph opens whole if it can be read so, else at what is asked for", () => {
  expect(firstView({ w: 400, h: 500 }, 600, 700, null)).toEqual({ zoom: 1, x: 100, y: 24 });
  const far = firstView({ w: 20_000, h: 6000 }, 600, 700, { x: 10_000, y: 3000 });
  expect(far.zoom).toBe(0.55);
  expect((300 - far.x) / far.zoom).toBeCloseTo(10_000);
  expect(farBelow(100, 600, 700)).toBe(0);
  expect(farBelow(10_000, 600, 700)).toBeGreaterThanOrEqual(0.3);
});
