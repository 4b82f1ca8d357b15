import type { Change, RunBar, Summary, TimelineRow } from "../../api/shapes";

// Where runs stand on a line of time: parts of its width. Pure.

export const ranges = { "1h": 1, "3h": 3, "24h": 24, "7d": 168 } as const;
export type Range = keyof typeof ranges;
export const rangeOf = (text: string | undefined): Range => (text && Object.hasOwn(ranges, text) ? (text as Range) : "3h");

export type Span = { from: number; to: number; now: number }; // ms; a quarter of the past is ahead
export const spanOf = (now: number, hours: number): Span => ({ from: now - hours * 3_600_000, to: now + hours * 900_000, now });
export const placeOf = (span: Span, at: number) => (at - span.from) / (span.to - span.from);

export type Piece = { kind: "run" | "wait" | "next"; key: string; state: string; left: number; width: number; run?: RunBar; at?: string };
const THIN = 0.0015; // what is over in no time is still seen

function piece(span: Span, from: number, to: number, rest: Omit<Piece, "left" | "width">): Piece | null {
  const left = Math.max(0, placeOf(span, from)), right = Math.min(1, placeOf(span, to));
  if (right < 0 || left > 1 || to < span.from) return null;
  return { ...rest, left, width: Math.min(1 - left, Math.max(THIN, right - left)) };
}

// A row's runs, the waits before them, and those that are planned. Of waits that overlap each time is hatched once, and what ran
// meanwhile lies over it: runs that are made up for have waited side by side.
export function piecesOf(row: TimelineRow, span: Span): Piece[] {
  const out: (Piece | null)[] = [];
  const waits: (Piece | null)[] = [];
  let hatched = -Infinity;
  for (const run of row.runs) {
    const due = Date.parse(run.run_after), start = run.start_date ? Date.parse(run.start_date) : null;
    const end = run.end_date ? Date.parse(run.end_date) : span.now;
    const waited = start ?? (run.end_date ? null : span.now);
    const since = Math.max(due, hatched);
    if (waited !== null && waited - since > (span.to - span.from) * THIN) {
      waits.push(piece(span, since, waited, { kind: "wait", key: `w${run.dag_run_id}`, state: "queued", run }));
      hatched = Math.max(hatched, waited);
    }
    if (start !== null) out.push(piece(span, start, end, { kind: "run", key: run.dag_run_id, state: run.state, run }));
  }
  const long = (row.median_seconds ?? 0) * 1000;
  for (const at of row.next) out.push(piece(span, Math.max(Date.parse(at), span.now), Date.parse(at) + long, { kind: "next", key: `n${at}`, state: "none", at }));
  return [...waits, ...out].filter((one) => one !== null);
}

// Whole hours (or days) of the line, at most `most`, in the reader's zone by `offset` (ms east of UTC).
const steps = [300_000, 900_000, 1_800_000, 3_600_000, 3 * 3_600_000, 6 * 3_600_000, 12 * 3_600_000, 86_400_000, 2 * 86_400_000];
export function ticksOf(span: Span, offset: number, most = 6): number[] {
  const step = steps.find((one) => (span.to - span.from) / one <= most) ?? steps[steps.length - 1]!;
  const out: number[] = [];
  for (let at = Math.ceil((span.from + offset) / step) * step - offset; at < span.to; at += step) out.push(at);
  return out;
}

const RUNS_MAX = 200;
// What a change makes of the summary at once; what else it changes is read a moment later.
export function patchSummary(data: Summary, change: Change): Summary {
  if (change.kind !== "run") return data;
  const at = data.runs.findIndex((row) => row.dag_id === change.dag_id);
  if (at < 0) return data;
  const row = data.runs[at]!;
  const run: RunBar = { dag_run_id: change.dag_run_id, state: change.state, run_type: change.run_type ?? "", run_after: change.run_after, start_date: change.start_date, end_date: change.end_date };
  const found = row.runs.findIndex((one) => one.dag_run_id === run.dag_run_id);
  const runs = found >= 0 ? row.runs.with(found, { ...run, run_type: row.runs[found]!.run_type }) : [...row.runs, run].slice(-RUNS_MAX);
  const next = row.next.filter((planned) => change.run_type !== "scheduled" || planned !== change.run_after);
  return { ...data, runs: data.runs.with(at, { ...row, runs, next }) };
}

export type Bucket = { success: number; failed: number };
// Minutes in `n` bars, the last of them ending now.
export function bucketsOf(finished: Summary["finished"], span: Span, n: number): Bucket[] {
  const out: Bucket[] = Array.from({ length: n }, () => ({ success: 0, failed: 0 }));
  for (const one of finished) {
    const at = Math.floor(((Date.parse(one.minute) - span.from) / (span.now - span.from)) * n);
    const bucket = out[Math.min(at, n - 1)];
    if (at < 0 || !bucket) continue;
    bucket.success += one.success;
    bucket.failed += one.failed;
  }
  return out;
}
// Tasks a minute, over the last five whole ones.
const RATE_MINUTES = 5;
export function rateOf(finished: Summary["finished"], now: number): number {
  const end = Math.floor(now / 60_000) * 60_000;
  const sum = finished.filter((one) => Date.parse(one.minute) >= end - RATE_MINUTES * 60_000 && Date.parse(one.minute) < end).reduce((all, one) => all + one.success + one.failed, 0);
  return sum / RATE_MINUTES;
}
