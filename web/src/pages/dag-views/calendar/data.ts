import type { Calendar } from "../../../api/shapes";
import { stateOf, worst, type State } from "../../../lib/state";

// A year of days, in weeks from Monday to Sunday. Days are written 2026-11-28 and counted as such, without a zone.

export interface Day { date: string; counts: Record<string, number>; total: number; state: State; step: number /* 0: nothing, to 5 */; planned: number }

const DAY_MS = 86_400_000;
export const dayAfter = (date: string, days: number) => new Date(Date.parse(`${date}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
const weekday = (date: string) => (new Date(`${date}T00:00:00Z`).getUTCDay() + 6) % 7; // 0: Monday

// How deep a day is: of the worst state's runs, against the day of the year that has most of them.
export function yearOf(year: number, calendar: Calendar | undefined, planned: Map<string, number>): { days: Day[]; lead: number } {
  const known = new Map((calendar?.days ?? []).map((day) => [day.date, day.counts]));
  const first = `${year}-01-01`, last = `${year}-12-31`;
  const days: Day[] = [];
  const most = new Map<State, number>();
  for (let date = first; date <= last; date = dayAfter(date, 1)) {
    const counts = known.get(date) ?? {};
    const states = Object.entries(counts).filter(([, n]) => n > 0).map(([state]) => stateOf(state));
    const state = worst(states);
    const total = Object.values(counts).reduce((sum, n) => sum + n, 0);
    if (total > 0) most.set(state, Math.max(most.get(state) ?? 0, ofState(counts, state)));
    days.push({ date, counts, total, state, step: 0, planned: planned.get(date) ?? 0 });
  }
  for (const day of days) if (day.total > 0) day.step = Math.max(1, Math.ceil((5 * ofState(day.counts, day.state)) / most.get(day.state)!));
  return { days, lead: weekday(first) };
}

const ofState = (counts: Record<string, number>, state: State) => Object.entries(counts).reduce((sum, [word, n]) => sum + (stateOf(word) === state ? n : 0), 0);

// Planned runs by the reader's day.
export function plannedByDay(times: string[], dayOf: (time: string) => string): Map<string, number> {
  const days = new Map<string, number>();
  for (const time of times) {
    const day = dayOf(time);
    days.set(day, (days.get(day) ?? 0) + 1);
  }
  return days;
}

// The day of a time in a zone.
export function dayIn(zone: string): (time: string | number) => string {
  const format = new Intl.DateTimeFormat("en-CA", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" });
  return (time) => format.format(new Date(time));
}

// The first moment of a day in a zone.
export function startOf(date: string, zone: string): string {
  const offset = (at: number) => {
    const parts = Object.fromEntries(new Intl.DateTimeFormat("en", { timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit" })
      .formatToParts(at).map((part) => [part.type, Number(part.value)]));
    return Date.UTC(parts.year!, parts.month! - 1, parts.day!, parts.hour!, parts.minute!, parts.second!) - at;
  };
  const noon = Date.parse(`${date}T00:00:00Z`);
  const guess = noon - offset(noon);
  return new Date(noon - offset(guess)).toISOString();
}
