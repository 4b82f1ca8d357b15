import { memo } from "react";
import type { GridRun } from "../api/shapes";
import { shortTime } from "../lib/format";
import { runTypeMark } from "../lib/run";
import { isLoud, stateOf } from "../lib/state";
import { useNow } from "../lib/useNow";
import { labelled, secondsOf, topOf } from "./header";
import { COLUMN, type Part } from "./window";

type Props = { runs: GridRun[]; median: number | null; part: Part; chosen: number };
const BASE = 62, HIGH = 58; // the bars' base line and greatest height
export const HEAD = 104;

// How long each run took, over its column.
export const GridHeader = memo(function GridHeader({ runs, median, part, chosen }: Props) {
  const width = runs.length * COLUMN;
  return runs.some((run) => !run.end_date) ? <Ticking {...{ runs, median, part, chosen, width }} /> : <Bars {...{ runs, median, part, chosen, width, now: 0 }} />;
});

function Ticking(props: Props & { width: number }) {
  return <Bars {...props} now={useNow()} />;
}

function Bars({ runs, median, part, chosen, width, now }: Props & { width: number; now: number }) {
  const top = topOf(runs, median, now);
  const high = (seconds: number) => Math.min(HIGH, (seconds / top) * HIGH);
  const marks = new Set(labelled(runs.length, chosen));
  const shown = runs.slice(part.from, part.to);
  return (
    <svg className="gbars" width={width} height={HEAD} aria-hidden="true">
      <path d={`M0 4h${width}M0 33h${width}`} className="guide" />
      {median !== null ? <path d={`M0 ${BASE - high(median)}h${width}`} className="median" /> : null}
      <path d={`M0 ${BASE + 0.5}h${width}`} className="base" />
      {shown.map((run, n) => {
        const at = part.from + n, x = at * COLUMN + 3, state = stateOf(run.state);
        const seconds = secondsOf(run, now), height = seconds === null ? 0 : Math.max(2, high(seconds));
        const last = at === runs.length - 1;
        return (
          <g key={run.dag_run_id} className={`s-${state}`}>
            {state === "running" && median !== null && seconds !== null && median > seconds ? <rect className="expect" x={x + 0.5} y={BASE - high(median)} width={13} height={high(median) - height} rx={2} /> : null}
            {height > 0 ? <rect x={x} y={BASE - height} width={14} height={height} rx={2} style={{ fill: isLoud(state) ? "var(--solid)" : "var(--edge)" }} />
              : <rect x={x + 0.5} y={BASE - 4} width={13} height={4} rx={1} className="expect" />}
            {state === "failed" ? <><path className="cross" d={`M${x + 4.5} ${BASE - height - 7}l5 5m0 -5l-5 5`} /><rect x={x} y={BASE + 1.5} width={14} height={3.5} rx={1} style={{ fill: "var(--solid)" }} /></> : null}
            {runTypeMark[run.run_type] ? <text x={x + 7} y={BASE + 15} className="type">{runTypeMark[run.run_type]}</text> : null}
            {marks.has(at) ? <text x={last ? x + 15 : x} y={BASE + 34} className={at === chosen ? "when chosen" : "when"} textAnchor={last && at > 2 ? "end" : "start"}>{shortTime(run.run_after)}</text> : null}
          </g>
        );
      })}
    </svg>
  );
}
