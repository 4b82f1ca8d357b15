import { useMemo } from "react";
import type { Gantt, StructureEdge } from "../api/shapes";
import { clockSeconds, clockTime, dayOf, duration } from "../lib/format";
import { isFinished, isLoud, stateOf } from "../lib/state";
import { useNow } from "../lib/useNow";
import { t } from "../texts";
import { barsOf, expectedOf, ganttRows, groupBar, mappedCount, spanOf, ticksOf, type Bar, type Span } from "./gantt-data";
import { GanttBar } from "./GanttBar";
import { RowFrame } from "./RowFrame";
import type { Row } from "./rows";
import { useGanttRow } from "./useGanttRow";

type Props = { gantt: Gantt; edges: StructureEdge[]; rows: Row[]; selected: string; onSelect: (row: Row, how: { replace: boolean }) => void; onOpen: (row: Row) => void; onFold: (row: Row) => void };

// What each task of a run waited for and when it ran, in the grid's rows.
export function GanttView(props: Props) {
  return props.gantt.run.end_date ? <Chart {...props} now={Date.parse(props.gantt.run.end_date)} live={false} /> : <Live {...props} />;
}
function Live(props: Props) {
  return <Chart {...props} now={useNow()} live />;
}

function Chart({ gantt, edges, rows, selected, onSelect, onOpen, onFold, now, live }: Props & { now: number; live: boolean }) {
  const { byId, one, frame } = useGanttRow(gantt, rows);
  const expected = useMemo(() => (live ? expectedOf(gantt.rows, edges, now) : new Map<string, Span>()), [gantt.rows, edges, live, now]);
  const span = spanOf(gantt, expected, now);
  const x = (at: number, width: number) => ((at - span.from) / (span.to - span.from)) * (width - 8);
  return (
    <RowFrame label={t("rows.gantt")} of={{ dagId: gantt.run.dag_id, runId: gantt.run.dag_run_id }} {...{ rows, selected, onSelect, onOpen, onFold }}
      corner={t("rows.count", { n: rows.length })} {...frame}
      head={(width) => <Axis span={span} width={width} x={x} now={live ? now : null} />}
      over={(width) => (
        <>
          {ticksOf(span, width).map(({ at }) => <i key={at} className="gline" style={{ left: x(at, width) }} />)}
          {live ? <i className="gnow" style={{ left: x(now, width) }} /> : null}
        </>
      )}>
      {(row, width) => {
        const place = (bar: { from: number; to: number }) => ({ left: x(bar.from, width), width: Math.max(2, x(bar.to, width) - x(bar.from, width)) });
        if (row.kind === "group") {
          const bar = groupBar(ganttRows(row, byId), now);
          return bar ? <i className={`gb gp s-${bar.state}${isLoud(bar.state) ? " loud" : ""}`} style={place(bar)} /> : null;
        }
        const of = one(row);
        if (!of) return null;
        const bars: Bar[] = of.counts && of.start_date ? barsOf({ ...of, tries: [] }, now) : barsOf(of, now);
        const hoped = row.kind === "task" ? expected.get(row.id) : undefined;
        const end = Math.max(...bars.map((bar) => bar.to), -Infinity);
        const words = wordsOf(of, now);
        const left = end === -Infinity ? null : x(end, width);
        const first = x(Math.min(...bars.map((bar) => bar.from)), width);
        const after = left !== null && left < width - 90;
        const beforeOf = (at: number) => ({ left: at - 6, transform: "translateX(-100%)" });
        const spot = after ? { left: left + 6 } : beforeOf(first > 90 ? first : left ?? 0); // at worst on the bar
        return (
          <>
            {bars.map((bar, n) => <GanttBar key={n} bar={bar} style={place(bar)} />)}
            {hoped ? <GanttBar bar={{ kind: "expected", state: "none", try: of.try_number, ...hoped }} style={place(hoped)} /> : null}
            {words && left !== null && !hoped ? <span className="gl" style={spot}>{words}</span> : null}
          </>
        );
      }}
    </RowFrame>
  );
}

// What is written beside a row's bars.
function wordsOf(row: Gantt["rows"][number], now: number): string {
  const state = stateOf(row.state);
  const took = row.start_date ? duration(((row.end_date && isFinished(state) ? Date.parse(row.end_date) : now) - Date.parse(row.start_date)) / 1000) : "";
  if (row.counts) {
    const slowest = row.slowest_seconds === null ? "" : duration(row.slowest_seconds);
    return slowest ? t("rows.mapped_took", { n: mappedCount(row) ?? 0, slowest }) : "";
  }
  if (state === "skipped" || state === "upstream_failed" || state === "removed") return t(`state.${state}`);
  if (state === "up_for_retry") return t("rows.try", { n: row.try_number, of: row.max_tries });
  if (state === "success" || state === "failed") return took;
  return "";
}

type AxisProps = { span: Span; width: number; x: (at: number, width: number) => number; now: number | null };
function Axis({ span, width, x, now }: AxisProps) {
  const ticks = ticksOf(span, width);
  const seconds = ticks.length > 1 && (ticks[1]!.at - ticks[0]!.at) % 60_000 !== 0;
  const days = ticks.length > 1 && ticks[1]!.at - ticks[0]!.at >= 86_400_000;
  const text = (at: number, relative: boolean) => (relative ? duration((at - span.from) / 1000) : days ? dayOf(new Date(at)) : seconds ? clockSeconds(new Date(at)) : clockTime(new Date(at)));
  const at = now === null ? null : x(now, width);
  return (
    <>
      {ticks.map((tick) => (at !== null && Math.abs(x(tick.at, width) - at) < 44 ? null : <span key={tick.at} className="gtick" style={{ left: x(tick.at, width) }}>{text(tick.at, tick.relative)}</span>))}
      {now !== null ? <b className="gtick now" style={{ left: at! }}>{clockTime(new Date(now))}</b> : null}
    </>
  );
}
