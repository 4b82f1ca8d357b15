import { memo } from "react";
import type { RunBar } from "../../api/shapes";
import { duration, secondsBetween } from "../../lib/format";
import { isLoud, stateOf } from "../../lib/state";
import { runLabel } from "../../lib/run";
import { t } from "../../texts";
import { BARS } from "./patch";

const STEP = 6, WIDTH = 4.6, BASE = 18.5, TALLEST = 16, SHORTEST = 1.5;
export const BARS_WIDTH = BARS * STEP + 2;

// The last runs, their height the time they took; a failure has a foot under the line, so that it is a shape, too.
export const Bars = memo(function Bars({ runs, now }: { runs: RunBar[]; now: number }) {
  const seconds = runs.map((run) => secondsBetween(run.start_date, run.end_date ?? now));
  const longest = Math.max(1e-3, ...seconds.map((s) => s ?? 0));
  const first = BARS - runs.length;
  return (
    <svg className="bars" width={BARS_WIDTH} height={24} viewBox={`0 0 ${BARS_WIDTH} 24`} role="img" aria-label={t("dags.bars", { n: runs.length, failed: runs.filter((run) => run.state === "failed").length })}>
      {runs.map((run, n) => {
        const state = stateOf(run.state);
        const high = Math.max(SHORTEST, ((seconds[n] ?? 0) / longest) * TALLEST);
        const x = (first + n) * STEP;
        const fill = { fill: isLoud(state) ? "var(--solid)" : "var(--edge)" };
        return (
          <g key={run.dag_run_id} className={`s-${state}`}>
            <title>{`${runLabel(run.dag_run_id)} · ${t(`state.${state}`)} · ${duration(seconds[n])}`}</title>
            <rect x={x} y={BASE - high} width={WIDTH} height={high} rx={1} style={fill} />
            {state === "failed" ? <rect x={x} y={20.5} width={WIDTH} height={3.5} style={fill} /> : null}
          </g>
        );
      })}
      <path d={`M0 19.500h${BARS_WIDTH}`} style={{ stroke: "var(--line)" }} />
    </svg>
  );
});
