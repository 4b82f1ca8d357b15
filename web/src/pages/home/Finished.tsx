import type { Summary } from "../../api/shapes";
import { count, duration, shortTime } from "../../lib/format";
import { useNow } from "../../lib/useNow";
import { t } from "../../texts";
import { bucketsOf, rateOf, ranges, spanOf, type Range } from "./timeline";

const BARS = 36, STEP = 7.6, HIGH = 56;

// Tasks that finished; failures lie on top, apart. How long they waited for a worker, and how full the cluster is.
export function Finished({ summary, range }: { summary: Summary; range: Range }) {
  const minute = Math.floor(useNow() / 60_000) * 60_000;
  const span = spanOf(minute + 60_000, ranges[range]);
  const bars = bucketsOf(summary.finished, span, BARS);
  const most = Math.max(1, ...bars.map((bar) => bar.success + bar.failed));
  const all = bars.reduce((sum, bar) => sum + bar.success + bar.failed, 0), failed = bars.reduce((sum, bar) => sum + bar.failed, 0);
  const rate = rateOf(summary.finished, minute);
  const wait = summary.queue_wait_p50 === null ? "—" : t("home.p50_p99", { p50: duration(summary.queue_wait_p50), p99: duration(summary.queue_wait_p99) });
  const line = (name: string, value: string) => <div className="row between sm figure"><span className="q">{name}</span><span className="num">{value}</span></div>;
  return (
    <section className="panel">
      <div className="ph"><h2>{t("home.finished")}</h2><span className="x"><span className="num b">{t("home.per_minute", { n: rate < 10 ? rate.toFixed(1) : count(Math.round(rate)) })}</span></span></div>
      <div className="figures">
        <svg viewBox={`0 0 ${BARS * STEP} 64`} width="100%" height="64" preserveAspectRatio="none" role="img" aria-label={t("home.finished_label", { n: all, failed })}>
          {bars.map((bar, n) => {
            const done = (bar.success / most) * HIGH, bad = bar.failed ? Math.max(3, (bar.failed / most) * HIGH) : 0;
            return (
              <g key={n}>
                {done > 0 ? <rect className="s-success" x={n * STEP} y={62 - done} width={5.6} height={done} style={{ fill: "var(--edge)" }} /> : null}
                {bad > 0 ? <rect className="s-failed" x={n * STEP} y={Math.max(0, 61 - done - bad)} width={5.6} height={bad} style={{ fill: "var(--solid)" }} /> : null}
              </g>
            );
          })}
          <path d={`M0 62.500h${BARS * STEP}`} style={{ stroke: "var(--line)" }} />
        </svg>
        {line(t("home.queue_wait"), wait)}
        {line(t("home.slots"), t("home.n_of", { n: count(summary.slots_used), of: count(summary.slots_total) }))}
        {line(t("home.failed"), all ? `${((failed / all) * 100).toFixed(1)} % · ${count(failed)}` : "—")}
        {Date.parse(summary.finished_since) > span.from ? <p className="mi qq counted">{t("home.counted_since", { at: shortTime(summary.finished_since) })}</p> : null}
      </div>
    </section>
  );
}
