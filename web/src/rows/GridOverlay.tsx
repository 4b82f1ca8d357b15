import { createPortal } from "react-dom";
import type { Grid } from "../api/shapes";
import type { create } from "../lib/store";
import { CellTip } from "./CellTip";
import { touchedCells } from "./data";
import { boxOf, type Focus, type Place } from "./focus";
import { cellState, type Index } from "./grid-data";
import type { Instances } from "./instances";
import type { Row } from "./rows";
import { COLUMN, ROW } from "./window";

export type Hover = (Place & { x: number; y: number }) | null;
type Props = { dagId: string; grid: Grid; index: Index; rows: Row[]; places: number[][]; read: Instances; hover: ReturnType<typeof create<Hover>> };

// What lies under the pointer, without drawing anything else anew.
export function HoverLayer({ dagId, grid, index, rows, places, read, hover }: Props) {
  const at = hover.use();
  if (!at || at.column >= grid.runs.length || at.row >= rows.length) return null;
  const row = rows[at.row];
  const left = Math.min(at.x + 14, window.innerWidth - 290), low = at.y > window.innerHeight - 170;
  return (
    <>
      {at.row >= 0 ? <div className="gband hov" style={{ top: at.row * ROW, height: ROW, left: 0, right: 0 }} /> : null}
      {createPortal(<CellTip dagId={dagId} grid={grid} index={index} read={read} row={row} places={places[at.row] ?? []} column={at.column}
        style={low ? { left, bottom: window.innerHeight - at.y + 14 } : { left, top: at.y + 18 }} />, document.body)}
    </>
  );
}

type FocusProps = { focus: Focus; shown: boolean };
export function FocusLayer({ focus, shown }: FocusProps) {
  const box = boxOf(focus);
  return (
    <>
      {box ? <div className="gmany" style={{ top: box.top * ROW, height: (box.bottom - box.top + 1) * ROW, left: box.left * COLUMN, width: (box.right - box.left + 1) * COLUMN }} /> : null}
      {shown && focus.row >= 0 ? <div className="gring" style={{ top: focus.row * ROW, left: focus.column * COLUMN }} /> : null}
    </>
  );
}

// Cells that have just changed glow once.
export function GlowLayer({ grid, index, rows, places, read }: Pick<Props, "grid" | "index" | "rows" | "places" | "read">) {
  const touched = touchedCells.use();
  if (touched.length === 0) return null;
  const runs = new Map(grid.runs.map((run, n) => [run.dag_run_id, n]));
  const keys = new Set(touched.map((one) => one.row));
  const placeOf = new Map<string, number>();
  rows.forEach((one, n) => { if (keys.has(one.key)) placeOf.set(one.key, n); });
  return (
    <>
      {touched.map(({ run, row: key }) => {
        const column = runs.get(run), row = placeOf.get(key) ?? -1;
        if (column === undefined || row < 0) return null;
        const state = cellState(grid.runs[column]!, rows[row]!, places[row]!, index, read) ?? "none";
        return <div key={`${run} ${key} ${state}`} className={`gglow glow s-${state}`} style={{ top: row * ROW + 4, left: column * COLUMN + 2 }} />;
      })}
    </>
  );
}
