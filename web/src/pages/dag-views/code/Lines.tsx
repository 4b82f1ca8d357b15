import { useVirtualizer } from "@tanstack/react-virtual";
import { memo, useEffect, useMemo, useRef } from "react";
import { t } from "../../../texts";
import type { Changed, Row } from "./diff";
import { cut, type Hit } from "./find";
import type { Piece } from "./python";

export type LineOf = (change: Changed) => Piece[];
type Props = { rows: Row[]; of: LineOf; hits: Hit[]; current: Hit | null; two: boolean; digits: number; onOpen: (from: number) => void };

const LINE_PX = 20;

// Lines of code, of which those in sight are there.
export function Lines({ rows, of, hits, current, two, digits, onOpen }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const window = useVirtualizer({ count: rows.length, getScrollElement: () => frame.current, estimateSize: () => LINE_PX, overscan: 20 });
  const byLine = useMemo(() => {
    const map = new Map<number, Hit[]>();
    for (const hit of hits) {
      const list = map.get(hit.line);
      if (list) list.push(hit);
      else map.set(hit.line, [hit]);
    }
    return map;
  }, [hits]);
  const line = current?.line;
  useEffect(() => { if (line !== undefined) window.scrollToIndex(line, { align: "auto" }); }, [line, window]);
  return (
    <div className="code-lines" ref={frame} tabIndex={0} role="region" aria-label={t("code.title")}>
      <div style={{ height: window.getTotalSize() }} className="code-all">
        <div className="code-block" style={{ transform: `translateY(${window.getVirtualItems()[0]?.start ?? 0}px)` }}>
          {window.getVirtualItems().map(({ index }) => {
            const row = rows[index]!;
            return row.kind === "fold"
              ? <button key={`f${row.from}`} className="code-fold" onClick={() => onOpen(row.from)}>{t("code.folded", { n: row.count })}</button>
              : <Line key={`${row.change.a} ${row.change.b}`} change={row.change} pieces={of(row.change)} hits={byLine.get(index) ?? none} current={current?.line === index ? current : null} two={two} digits={digits} />;
          })}
        </div>
      </div>
    </div>
  );
}
const none: Hit[] = [];
const marks = { same: " ", del: "−", add: "+" };

type LineProps = { change: Changed; pieces: Piece[]; hits: Hit[]; current: Hit | null; two: boolean; digits: number };

const Line = memo(function Line({ change, pieces, hits, current, two, digits }: LineProps) {
  const width = { minWidth: `${Math.max(3, digits) + 1}ch` };
  return (
    <div className={`code-line ${change.kind}`}>
      {two ? <span className="code-no" style={width}>{change.a === null ? "" : change.a + 1}</span> : null}
      <span className="code-no" style={width}>{change.b === null ? "" : change.b + 1}</span>
      {two ? <span className="code-mark">{marks[change.kind]}</span> : null}
      <span className="code-text">
        {cut(pieces, hits).map(({ tone, text, hit }, n) => (hit ? <mark key={n} className={hit === current ? "on" : undefined}>{text}</mark> : tone ? <span key={n} className={`py-${tone}`}>{text}</span> : text))}
      </span>
    </div>
  );
});
