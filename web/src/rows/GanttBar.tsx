import { clockSeconds, duration } from "../lib/format";
import { isLoud } from "../lib/state";
import { t } from "../texts";
import type { Bar } from "./gantt-data";

const classes: Record<Bar["kind"], string> = { pool: "q", queue: "q", ran: "", retry: "w", expected: "e" };

export function GanttBar({ bar, style }: { bar: Bar; style: React.CSSProperties }) {
  const text = t(`rows.bar_${bar.kind}`, { state: t(`state.${bar.state}`), n: bar.try, t: duration((bar.to - bar.from) / 1000), from: clockSeconds(new Date(bar.from)), to: clockSeconds(new Date(bar.to)) });
  return <i className={`gb ${classes[bar.kind]} s-${bar.state}${bar.kind === "ran" && isLoud(bar.state) ? " loud" : ""}`} style={style} title={text} />;
}
