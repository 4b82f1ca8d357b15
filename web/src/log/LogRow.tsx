import { memo, useMemo, useState } from "react";
import { Icon } from "../components/Icon";
import { bytes, clockSeconds, fullTime } from "../lib/format";
import { t } from "../texts";
import { classesOf } from "./ansi";
import { LINE_SHOWN_MAX, piecesOf, spansOf } from "./line";
import type { FoldRow, LineRow } from "./rows";

type LineProps = { row: LineRow; time: string | undefined; q: string; matchCase: boolean; current: number /* which of its hits one is at; -1: none */; marked: boolean; onMark: (row: LineRow) => void };

// A line, as text nodes only. Rows are made anew as the log grows: what a line shows is what counts.
export const LogLineView = memo(function LogLineView({ row, time, q, matchCase, current, marked, onMark }: LineProps) {
  const [whole, setWhole] = useState(false);
  const long = row.line.text.length > LINE_SHOWN_MAX && !whole;
  const pieces = useMemo(
    () => piecesOf(spansOf(long ? row.line.text.slice(0, LINE_SHOWN_MAX) : row.line.text, row.style).spans, q, matchCase),
    [row.line, row.style, long, q, matchCase],
  );
  return (
    <div className={`ln ${row.tone ? `t-${row.tone}` : ""}${marked ? " marked" : ""}`} style={row.depth ? { paddingLeft: row.depth * 12 } : undefined}>
      <button className="no" tabIndex={-1} aria-label={row.number === null ? undefined : t("log.link_line", { n: row.number })} onClick={() => onMark(row)}>
        {row.number ?? (row.line.goesOn ? "…" : "")}
      </button>
      <time dateTime={time} title={time ? fullTime(time) : undefined}>{time ? clockSeconds(time) : ""}</time>
      <span>
        {pieces.map((piece, n) => {
          const name = `${classesOf(piece.style)}${piece.hit === undefined ? "" : piece.hit === current ? " hit" : " hit2"}`.trim();
          if (piece.href) return <a key={n} className={name || undefined} href={piece.href} target="_blank" rel="noreferrer">{piece.text}</a>;
          return name ? <span key={n} className={name}>{piece.text}</span> : piece.text;
        })}
        {long ? <button className="btn s" onClick={() => setWhole(true)}>{t("log.show_line", { size: bytes(row.line.bytes) })}</button> : null}
      </span>
    </div>
  );
}, (a, b) => a.row.line === b.row.line && a.row.number === b.row.number && a.row.tone === b.row.tone && a.row.style === b.row.style && a.row.depth === b.row.depth
  && a.time === b.time && a.q === b.q && a.matchCase === b.matchCase && a.current === b.current && a.marked === b.marked && a.onMark === b.onMark);

export function LogFoldView({ row, onToggle }: { row: FoldRow; onToggle: (row: FoldRow) => void }) {
  return (
    <button className="fold" style={row.depth ? { marginLeft: row.depth * 12 } : undefined} aria-expanded={row.open} onClick={() => onToggle(row)}>
      <Icon name={row.open ? "down" : "right"} small />
      <span className="ell">{row.of === "group" ? row.title : t("log.repeated", { n: row.count })}</span>
      {row.of === "group" ? <span className="qq">{t("log.fold_lines", { n: row.count })}</span> : null}
    </button>
  );
}
