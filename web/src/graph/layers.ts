import type { Layout, Placed } from "./layout";
import type { Box, Edge, Node, Visible } from "./visible";

// A layout for graphs that ELK would take seconds for: layers by the longest path, four sweeps that bring each node near its
// neighbours, groups laid out for themselves and then placed as one node. Linear but for the sorts. Long edges go straight,
// behind what they cross.

const GAP_X = 24, GAP_Y = 40, PAD = 14, SWEEPS = 4;
export const WRAP = 24; // nodes without edges stand in rows of so many at most

interface Item { id: string; w: number; h: number; x: number; y: number; layer: number; up: Item[]; down: Item[]; at: number; inner?: Item[] }

export function layers({ nodes, boxes, edges }: Visible): Layout {
  const inside = new Map<string | null, (Node | Box)[]>();
  for (const one of [...nodes, ...boxes]) {
    const list = inside.get(one.parent);
    if (list) list.push(one);
    else inside.set(one.parent, [one]);
  }
  const parents = new Map<string, string | null>([...nodes.map((n) => [n.id, n.parent] as const), ...boxes.map((b) => [boxId(b.id), b.parent] as const)]);
  const items = new Map<string, Item>();
  const between = liftedEdges(edges, parents);
  const place = (parent: string | null): { items: Item[]; w: number; h: number } => {
    const here: Item[] = [];
    for (const one of inside.get(parent) ?? []) {
      const item: Item = { id: "h" in one ? one.id : boxId(one.id), w: one.w, h: "h" in one ? one.h : 0, x: 0, y: 0, layer: 0, up: [], down: [], at: 0 };
      if (!("h" in one)) {
        const inner = place(one.id);
        Object.assign(item, { inner: inner.items, w: Math.max(one.w + 16, inner.w + 2 * PAD), h: inner.h + 2 * PAD });
      }
      items.set(item.id, item);
      here.push(item);
    }
    for (const [from, to] of between.get(parent) ?? []) {
      const a = items.get(from)!, b = items.get(to)!;
      a.down.push(b);
      b.up.push(a);
    }
    return { items: here, ...arrange(here) };
  };
  const top = place(null);
  const layout: Layout = { nodes: new Map(), boxes: new Map(), edges: [], w: top.w, h: top.h, by: "layers" };
  const settle = (list: Item[], x: number, y: number) => {
    for (const item of list) {
      const placed: Placed = { x: Math.round(x + item.x), y: Math.round(y + item.y), w: item.w, h: item.h };
      if (item.inner) {
        layout.boxes.set(item.id.slice(2), placed);
        settle(item.inner, placed.x + (item.w - widthOf(item.inner)) / 2, placed.y + PAD);
      } else layout.nodes.set(item.id, placed);
    }
  };
  settle(top.items, 0, 0);
  for (const { from, to, label } of edges) {
    const a = layout.nodes.get(from)!, b = layout.nodes.get(to)!;
    const x0 = a.x + a.w / 2, y0 = a.y + a.h, x1 = b.x + b.w / 2, y1 = b.y;
    const middle = (y0 + y1) / 2;
    layout.edges.push({ from, to, label, points: [[x0, y0], [x0, middle], [x1, middle], [x1, y1]], labelAt: label === null ? null : [(x0 + x1) / 2, middle] });
  }
  return layout;
}

const boxId = (id: string) => `b:${id}`;
const widthOf = (list: Item[]) => list.reduce((w, item) => Math.max(w, item.x + item.w), 0);

// Each edge between the two neighbours, in the innermost group that holds both, that it runs between.
function liftedEdges(edges: Edge[], parents: Map<string, string | null>): Map<string | null, [string, string][]> {
  const chain = (id: string) => {
    const all = [id];
    for (let at = parents.get(id) ?? null; at !== null; at = parents.get(boxId(at)) ?? null) all.push(boxId(at));
    return all.reverse();
  };
  const found = new Map<string | null, Map<string, [string, string]>>();
  for (const { from, to } of edges) {
    const a = chain(from), b = chain(to);
    let n = 0;
    while (n < a.length - 1 && n < b.length - 1 && a[n] === b[n]) n += 1;
    if (a[n] === b[n]) continue;
    const parent = n === 0 ? null : a[n - 1]!.slice(2);
    const list = found.get(parent) ?? new Map<string, [string, string]>();
    list.set(`${a[n]}\n${b[n]}`, [a[n]!, b[n]!]);
    found.set(parent, list);
  }
  return new Map([...found].map(([parent, list]) => [parent, [...list.values()]]));
}

function arrange(items: Item[]): { w: number; h: number } {
  if (items.length === 0) return { w: 0, h: 0 };
  assignLayers(items);
  const rows = rowsOf(items);
  for (const row of rows) row.forEach((item, n) => { item.at = n / row.length; });
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    const down = sweep % 2 === 0;
    for (const row of down ? rows : [...rows].reverse()) {
      for (const item of row) {
        const near = down ? item.up : item.down;
        if (near.length > 0) item.at = near.reduce((sum, one) => sum + one.at, 0) / near.length;
      }
      row.sort((a, b) => a.at - b.at);
      row.forEach((item, n) => { item.at = (n + 0.5) / row.length; });
    }
  }
  const widths = rows.map((row) => row.reduce((sum, item) => sum + item.w + GAP_X, -GAP_X));
  const w = Math.max(...widths);
  let y = 0;
  rows.forEach((row, n) => {
    const h = row.reduce((most, item) => Math.max(most, item.h), 0);
    let x = (w - widths[n]!) / 2;
    for (const item of row) {
      item.x = Math.round(x);
      item.y = y;
      x += item.w + GAP_X;
    }
    y += h + GAP_Y;
  });
  return { w, h: y - GAP_Y };
}

// The longest path to each. Groups can make a circle of what is none (a task of A before one of B before another of A): an
// edge that closes one counts for nothing.
function assignLayers(items: Item[]): void {
  const open = new Map(items.map((item) => [item, item.up.length]));
  let ready = items.filter((item) => item.up.length === 0);
  const left = new Set(items);
  while (left.size > 0) {
    if (ready.length === 0) ready = [left.values().next().value!];
    const next: Item[] = [];
    for (const item of ready) {
      if (!left.delete(item)) continue;
      for (const one of item.down) {
        if (!left.has(one)) continue;
        one.layer = Math.max(one.layer, item.layer + 1);
        const n = open.get(one)! - 1;
        open.set(one, n);
        if (n === 0) next.push(one);
      }
    }
    ready = next;
  }
}

// Rows of items, a layer each. What has no edge fills rows of its own, below.
function rowsOf(items: Item[]): Item[][] {
  const rows: Item[][] = [];
  const alone: Item[] = [];
  for (const item of items) {
    if (item.up.length === 0 && item.down.length === 0) alone.push(item);
    else (rows[item.layer] ??= []).push(item);
  }
  const all = rows.filter((row) => row !== undefined);
  const a_row = Math.max(WRAP, Math.ceil(Math.sqrt(alone.length / 4)));
  for (let n = 0; n < alone.length; n += a_row) all.push(alone.slice(n, n + a_row));
  return all;
}
