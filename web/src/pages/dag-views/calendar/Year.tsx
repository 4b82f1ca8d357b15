import { useRef, useState, type KeyboardEvent } from "react";
import { language, t } from "../../../texts";
import { isLoud, stateOf } from "../../../lib/state";
import type { Day } from "./data";

type Props = { days: Day[]; lead: number; today: string; onAt: (date: string | null) => void; onOpen: (day: Day) => void };
const moves: Record<string, number> = { ArrowUp: -1, ArrowDown: 1, ArrowLeft: -7, ArrowRight: 7 };

// A column a week, Monday on top. One stop of Tab; the arrows go through the days.
export function Year({ days, lead, today, onAt, onOpen }: Props) {
  const grid = useRef<HTMLDivElement>(null);
  const [focused, setFocused] = useState<string | null>(null);
  const stop = days.some((day) => day.date === focused) ? focused : days.some((day) => day.date === today) ? today : days[0]?.date;
  const keys = (event: KeyboardEvent) => {
    const by = moves[event.key];
    const n = days.findIndex((day) => day.date === stop);
    const to = event.key === "Home" ? days[0] : event.key === "End" ? days.at(-1) : by === undefined ? undefined : days[n + by];
    if (!to) return;
    event.preventDefault();
    event.stopPropagation();
    grid.current?.querySelector<HTMLElement>(`[data-day="${to.date}"]`)?.focus();
  };
  const month = (n: number) => new Intl.DateTimeFormat(language(), { month: "short", timeZone: "UTC" }).format(Date.UTC(2026, n, 1));
  const weekday = (n: number) => new Intl.DateTimeFormat(language(), { weekday: "short", timeZone: "UTC" }).format(Date.UTC(2026, 5, 1 + n)); // a Monday
  return (
    <div className="cal-scroll">
      <div className="cal-grid" ref={grid} role="group" aria-label={t("calendar.title")} onKeyDown={keys} onPointerLeave={() => onAt(null)}>
        {[0, 2, 4, 6].map((n) => <span key={n} className="cal-name" style={{ gridRow: n + 2, gridColumn: 1 }}>{weekday(n)}</span>)}
        {days.map((day, n) => {
          const column = Math.floor((n + lead) / 7) + 2;
          const first = day.date.endsWith("-01");
          return [
            first ? <span key={`m${day.date}`} className="cal-name" style={{ gridRow: 1, gridColumn: `${column + (((n + lead) % 7) > 0 ? 1 : 0)} / span 3` }}>{month(Number(day.date.slice(5, 7)) - 1)}</span> : null,
            <button key={day.date} type="button" data-day={day.date} tabIndex={day.date === stop ? 0 : -1} aria-label={named(day)} aria-disabled={day.total === 0}
              className={`cal-cell s-${day.state} step${day.step}${day.total > 0 && isLoud(day.state) ? " loud" : ""}${day.state === "failed" && day.total > 0 ? " bad" : ""}${day.planned > 0 && day.total === 0 ? " planned" : ""}${day.date === today ? " today" : ""}`}
              style={{ gridRow: ((n + lead) % 7) + 2, gridColumn: column }} onPointerEnter={() => onAt(day.date)} onFocus={() => { setFocused(day.date); onAt(day.date); }} onBlur={() => onAt(null)} onClick={() => onOpen(day)} />,
          ];
        })}
      </div>
    </div>
  );
}

function named(day: Day): string {
  const parts = Object.entries(day.counts).filter(([, n]) => n > 0).map(([state, n]) => `${n} ${t(`state.${stateOf(state)}`)}`);
  if (day.planned > 0) parts.push(t("calendar.planned", { n: day.planned }));
  return [day.date, ...(parts.length > 0 ? parts : [t("calendar.nothing")])].join(", ");
}
