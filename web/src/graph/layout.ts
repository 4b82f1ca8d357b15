import { fromElk, toElk } from "./elk";
import { layers } from "./layers";
import type { Point } from "./path";
import type { Visible } from "./visible";

// Where everything stands. ELK in a worker; what it would take too long for is laid out in layers of our own.

export interface Placed { x: number; y: number; w: number; h: number }
export interface PlacedEdge { from: string; to: string; label: string | null; points: Point[]; labelAt: Point | null }
export interface Layout { nodes: Map<string, Placed>; boxes: Map<string, Placed>; edges: PlacedEdge[]; w: number; h: number; by: "elk" | "layers" }

export const ELK_NODES_MAX = 250;
export const ELK_EDGES_MAX = 600;
export const ELK_WAIT_MS = 2500; // then it is ended, and the layers do
const KEPT = 24;

const kept = new Map<string, Layout>();

export const keptLayout = (key: string) => kept.get(key);

function keep(key: string, layout: Layout): Layout {
  kept.delete(key);
  kept.set(key, layout);
  if (kept.size > KEPT) kept.delete(kept.keys().next().value!);
  return layout;
}

interface Elk { layout: (graph: ReturnType<typeof toElk>) => Promise<ReturnType<typeof toElk>>; terminateWorker: () => void }
let elk: Promise<Elk> | undefined;

// Loads the worker: 1.6 MB to parse, which a graph too big for it does without.
function warm(): void {
  elk ??= (async () => {
    const [{ default: ELK }, { default: ElkWorker }] = await Promise.all([import("elkjs/lib/elk-api.js"), import("elkjs/lib/elk-worker.min.js?worker")]);
    return new ELK({ workerFactory: () => new ElkWorker() }) as unknown as Elk;
  })();
}

// `big`: a DAG whose groups start folded; it is to open at once, without a worker of 1.4 MB first.
export const isForElk = ({ nodes, boxes, edges }: Visible, big: boolean) =>
  !big && nodes.length + boxes.length <= ELK_NODES_MAX && edges.length <= ELK_EDGES_MAX;

// `key` names the DAG, its version and what is folded.
export async function layoutOf(key: string, shown: Visible, big: boolean): Promise<Layout> {
  const known = kept.get(key);
  if (known) return known;
  if (!isForElk(shown, big)) return keep(key, layers(shown));
  warm();
  const mine = elk!;
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    const late = new Promise<never>((_, reject) => { timer = setTimeout(() => reject(new Error("ELK takes too long")), ELK_WAIT_MS); });
    const made = (await mine).layout(toElk(shown));
    return keep(key, fromElk(await Promise.race([made, late]), shown));
  } catch {
    void mine.then((one) => one.terminateWorker(), () => {});
    if (elk === mine) elk = undefined;
    return keep(key, layers(shown));
  } finally {
    clearTimeout(timer);
  }
}
