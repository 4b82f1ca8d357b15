import { useEffect, useId, useRef, useState, type KeyboardEvent, type PointerEvent } from "react";
import { clock } from "../../../api/clock";
import { clockTime, dayOf, duration, secondsBetween } from "../../../lib/format";
import { runLabel } from "../../../lib/run";
import { isLoud } from "../../../lib/state";
import { useNow } from "../../../lib/useNow";
import { t } from "../../../texts";
import { scale, type Bar } from "./data";

const LEFT = 58, RIGHT = 8, TOP = 14, RAN_H = 220, MIDDLE = 34, WAITED_H = 64, H = TOP + RAN_H + MIDDLE + WAITED_H + 6;

type Props = { bars: Bar[]; median: number | null; at: number | null; onAt: (n: number | null) => void; onOpen: (bar: Bar) => void };

// Time that ran above, time that waited below, each with a scale of its own.
export function Chart({ bars, median, at, onAt, onOpen }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const id = useId();
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const watch = new ResizeObserver(([entry]) => setWidth(Math.floor(entry!.contentRect.width)));
    watch.observe(frame.current!);
    return () => watch.disconnect();
  }, []);
  const ticking = bars.some((bar) => bar.since !== null);
  const now = useNow();
  const ran = bars.map((bar) => bar.ran ?? (bar.since ? Math.max(0, secondsBetween(bar.since, ticking ? now : clock.now()) ?? 0) : 0));
  const up = scale(Math.max(...ran, median ?? 0, 0.1), 4), down = scale(Math.max(...bars.map((bar) => bar.waited ?? 0), 0.1), 2);
  const slot = Math.min(28, Math.max(2, (width - LEFT - RIGHT) / Math.max(1, bars.length)));
  const w = Math.max(1.5, slot - Math.min(3, slot * 0.25)), x = (n: number) => LEFT + n * slot;
  const base = TOP + RAN_H, under = base + MIDDLE;
  const y = (s: number) => base - (s / up.at(-1)!) * RAN_H, z = (s: number) => (s / down.at(-1)!) * WAITED_H;
  const move = (event: PointerEvent<SVGSVGElement>) => {
    const n = Math.floor((event.clientX - event.currentTarget.getBoundingClientRect().left - LEFT) / slot);
    onAt(n >= 0 && n < bars.length ? n : null);
  };
  const keys = (event: KeyboardEvent) => {
    const from = at ?? bars.length;
    const to = { ArrowLeft: from - 1, ArrowRight: from + 1, Home: 0, End: bars.length - 1 }[event.key];
    if (to !== undefined) onAt(Math.min(bars.length - 1, Math.max(0, to)));
    else if (event.key === "Enter" && at !== null && bars[at]) onOpen(bars[at]);
    else return;
    event.preventDefault();
  };
  return (
    <div className="dur-chart" ref={frame} tabIndex={0} role="listbox" aria-label={t("durations.chart")} aria-activedescendant={at === null ? undefined : `${id}${at}`} onKeyDown={keys} onBlur={() => onAt(null)}>
      {width > 0 ? (
        <svg width={width} height={H} onPointerMove={move} onPointerLeave={() => onAt(null)} onClick={() => { if (at !== null && bars[at]) onOpen(bars[at]); }} style={{ cursor: at === null ? "default" : "pointer" }}>
          {at !== null ? <rect className="dur-at" x={x(at) - (slot - w) / 2} y={0} width={slot} height={H} /> : null}
          {up.map((s) => <Tick key={s} y={y(s)} s={s} width={width} />)}
          {down.slice(1).map((s) => <Tick key={`d${s}`} y={under + z(s)} s={s} width={width} />)}
          {median !== null ? <line className="dur-median" x1={LEFT} x2={width - RIGHT} y1={y(median)} y2={y(median)} /> : null}
          <line className="dur-base" x1={LEFT} x2={width - RIGHT} y1={base} y2={base} />
          <line className="dur-base" x1={LEFT} x2={width - RIGHT} y1={under} y2={under} />
          {bars.map((bar, n) => {
            const height = Math.max(ran[n]! > 0 ? 1.5 : 0, base - y(ran[n]!));
            const mark = bar.state === "failed" || bar.state === "upstream_failed";
            return (
              <g key={bar.run} id={`${id}${n}`} role="option" aria-selected={at === n} aria-label={`${runLabel(bar.run)}, ${t(`state.${bar.state}`)}, ${duration(ran[n])}`} className={`s-${bar.state}`}>
                <rect className={isLoud(bar.state) ? "dur-bar loud" : "dur-bar"} x={x(n)} y={base - height} width={w} height={height} rx={Math.min(2, w / 3)} />
                {mark ? <rect className="dur-foot" x={x(n)} y={base + 2} width={w} height={3} /> : null}
                {mark && w >= 5 ? <path className="dur-x" d={`M${x(n) + w / 2 - 2.5} ${base - height - 8}l5 5m0-5l-5 5`} /> : null}
                {bar.waited ? <rect className="dur-wait" x={x(n)} y={under} width={w} height={Math.max(1, z(bar.waited))} /> : null}
              </g>
            );
          })}
          {days(bars).map(({ n, text }) => (x(n) < width - 60 ? <text key={n} className="dur-text" x={x(n)} y={base + 20}>{text}</text> : null))}
        </svg>
      ) : null}
    </div>
  );
}

function Tick({ y, s, width }: { y: number; s: number; width: number }) {
  return <><line className="dur-tick" x1={LEFT} x2={width - RIGHT} y1={y} y2={y} /><text className="dur-text" textAnchor="end" x={LEFT - 8} y={y + 4}>{s === 0 ? "0" : duration(s)}</text></>;
}

// A name under about every eighth of the bars: the day, or the hour within one.
function days(bars: Bar[]): { n: number; text: string }[] {
  const every = Math.max(1, Math.ceil(bars.length / 8));
  let before = "";
  return bars.flatMap((bar, n) => {
    if (n % every !== 0) return [];
    const day = dayOf(bar.at);
    const text = day === before ? clockTime(bar.at) : day;
    before = day;
    return [{ n, text }];
  });
}
