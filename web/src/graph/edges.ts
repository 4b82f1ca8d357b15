import { isFinished, type State } from "../lib/state";
import type { PlacedEdge } from "./layout";
import { curve } from "./path";

// How an edge is drawn, by the states of its ends; and all edges as few paths: one a kind and tile, of which those in sight
// are drawn.

export const edgeKinds = ["dim", "idle", "done", "act"] as const;
export type EdgeKind = (typeof edgeKinds)[number];

export function edgeKind(from: State, to: State): EdgeKind {
  if (from === "skipped" || to === "skipped") return "dim";
  if (to === "running" || to === "restarting") return "act";
  return isFinished(from) && to !== "none" && to !== "removed" ? "done" : "idle";
}

const TILE = 1600;
export interface Tile { left: number; top: number; right: number; bottom: number; edges: PlacedEdge[]; curves: string[] /* theirs, once the tile is in sight */ }

export function tilesOf(edges: PlacedEdge[]): Tile[] {
  const tiles = new Map<string, Tile>();
  for (const edge of edges) {
    const { points } = edge;
    const [x, y] = points[0] ?? [0, 0];
    const key = `${Math.floor(x / TILE)} ${Math.floor(y / TILE)}`;
    let tile = tiles.get(key);
    if (!tile) tiles.set(key, (tile = { left: x, top: y, right: x, bottom: y, edges: [], curves: [] }));
    for (const [px, py] of points) {
      if (px < tile.left) tile.left = px;
      if (px > tile.right) tile.right = px;
      if (py < tile.top) tile.top = py;
      if (py > tile.bottom) tile.bottom = py;
    }
    tile.edges.push(edge);
  }
  return [...tiles.values()];
}

export function pathsOf(tile: Tile, stateAt: (node: string) => State): Record<EdgeKind, string> {
  const parts: Record<EdgeKind, string[]> = { dim: [], idle: [], done: [], act: [] };
  if (tile.curves.length === 0) tile.curves = tile.edges.map(({ points }) => curve(points));
  tile.edges.forEach(({ from, to }, n) => parts[edgeKind(stateAt(from), stateAt(to))].push(tile.curves[n]!));
  return { dim: parts.dim.join(""), idle: parts.idle.join(""), done: parts.done.join(""), act: parts.act.join("") };
}
