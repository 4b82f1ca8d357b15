import { useEffect, useId, useLayoutEffect, useMemo, useRef, useState, type KeyboardEvent, type PointerEvent } from "react";
import type { Grid } from "../api/shapes";
import { settings } from "../app/settings";
import { duration } from "../lib/format";
import { create } from "../lib/store";
import { t } from "../texts";
import { boxOf, moved, type Focus } from "./focus";
import { GridCanvas } from "./GridCanvas";
import { GridHeader, HEAD } from "./GridHeader";
import { GridNames } from "./GridNames";
import { FocusLayer, GlowLayer, HoverLayer, type Hover } from "./GridOverlay";
import { GridReader, cellId } from "./GridReader";
import { indexOf, placesOf } from "./grid-data";
import { topOf } from "./header";
import { NamesHandle } from "./NamesHandle";
import { gridPages } from "./instances";
import { isFoldable, type Row } from "./rows";
import { useInstances } from "./useInstances";
import { useNamesWidth } from "./useNamesWidth";
import { useParts } from "./useParts";
import { clock } from "../api/clock";
import { watchDag } from "../api/live";
import { COLUMN, ROW, cellAt, scrollFor } from "./window";
import "./rows.css";

export type Chosen = { run: string; id: string }; // id: the row's key; "": the run itself
type Props = {
  dagId: string; grid: Grid; rows: Row[]; run: string; selected: string;
  onSelect: (chosen: Chosen, how: { replace: boolean }) => void;
  onOpen: (chosen: Chosen) => void;
  onFold: (row: Row) => void;
  onSeveral: (chosen: Chosen[]) => void; // what Shift has selected; nothing any more
};
const FOLLOW_MS = 120; // the selection follows the focus when it rests
const SEVERAL_MAX = 500;

// Runs by tasks: names at the left, a column a run, the newest at the right.
export function GridView({ dagId, grid, rows, run, selected, onSelect, onOpen, onFold, onSeveral }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const id = useId();
  const [hover] = useState(() => create<Hover>(null));
  const index = useMemo(() => indexOf(grid), [grid.task_ids, grid.states]);
  const places = useMemo(() => rows.map((row) => placesOf(row, index)), [rows, index]);
  const names = useNamesWidth(rows);
  const parts = useParts(box, rows.length, grid.runs.length, names, HEAD);
  const chosenColumn = grid.runs.findIndex((one) => one.dag_run_id === run);
  const named = chosenColumn >= 0 ? run : grid.runs.at(-1)?.dag_run_id ?? "";
  const pages = useMemo(() => gridPages(grid, index, rows, parts, named), [grid, index, rows, parts, named]);
  const read = useInstances(dagId, pages, watchDag(dagId));
  const chosenRow = selected ? rows.findIndex((row) => row.key === selected) : -1;
  const [focus, setFocus] = useState<Focus>({ row: chosenRow, column: Math.max(0, chosenColumn), anchor: null });
  const [focused, setFocused] = useState(false);
  const follow = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);

  // The newest are seen first; who looks at the newest goes on to see them.
  const count = useRef(0);
  useLayoutEffect(() => {
    const at = box.current;
    if (!at) return;
    const room = (grid.runs.length - count.current) * COLUMN;
    if (count.current === 0 || at.scrollLeft + at.clientWidth >= at.scrollWidth - room - COLUMN) at.scrollLeft = at.scrollWidth;
    count.current = grid.runs.length;
  }, [grid.runs.length]);

  // What is chosen elsewhere has the focus here, and is scrolled to.
  const key = `${run}\n${selected}`;
  const mine = useRef("");
  useEffect(() => {
    if (key === mine.current) return;
    mine.current = key;
    if (chosenColumn < 0) return;
    setFocus((now) => (now.row === chosenRow && now.column === chosenColumn ? now : { row: chosenRow, column: chosenColumn, anchor: null }));
    show(chosenRow, chosenColumn);
  }, [key, chosenColumn, chosenRow]);
  // Rows that fold and columns that come move what is chosen; the focus stays with it.
  useEffect(() => {
    if (chosenColumn >= 0) setFocus((now) => (now.anchor || (now.row === chosenRow && now.column === chosenColumn) ? now : { row: selected && chosenRow < 0 ? now.row : chosenRow, column: chosenColumn, anchor: null }));
  }, [chosenRow, chosenColumn]);
  useEffect(() => () => clearTimeout(follow.current), []);

  function show(row: number, column: number) {
    const at = box.current;
    if (!at) return;
    if (row >= 0) at.scrollTop = scrollFor(row * ROW, ROW, at.scrollTop, at.clientHeight - HEAD);
    at.scrollLeft = scrollFor(column * COLUMN, COLUMN, at.scrollLeft, at.clientWidth - names);
  }
  const chosenAt = (row: number, column: number): Chosen => ({ run: grid.runs[column]!.dag_run_id, id: rows[row]?.key ?? "" });
  function choose(row: number, column: number, replace: boolean) {
    const chosen = chosenAt(row, column);
    mine.current = `${chosen.run}\n${chosen.id}`;
    onSelect(chosen, { replace });
  }
  function move(next: Focus) {
    setFocus(next);
    show(next.row, next.column);
    const several = boxOf(next);
    const all: Chosen[] = [];
    for (let r = several?.top ?? 0; several && r <= several.bottom; r += 1) {
      for (let c = several.left; c <= several.right && all.length < SEVERAL_MAX; c += 1) all.push(chosenAt(r, c));
    }
    onSeveral(all);
    clearTimeout(follow.current);
    follow.current = setTimeout(() => choose(next.row, next.column, true), FOLLOW_MS);
  }
  function onKeyDown(event: KeyboardEvent) {
    if (event.ctrlKey || event.metaKey || event.altKey || grid.runs.length === 0) return;
    if (event.key.length === 1 && event.key !== " " && !settings.get().letters) return;
    const row = rows[focus.row];
    if (event.key === " ") { if (row && isFoldable(row)) onFold(row); }
    else if (event.key === "Enter") {
      if (row?.kind === "group") onFold(row);
      else onOpen(chosenAt(focus.row, focus.column));
    } else {
      const next = moved(focus, event.key, event.shiftKey, rows.length, grid.runs.length);
      if (!next) return;
      move(next);
    }
    event.preventDefault();
  }

  // By arithmetic: nothing is asked of the page.
  const placeOf = (event: PointerEvent) => {
    const edge = event.currentTarget.getBoundingClientRect();
    return cellAt(event.clientX - edge.left, event.clientY - edge.top, grid.runs.length, rows.length);
  };
  const columnOf = (event: PointerEvent) => cellAt(event.clientX - event.currentTarget.getBoundingClientRect().left, 0, grid.runs.length, 1)?.column;
  const point = (place: { row: number; column: number } | null, event: PointerEvent) => {
    const now = hover.get();
    if (!place || event.pointerType === "touch") return hover.set(null);
    if (now?.row !== place.row || now.column !== place.column) hover.set({ ...place, x: event.clientX, y: event.clientY });
  };
  function press(row: number, column: number, event: PointerEvent | React.MouseEvent) {
    if (event.shiftKey && row >= 0) return move({ row, column, anchor: focus.anchor ?? { row: Math.max(0, focus.row), column: focus.column } });
    setFocus({ row, column, anchor: null });
    onSeveral([]);
    choose(row, column, false);
  }
  function pressName(event: React.MouseEvent) {
    const r = Math.floor((event.clientY - event.currentTarget.getBoundingClientRect().top) / ROW), row = rows[r];
    if (!row) return;
    if (isFoldable(row) && ((row.kind === "group" && row.key === selected) || (event.target as Element).closest(".fold"))) onFold(row);
    else press(r, Math.max(0, chosenColumn), event);
  }
  const top = topOf(grid.runs, grid.median_seconds, clock.now());
  const column = focus.column < grid.runs.length ? focus.column : grid.runs.length - 1;
  const at = { ...focus, row: Math.min(focus.row, rows.length - 1), column };
  return (
    <div className="gscroll" ref={box} role="grid" tabIndex={0} aria-label={t("rows.grid", { dag: dagId })} aria-rowcount={rows.length + 1} aria-colcount={grid.runs.length + 1}
      aria-activedescendant={grid.runs.length > 0 ? cellId(id, at.row, at.column) : undefined} aria-multiselectable="true"
      onKeyDown={onKeyDown} onFocus={() => setFocused(true)} onBlur={() => setFocused(false)} onScroll={() => hover.set(null)}>
      <div className="gbody" style={{ width: names + grid.runs.length * COLUMN + 8, height: HEAD + rows.length * ROW + 8 }}>
        <div className="ghead" style={{ height: HEAD }} aria-hidden="true">
          <div className="gcorner" style={{ width: names }}>
            <span style={{ top: 0 }}>{duration(top)}</span><span style={{ top: 26 }}>{duration(top / 2)}</span><span style={{ top: 54 }}>0</span>
            <span className="start">{t("rows.started_head")}</span>
            <NamesHandle width={names} />
          </div>
          <div className="gtop" onPointerMove={(event) => { const c = columnOf(event); point(c === undefined ? null : { row: -1, column: c }, event); }} onPointerLeave={() => hover.set(null)}
            onClick={(event) => { const c = columnOf(event as unknown as PointerEvent); if (c !== undefined) press(-1, c, event); }}
            onDoubleClick={(event) => { const c = columnOf(event as unknown as PointerEvent); if (c !== undefined) onOpen(chosenAt(-1, c)); }}>
            {chosenColumn >= 0 ? <div className={focused && at.row < 0 ? "gband col foc" : "gband col"} style={{ left: chosenColumn * COLUMN + 1, width: COLUMN - 2, top: 4, bottom: 0 }} /> : null}
            <GridHeader runs={grid.runs} median={grid.median_seconds} part={parts.columns} chosen={chosenColumn} />
          </div>
        </div>
        <div className="gnames" style={{ width: names, height: rows.length * ROW }} aria-hidden="true" onClick={pressName}>
          <GridNames rows={rows} places={places} newest={grid.runs.at(-1)} selected={selected} part={parts.rows} read={read.get(named)} />
        </div>
        <div className="gcells" style={{ left: names, top: HEAD, width: grid.runs.length * COLUMN, height: rows.length * ROW }} aria-hidden="true"
          onPointerMove={(event) => point(placeOf(event), event)} onPointerLeave={() => hover.set(null)}
          onClick={(event) => { const place = placeOf(event as unknown as PointerEvent); if (place) press(place.row, place.column, event); }}
          onDoubleClick={(event) => { const place = placeOf(event as unknown as PointerEvent); if (place) onOpen(chosenAt(place.row, place.column)); }}>
          {chosenColumn >= 0 ? <div className="gband col" style={{ left: chosenColumn * COLUMN + 1, width: COLUMN - 2, top: 0, bottom: 0 }} /> : null}
          {chosenRow >= 0 ? <div className="gband" style={{ top: chosenRow * ROW, height: ROW, left: 0, right: 0 }} /> : null}
          <HoverLayer {...{ dagId, grid, index, rows, places, read, hover }} />
          <GridCanvas {...{ grid, index, rows, places, read }} rowPart={parts.rows} columnPart={parts.columns} />
          <GlowLayer {...{ grid, index, rows, places, read }} />
          <FocusLayer focus={at} shown={focused || chosenRow >= 0} />
        </div>
      </div>
      <GridReader id={id} grid={grid} index={index} rows={rows} places={places} read={read} focus={at} />
    </div>
  );
}
