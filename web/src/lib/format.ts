import { language, t } from "../texts";

// Times and durations as people read them (SPEC.md, section 12). The zone is the reader's choice.

let zone: string | undefined;
export const setTimeZone = (name: string | undefined) => { zone = name; };
let own: string | undefined;
export const timeZone = () => zone ?? (own ??= Intl.DateTimeFormat().resolvedOptions().timeZone);

const formats = new Map<string, Intl.DateTimeFormat>();
function format(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = JSON.stringify([options, timeZone(), language()]);
  let made = formats.get(key);
  if (!made) {
    made = new Intl.DateTimeFormat(language(), { ...options, timeZone: timeZone() });
    formats.set(key, made);
  }
  return made;
}

const clock: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
const day: Intl.DateTimeFormatOptions = { month: "short", day: "numeric" };
const fullDay: Intl.DateTimeFormatOptions = { year: "numeric", month: "2-digit", day: "2-digit" };

export const clockTime = (when: string | Date) => format(clock).format(new Date(when));
export const clockSeconds = (when: string | Date) => format({ ...clock, second: "2-digit" }).format(new Date(when));
export const dayOf = (when: string | Date) => format(day).format(new Date(when));
export const longDay = (when: string | Date) => format({ ...day, weekday: "short" }).format(new Date(when));
const dayKey = (when: Date) => format(fullDay).format(when);

// "18:42" today, else "Nov 26, 18:42"; with the year if it is another one.
export function shortTime(when: string | Date, now: Date = new Date()): string {
  const time = new Date(when);
  if (dayKey(time) === dayKey(now)) return clockTime(time);
  const far = Math.abs(time.getTime() - now.getTime()) > 300 * 86_400_000;
  return format(far ? { ...day, ...clock, year: "numeric" } : { ...day, ...clock }).format(time);
}

// For tooltips: ISO, in the reader's zone, with its offset.
export function fullTime(when: string | Date): string {
  const time = new Date(when);
  const parts = Object.fromEntries(
    new Intl.DateTimeFormat("en", {
      timeZone: timeZone(), hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit",
      minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3, timeZoneName: "longOffset",
    }).formatToParts(time).map((part) => [part.type, part.value]),
  );
  const offset = parts.timeZoneName?.replace("GMT", "") || "+00:00";
  return `${parts.year}-${parts.month}-${parts.day}T${parts.hour}:${parts.minute}:${parts.second}.${parts.fractionalSecond}${offset}`;
}

const two = (n: number) => String(n).padStart(2, "0");

// "43 ms", "0.4 s", "5:40", "1 h 12 min", "3 d 4 h".
export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || Number.isNaN(seconds)) return "";
  const s = Math.max(0, seconds);
  if (s < 0.0995) return t("time.ms", { n: Math.round(s * 1000) });
  if (s < 9.95) return t("time.s", { n: s.toFixed(1) });
  if (s < 59.5) return t("time.s", { n: Math.round(s) });
  if (s < 3600) return `${Math.floor(s / 60)}:${two(Math.floor(s % 60))}`;
  if (s < 86_400) return t("time.h_min", { h: Math.floor(s / 3600), min: Math.floor((s % 3600) / 60) });
  return t("time.d_h", { d: Math.floor(s / 86_400), h: Math.floor((s % 86_400) / 3600) });
}

export function secondsBetween(from: string | null | undefined, to: string | number | null | undefined): number | null {
  if (!from || to === null || to === undefined) return null;
  return (new Date(to).getTime() - new Date(from).getTime()) / 1000;
}

// "4 min ago", "in 18 min".
export function ago(when: string | Date, now: number = Date.now()): string {
  const seconds = (now - new Date(when).getTime()) / 1000;
  if (Math.abs(seconds) < 5) return t("time.now");
  const text = coarse(Math.abs(seconds));
  return seconds > 0 ? t("time.ago", { t: text }) : t("time.in", { t: text });
}
function coarse(s: number): string {
  if (s < 60) return t("time.s", { n: Math.round(s) });
  if (s < 3600) return t("time.min", { n: Math.round(s / 60) });
  if (s < 86_400) return t("time.h", { n: Math.round(s / 3600) });
  return t("time.d", { n: Math.round(s / 86_400) });
}

export function bytes(n: number | null | undefined): string {
  if (n === null || n === undefined) return "";
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = n, unit = 0;
  while (value >= 1000 && unit < units.length - 1) { value /= 1000; unit += 1; }
  return `${value < 10 && unit > 0 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

export const count = (n: number) => new Intl.NumberFormat(language()).format(n);
