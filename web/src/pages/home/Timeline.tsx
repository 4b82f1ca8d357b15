import { Link } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { memo, useRef } from "react";
import type { Summary, TimelineRow } from "../../api/shapes";
import { StateMark } from "../../components/StateMark";
import { ago, clockTime, dayOf, duration, shortTime, timeZone } from "../../lib/format";
import { isLoud, stateOf } from "../../lib/state";
import { toZoned } from "../../lib/zoned";
import { useNow } from "../../lib/useNow";
import { t } from "../../texts";
import { piecesOf, placeOf, ranges, spanOf, ticksOf, type Range } from "./timeline";

const ROW = 24, NAMES = 220, ENDS = 72;
const at = (part: number) => `calc(${NAMES}px + (100% - ${NAMES + ENDS}px) * ${part.toFixed(5)})`;

// The last hours' runs and what is due: hatch = waited, bar = ran, hollow = planned.
export function Timeline({ summary, range }: { summary: Summary; range: Range }) {
  const scroll = useRef<HTMLDivElement>(null);
  const hours = ranges[range];
  const step = Math.max(1000, (hours * 3_600_000) / 1000); // it moves by a thousandth of its width
  const now = Math.floor(useNow() / step) * step;
  const span = spanOf(now, hours);
  const zone = timeZone();
  const offset = Date.parse(`${toZoned(new Date(now).toISOString(), zone)}Z`) - Math.floor(now / 1000) * 1000;
  const rows = useVirtualizer({ count: summary.runs.length, getScrollElement: () => scroll.current, estimateSize: () => ROW, overscan: 20, initialRect: { width: 900, height: 460 } });
  return (
    <section className="panel tlp">
      <div className="ph"><h2>{t("nav.runs")}</h2><span className="sm qq">{t("home.window", { past: t(`home.range_${range}`), next: hours < 24 ? t("time.min", { n: hours * 15 }) : t("time.h", { n: hours / 4 }) })}</span></div>
      <div className="tlhead">{ticksOf(span, offset).map((tick) => <span key={tick} className="mi qq" style={{ left: at(placeOf(span, tick)) }}>{hours > 24 ? dayOf(new Date(tick)) : clockTime(new Date(tick))}</span>)}
        <span className="nowlabel num" style={{ left: at(placeOf(span, span.now)) }}>{clockTime(new Date(now))}</span></div>
      <div className="tlscroll" ref={scroll}>
        <div className="tl" style={{ height: Math.max(rows.getTotalSize(), 1) }}>
          {ticksOf(span, offset).map((tick) => <i key={tick} className="ax" style={{ left: at(placeOf(span, tick)) }} />)}
          <i className="now" style={{ left: at(placeOf(span, span.now)) }} />
          {rows.getVirtualItems().map((item) => <Row key={summary.runs[item.index]!.dag_id} row={summary.runs[item.index]!} top={item.start} now={now} hours={hours} />)}
        </div>
        {summary.runs.length === 0 ? <p className="q calm">{t("home.no_runs")}</p> : null}
      </div>
    </section>
  );
}

const Row = memo(function Row({ row, top, now, hours }: { row: TimelineRow; top: number; now: number; hours: number }) {
  const span = spanOf(now, hours);
  const last = row.runs[row.runs.length - 1];
  const waits = row.runs.filter((run) => run.state === "queued").length;
  const next = row.next[0];
  return (
    <div className="tlr" style={{ top }}>
      <span className="row g6 tlname"><StateMark state={stateOf(last?.state)} size={14} /><Link className="mono ell" to="/dags/$dagId" params={{ dagId: row.dag_id }} title={row.dag_id}>{row.dag_id}</Link></span>
      <span className="t">
        {piecesOf(row, span).map((one) => {
          const state = stateOf(one.state);
          const style = { left: `${(one.left * 100).toFixed(3)}%`, width: `${(one.width * 100).toFixed(3)}%` };
          if (one.kind === "next") return <i key={one.key} className="bar next" style={style} title={shortTime(one.at!)} />;
          if (one.kind === "wait") return <i key={one.key} className="bar hatch wait" style={style} />;
          const run = one.run!;
          const text = `${shortTime(run.run_after)} · ${t(`state.${state}`)} · ${duration(((run.end_date ? Date.parse(run.end_date) : now) - Date.parse(run.start_date!)) / 1000)}`;
          return <Link key={one.key} className={`bar s-${state}${isLoud(state) ? " loud" : ""}${state === "failed" ? " foot" : ""}`} style={style} title={text} aria-label={`${row.dag_id}, ${text}`} tabIndex={-1}
            to="/dags/$dagId/runs/$runId" params={{ dagId: row.dag_id, runId: run.dag_run_id }} />;
        })}
      </span>
      <span className="mi qq r nw">{waits ? t("home.n_wait", { n: waits }) : next ? (Date.parse(next) - now < 12 * 3_600_000 ? ago(next, now) : shortTime(next)) : t("dags.by_hand")}</span>
    </div>
  );
});
