import { memo } from "react";
import type { GridRun } from "../api/shapes";
import { countsAt, total } from "./grid-data";
import type { OfRun } from "./instances";
import { RowName } from "./RowName";
import type { Row } from "./rows";
import { ROW, TILE, type Part } from "./window";

type Props = { rows: Row[]; places: number[][]; newest: GridRun | undefined; selected: string; read: OfRun | undefined /* of the run whose names the rows have */ };

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
    if ((row.key === a.selected) !== (row.key === b.selected) || (row.kind === "task" && row.task?.is_mapped && a.newest !== b.newest)) return false;
    if (row.kind === "instance" && a.read !== b.read) return false;
  }
  return true;
}

const Tile = memo(function Tile({ rows, places, newest, selected, read, from }: TileProps) {
  return (
    <>
      {rows.slice(from, from + TILE).map((row, n) => {
        const counts = row.kind === "task" && newest ? countsAt(newest, places[from + n]![0]) : null;
        return <div key={`${row.kind} ${row.key}`} className={row.key === selected ? "gwho sel" : "gwho"} style={{ top: (from + n) * ROW }}><RowName row={row} count={counts && total(counts)} name={read?.get(row.key)?.rendered_map_index} /></div>;
      })}
    </>
  );
}, same);
