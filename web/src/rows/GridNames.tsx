import { memo } from "react";
import type { GridRun } from "../api/shapes";
import { countsAt, total } from "./grid-data";
import { RowName } from "./RowName";
import type { Row } from "./rows";
import { ROW, TILE, type Part } from "./window";

type Props = { rows: Row[]; places: number[][]; newest: GridRun | undefined; selected: string };

// The rows' names beside the cells, in the same tiles.
export function GridNames({ part, ...props }: Props & { part: Part }) {
  const tiles = [];
  for (let from = part.from; from < part.to; from += TILE) tiles.push(<Tile key={from} from={from} {...props} />);
  return <>{tiles}</>;
}

type TileProps = Props & { from: number };
function same(a: TileProps, b: TileProps): boolean {
  if (a.rows !== b.rows || a.places !== b.places || a.from !== b.from) return false;
  for (let r = a.from; r < Math.min(a.from + TILE, a.rows.length); r += 1) {
    const row = a.rows[r]!;
    if ((row.id === a.selected) !== (row.id === b.selected) || (row.task?.is_mapped && a.newest !== b.newest)) return false;
  }
  return true;
}

const Tile = memo(function Tile({ rows, places, newest, selected, from }: TileProps) {
  return (
    <>
      {rows.slice(from, from + TILE).map((row, n) => {
        const counts = row.task?.is_mapped && newest ? countsAt(newest, places[from + n]![0]) : null;
        return <div key={`${row.kind} ${row.id}`} className={row.id === selected ? "gwho sel" : "gwho"} style={{ top: (from + n) * ROW }}><RowName row={row} count={counts && total(counts)} /></div>;
      })}
    </>
  );
}, same);
