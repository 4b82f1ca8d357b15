import { memo, useLayoutEffect, useRef } from "react";
import type { Grid } from "../api/shapes";
import { useSettings } from "../app/settings";
import { isLoud, type State } from "../lib/state";
import { atlasOf, short, type Atlas } from "./atlas";
import { cellState, countsAt, total, type Index } from "./grid-data";
import type { Instances } from "./instances";
import type { Row } from "./rows";
import { CELL, COLUMN, ROW, TILE, type Part } from "./window";

type Props = { grid: Grid; index: Index; rows: Row[]; places: number[][]; read: Instances };
const GAP = (COLUMN - CELL) / 2, TOP = (ROW - CELL) / 2;
const DASH = { height: 3, inset: 1 };

// The cells of the part that is seen and some around, in tiles: what is scrolled to is drawn, the rest stays as it is.
export function GridCanvas({ rowPart, columnPart, ...props }: Props & { rowPart: Part; columnPart: Part }) {
  const tiles = [];
  for (let row = rowPart.from; row < rowPart.to; row += TILE) {
    for (let column = columnPart.from; column < columnPart.to; column += TILE) tiles.push(<Tile key={`${row} ${column}`} row={row} column={column} {...props} />);
  }
  return <>{tiles}</>;
}

type TileProps = Props & { row: number; column: number };

// A run that nothing happened to is the same object: a change of one run draws the tiles of its column.
function same(a: TileProps, b: TileProps): boolean {
  if (a.rows !== b.rows || a.index !== b.index || a.places !== b.places || a.row !== b.row || a.column !== b.column) return false;
  for (let c = a.column; c < a.column + TILE; c += 1) {
    const run = b.grid.runs[c];
    if (a.grid.runs[c] !== run || (run && a.read !== b.read && a.read.get(run.dag_run_id) !== b.read.get(run.dag_run_id))) return false;
  }
  return true;
}

const Tile = memo(function Tile({ grid, index, rows, places, read, row, column }: TileProps) {
  const at = useRef<HTMLCanvasElement>(null);
  const { theme } = useSettings();
  const width = Math.min(TILE, grid.runs.length - column) * COLUMN, height = Math.min(TILE, rows.length - row) * ROW;
  useLayoutEffect(() => {
    const canvas = at.current;
    const context = canvas?.getContext("2d");
    if (!canvas || !context) return;
    const atlas = atlasOf(theme);
    canvas.width = Math.ceil(width * atlas.scale); // and empty
    canvas.height = Math.ceil(height * atlas.scale);
    context.scale(atlas.scale, atlas.scale);
    for (let c = column; c < Math.min(column + TILE, grid.runs.length); c += 1) {
      const run = grid.runs[c]!, x = (c - column) * COLUMN + GAP;
      for (let r = row; r < Math.min(row + TILE, rows.length); r += 1) {
        const one = rows[r]!, of = places[r]!;
        const state = cellState(run, one, of, index, read), y = (r - row) * ROW + TOP;
        if (state === undefined) unread(context, atlas, x, y);
        if (!state) continue;
        if (one.kind === "group" && !one.folded) dash(context, atlas, state, x, y);
        else {
          const counts = one.kind === "task" ? countsAt(run, of[0]) : null;
          context.drawImage(counts ? atlas.counted(state, short(total(counts))) : atlas.mark[state], x, y, CELL, CELL);
        }
      }
    }
  });
  return <canvas ref={at} aria-hidden="true" style={{ position: "absolute", left: column * COLUMN, top: row * ROW, width, height }} />;
}, same);

// A group that is open: its worst state as a dash, so that tasks stay foremost.
function dash(context: CanvasRenderingContext2D, atlas: Atlas, state: State, x: number, y: number) {
  const { solid, edge } = atlas.colours[state];
  context.fillStyle = isLoud(state) || state === "upstream_failed" ? solid : edge;
  context.beginPath();
  context.roundRect(x + DASH.inset, y + (CELL - DASH.height) / 2, CELL - 2 * DASH.inset, DASH.height, 1.5);
  context.fill();
}

function unread(context: CanvasRenderingContext2D, atlas: Atlas, x: number, y: number) {
  context.fillStyle = atlas.sunken;
  context.beginPath();
  context.roundRect(x, y, CELL, CELL, 3);
  context.fill();
}
