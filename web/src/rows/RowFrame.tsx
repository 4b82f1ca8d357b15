import { useEffect, useId, useLayoutEffect, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import { settings } from "../app/settings";
import { StateMark } from "../components/StateMark";
import type { State } from "../lib/state";
import { t } from "../texts";
import { NamesHandle } from "./NamesHandle";
import { RowName } from "./RowName";
import { isFoldable, type Row } from "./rows";
import { useNamesWidth } from "./useNamesWidth";
import { useParts } from "./useParts";
import { ROW, scrollFor, type Part } from "./window";
import "./rows.css";

type Props = {
  label: string; of: { dagId: string; runId: string }; rows: Row[]; selected: string;
  onSelect: (row: Row, how: { replace: boolean }) => void; onOpen: (row: Row) => void; onFold: (row: Row) => void;
  state: (row: Row) => State | null; count: (row: Row) => number | null; name?: (row: Row) => string | null | undefined;
  onSeen?: (part: Part) => void; // the rows that are drawn
  corner: ReactNode; head: (width: number) => ReactNode; children: (row: Row, width: number) => ReactNode; // `width`: of what stands beside the names
  over?: (width: number) => ReactNode; // over all rows
  least?: number; // width, below which it is scrolled sideways
};
const HEAD = 32, MARK = 26;

// Rows with their names and states at the left and one thing each at the right: the Gantt's frame, and the list's.
export function RowFrame({ label, of, rows, selected, onSelect, onOpen, onFold, state, count, name, onSeen, corner, head, children, over, least = 220 }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const id = useId();
  const names = useNamesWidth(rows, MARK);
  const parts = useParts(box, rows.length, 0, names, HEAD);
  const width = Math.max(least, parts.width - names - 12);
  const chosen = selected ? rows.findIndex((row) => row.key === selected) : -1;
  useEffect(() => onSeen?.(parts.rows), [parts.rows]);
  const [focus, setFocus] = useState(Math.max(0, chosen));
  const follow = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(follow.current), []);
  const show = (n: number) => {
    const at = box.current;
    if (at) at.scrollTop = scrollFor(n * ROW, ROW, at.scrollTop, at.clientHeight - HEAD);
  };
  useLayoutEffect(() => {
    if (chosen < 0) return;
    setFocus(chosen);
    show(chosen);
  }, [selected]);

  function go(next: number) {
    setFocus(next);
    show(next);
    clearTimeout(follow.current);
    follow.current = setTimeout(() => onSelect(rows[next]!, { replace: true }), 120);
  }
  function onKeyDown(event: KeyboardEvent) {
    if (event.ctrlKey || event.metaKey || event.altKey || (event.key.length === 1 && event.key !== " " && !settings.get().letters)) return;
    const row = rows[Math.min(focus, rows.length - 1)];
    const step = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1, PageDown: 20, PageUp: -20, Home: -Infinity, End: Infinity }[event.key];
    if (!row) return;
    if (step) go(Math.max(0, Math.min(rows.length - 1, focus + step)));
    else if (isFoldable(row) && (event.key === " " || (row.kind === "group" && event.key === "Enter") || event.key === (row.folded ? "ArrowRight" : "ArrowLeft"))) onFold(row);
    else if (row.kind === "instance" && event.key === "ArrowLeft") go(rows.findIndex((one) => one.kind === "task" && one.id === row.id));
    else if (event.key === "Enter") onOpen(row);
    else return;
    event.preventDefault();
  }
  const at = Math.min(focus, rows.length - 1);
  return (
    <div className="gscroll rframe" ref={box} role="treegrid" tabIndex={0} aria-label={label} aria-rowcount={rows.length} aria-activedescendant={at >= 0 ? `${id}-${at}` : undefined} onKeyDown={onKeyDown}>
      <div className="gbody" style={{ width: names + width + 12, height: HEAD + 4 + rows.length * ROW + 8 }}>
        <div className="ghead" style={{ height: HEAD }} aria-hidden="true">
          <div className="gcorner" style={{ width: names }}><span className="start">{corner}</span><NamesHandle width={names} /></div>
          <div style={{ position: "relative", width }}>{head(width)}</div>
        </div>
        <div className="rrows" role="presentation" style={{ height: rows.length * ROW }}>
          {rows.slice(parts.rows.from, parts.rows.to).map((row, n) => {
            const r = parts.rows.from + n, mark = state(row);
            return (
              <div key={`${row.kind} ${row.key}`} id={`${id}-${r}`} role="row" aria-rowindex={r + 1} aria-level={row.depth + 1} aria-selected={row.key === selected}
                aria-expanded={isFoldable(row) ? !row.folded : undefined} className={`rrow${row.key === selected ? " sel" : ""}${r === at ? " foc" : ""}`}
                style={{ top: r * ROW, gridTemplateColumns: `${names}px 1fr` }}
                onClick={() => { setFocus(r); if (row.kind === "group" && row.key === selected) onFold(row); else onSelect(row, { replace: false }); }} onDoubleClick={() => onOpen(row)}>
                <div className="rname" role="rowheader">
                  <RowName row={row} count={count(row)} onFold={onFold} of={of} name={name?.(row)} />
                  <span className="rmark">{mark ? <StateMark state={mark} size={14} title={t(`state.${mark}`)} /> : null}</span>
                </div>
                <div className="rcell" role="gridcell">{children(row, width)}</div>
              </div>
            );
          })}
          {over ? <div className="rover" style={{ left: names, width }} role="presentation">{over(width)}</div> : null}
        </div>
      </div>
    </div>
  );
}
