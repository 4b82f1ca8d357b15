import { useLayoutEffect, useRef } from "react";
import type { Grid } from "../api/shapes";
import { useSettings } from "../app/settings";
import { isLoud, type State } from "../lib/state";
import { atlasOf, short, type Atlas } from "./atlas";
import { countsAt, stateAt, total, type Index } from "./grid-data";
import type { Row } from "./rows";
import { CELL, COLUMN, ROW, type Part } from "./window";

type Props = { grid: Grid; index: Index; rows: Row[]; places: number[][]; rowPart: Part; columnPart: Part };
const GAP = (COLUMN - CELL) / 2, TOP = (ROW - CELL) / 2;
const DASH = { height: 3, inset: 1 };

// The cells of the part that is seen and some around, on one canvas.
export function GridCanvas({ grid, index, rows, places, rowPart, columnPart }: Props) {
  const at = useRef<HTMLCanvasElement>(null);
  const { theme } = useSettings();
  const width = (columnPart.to - columnPart.from) * COLUMN, height = (rowPart.to - rowPart.from) * ROW;
  useLayoutEffect(() => {
    const canvas = at.current;
    const context = canvas?.getContext("2d");
    if (!canvas || !context) return;
    const atlas = atlasOf(theme);
    const [w, h] = [Math.ceil(width * atlas.scale), Math.ceil(height * atlas.scale)];
    if (canvas.width !== w || canvas.height !== h) { canvas.width = w; canvas.height = h; } // anew, and empty
    else { context.resetTransform(); context.clearRect(0, 0, w, h); }
    context.setTransform(atlas.scale, 0, 0, atlas.scale, 0, 0);
    for (let c = columnPart.from; c < columnPart.to; c += 1) {
      const run = grid.runs[c];
      if (!run) continue;
      const x = (c - columnPart.from) * COLUMN + GAP;
      for (let r = rowPart.from; r < rowPart.to; r += 1) {
        const row = rows[r], of = places[r];
        if (!row || !of) continue;
        const state = stateAt(run, of, index);
        if (!state) continue;
        const y = (r - rowPart.from) * ROW + TOP;
        if (row.kind === "group" && !row.folded) dash(context, atlas, state, x, y);
        else {
          const counts = row.kind === "task" ? countsAt(run, of[0]) : null;
          context.drawImage(counts ? atlas.counted(state, short(total(counts))) : atlas.mark[state], x, y, CELL, CELL);
        }
      }
    }
  }, [grid, index, rows, places, rowPart, columnPart, theme, width, height]);
  return <canvas ref={at} aria-hidden="true" style={{ position: "absolute", left: columnPart.from * COLUMN, top: rowPart.from * ROW, width, height }} />;
}

// A group that is open: its worst state as a dash, so that tasks stay foremost.
function dash(context: CanvasRenderingContext2D, atlas: Atlas, state: State, x: number, y: number) {
  const { solid, edge } = atlas.colours[state];
  context.fillStyle = isLoud(state) || state === "upstream_failed" ? solid : edge;
  context.beginPath();
  context.roundRect(x + DASH.inset, y + (CELL - DASH.height) / 2, CELL - 2 * DASH.inset, DASH.height, 1.5);
  context.fill();
}
