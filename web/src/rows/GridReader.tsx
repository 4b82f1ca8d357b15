import { duration } from "../lib/format";
import { runLabel } from "../lib/run";
import { stateOf } from "../lib/state";
import { clock } from "../api/clock";
import type { Grid } from "../api/shapes";
import { t } from "../texts";
import type { Focus } from "./focus";
import { cellState, countsAt, total, type Index } from "./grid-data";
import { secondsOf } from "./header";
import type { Instances } from "./instances";
import { isFoldable, type Row } from "./rows";

type Props = { id: string; grid: Grid; index: Index; rows: Row[]; places: number[][]; read: Instances; focus: Focus };
const AROUND = 1;

export const cellId = (id: string, row: number, column: number) => `${id}-${row + 1}-${column}`;

// For screen readers: the grid as cells with names, around the focus only. Its row 1 is the runs themselves.
export function GridReader({ id, grid, index, rows, places, read, focus }: Props) {
  const shown = (middle: number, least: number, most: number) => {
    const all = [];
    for (let n = Math.max(least, middle - AROUND); n <= Math.min(most, middle + AROUND); n += 1) all.push(n);
    return all;
  };
  const columns = shown(focus.column, 0, grid.runs.length - 1);
  const nameOf = (r: number, c: number) => {
    const run = grid.runs[c]!, row = rows[r];
    const when = runLabel(run.dag_run_id);
    if (!row) return [when, t(`state.${stateOf(run.state)}`), duration(secondsOf(run, clock.now()))].filter(Boolean).join(", ");
    const state = cellState(run, row, places[r]!, index, read);
    const counts = row.kind === "task" ? countsAt(run, places[r]![0]) : null;
    return [row.key, read.get(run.dag_run_id)?.get(row.key)?.rendered_map_index, when, state ? t(`state.${state}`) : state === null ? t("rows.absent") : t("app.loading"), counts ? `×${total(counts)}` : ""].filter(Boolean).join(", ");
  };
  return (
    <div className="visually-hidden">
      {shown(focus.row, -1, rows.length - 1).map((r) => (
        <div role="row" key={r} aria-rowindex={r + 2} aria-expanded={rows[r] && isFoldable(rows[r]) ? !rows[r].folded : undefined}>
          <span role="rowheader" aria-colindex={1}>{rows[r]?.key ?? t("rows.runs")}</span>
          {columns.map((c) => (
            <span role="gridcell" key={c} id={cellId(id, r, c)} aria-colindex={c + 2} aria-selected={r === focus.row && c === focus.column} aria-label={nameOf(r, c)} />
          ))}
        </div>
      ))}
    </div>
  );
}
