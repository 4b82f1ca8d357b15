import { memo, useMemo, useSyncExternalStore } from "react";
import { endState, useGraph } from "./context";
import { edgeKind, edgeKinds, pathsOf, tilesOf, type Tile } from "./edges";
import { LABEL_H, labelWidth } from "./elk";
import type { Layout, PlacedEdge } from "./layout";
import type { Sight } from "./sight";

// All edges, as one path a kind in each tile that is in sight, and their labels.
export const EdgeLayer = memo(function EdgeLayer({ layout, sight, labels }: { layout: Layout; sight: Sight; labels: boolean }) {
  const tiles = useMemo(() => tilesOf(layout.edges), [layout]);
  const named = useMemo(() => layout.edges.filter((edge) => edge.labelAt !== null), [layout]);
  const seen = (x0: number, y0: number, x1: number, y1: number) => x1 >= sight.left && x0 <= sight.right && y1 >= sight.top && y0 <= sight.bottom;
  return (
    <>
      <svg className="gv-edges" aria-hidden="true">
        {tiles.map((tile, n) => (seen(tile.left, tile.top, tile.right, tile.bottom) ? <TilePaths key={n} tile={tile} /> : null))}
      </svg>
      {labels ? named.filter(({ labelAt }) => seen(labelAt![0] - 80, labelAt![1] - 8, labelAt![0] + 80, labelAt![1] + 8))
        .map((edge) => <Label key={`${edge.from} ${edge.to}`} edge={edge} />) : null}
    </>
  );
});

const TilePaths = memo(function TilePaths({ tile }: { tile: Tile }) {
  const { states } = useGraph();
  const version = useSyncExternalStore(states.hearAll, states.version);
  const paths = useMemo(() => pathsOf(tile, (node) => endState(states, node)), [tile, states, version]);
  return <>{edgeKinds.map((kind) => (paths[kind] ? <path key={kind} className={kind === "act" ? "gv-edge act s-running flow" : `gv-edge ${kind}`} d={paths[kind]} /> : null))}</>;
});

const Label = memo(function Label({ edge }: { edge: PlacedEdge }) {
  const { states } = useGraph();
  useSyncExternalStore(states.hearAll, states.version);
  const dim = edgeKind(endState(states, edge.from), endState(states, edge.to)) === "dim";
  const [x, y] = edge.labelAt!;
  const w = labelWidth(edge.label!);
  return <span className={dim ? "gv-label dim" : "gv-label"} title={edge.label!} style={{ transform: `translate(${Math.round(x - w / 2)}px, ${Math.round(y - LABEL_H / 2)}px)`, width: w }}><span className="ell">{edge.label}</span></span>;
});
