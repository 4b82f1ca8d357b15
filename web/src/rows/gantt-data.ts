import type { Gantt, GanttRow, StateCounts } from "../api/shapes";
import { isFinished, stateOf, worst, type State } from "../lib/state";
import type { Instance } from "./instances";
import type { Row } from "./rows";

// The Gantt's bars: what a task waited for, ran, tried and may yet take. Times in ms, the server's.

export type BarKind = "pool" | "queue" | "ran" | "retry" | "expected";
export type Bar = { kind: BarKind; state: State; from: number; to: number; try: number };

const ms = (text: string | null | undefined) => (text ? Date.parse(text) : null);

// Of one task. Waiting for a pool is from scheduled to queued, waiting in the queue until it started.
export function barsOf(row: GanttRow, now: number): Bar[] {
  const bars: Bar[] = [];
  let ended: number | null = null;
  const put = (kind: BarKind, state: State, from: number | null, to: number | null, tried: number) => {
    if (from !== null && to !== null && to > from) bars.push({ kind, state, from, to, try: tried });
  };
  for (const one of row.tries) {
    const [scheduled, queued, start, end] = [ms(one.scheduled_when), ms(one.queued_when), ms(one.start_date), ms(one.end_date)];
    if (ended !== null) put("retry", "up_for_retry", ended, scheduled ?? queued ?? start, one.try_number);
    put("pool", "scheduled", scheduled, queued ?? start ?? end, one.try_number);
    put("queue", "queued", queued, start ?? end, one.try_number);
    put("ran", stateOf(one.state), start, end, one.try_number);
    ended = end ?? ended;
  }
  const state = stateOf(row.state);
  const [scheduled, queued, start, end] = [ms(row.scheduled_when), ms(row.queued_when), ms(row.start_date), ms(row.end_date)];
  if (state === "up_for_retry") {
    const already = row.tries.some((one) => one.try_number === row.try_number);
    if (!already) {
      put("pool", "scheduled", scheduled, queued ?? start, row.try_number);
      put("queue", "queued", queued, start, row.try_number);
      put("ran", "failed", start, end, row.try_number);
    }
    put("retry", "up_for_retry", end ?? ended, ms(row.next_retry_at) ?? now, row.try_number);
    return bars;
  }
  if (ended !== null) put("retry", "up_for_retry", ended, scheduled !== null && scheduled >= ended ? scheduled : queued ?? start, row.try_number);
  const after = (time: number | null) => (time !== null && (ended === null || time >= ended) ? time : null);
  put("pool", "scheduled", after(scheduled), after(queued) ?? after(start) ?? (isFinished(state) ? end : now), row.try_number);
  put("queue", "queued", after(queued), after(start) ?? (isFinished(state) ? end : now), row.try_number);
  const began = after(start);
  if (began === null || state === "none" || state === "scheduled" || state === "queued") return bars;
  put("ran", state, began, isFinished(state) ? end : Math.max(now, began + 1), row.try_number);
  if (!isFinished(state) && row.usual_seconds) put("expected", state, now, began + row.usual_seconds * 1000, row.try_number);
  return bars;
}

// When tasks that haven't started may run, by their usual times: after the last of those before them.
export function expectedOf(rows: GanttRow[], edges: { upstream: string; downstream: string }[], now: number): Map<string, { from: number; to: number }> {
  const byId = new Map(rows.map((row) => [row.task_id, row]));
  const before = new Map<string, string[]>();
  for (const { upstream, downstream } of edges) before.set(downstream, [...(before.get(downstream) ?? []), upstream]);
  const ends = new Map<string, number | null>();
  const found = new Map<string, { from: number; to: number }>();
  const endOf = (id: string, deep: number): number | null => {
    if (ends.has(id)) return ends.get(id)!;
    ends.set(id, null);
    const row = byId.get(id);
    let end: number | null = null;
    if (row && deep < 2000) {
      const state = stateOf(row.state);
      const usual = row.usual_seconds === null ? null : row.usual_seconds * 1000;
      const start = ms(row.start_date);
      if (isFinished(state)) end = Math.min(ms(row.end_date) ?? now, now);
      else if (state === "running" && start !== null) end = usual === null ? null : Math.max(now, start + usual);
      else {
        let from: number | null = now;
        for (const up of before.get(id) ?? []) {
          const upEnd = endOf(up, deep + 1);
          from = from === null || upEnd === null ? null : Math.max(from, upEnd);
        }
        if (from !== null && usual !== null) {
          end = from + usual;
          found.set(id, { from, to: end });
        }
      }
    }
    ends.set(id, end);
    return end;
  };
  for (const row of rows) endOf(row.task_id, 0);
  return found;
}

export type Span = { from: number; to: number };
export function spanOf(gantt: Gantt, expected: Map<string, Span>, now: number): Span {
  const run = gantt.run;
  let from = Infinity, to = -Infinity;
  const see = (time: number | null) => { if (time !== null && !Number.isNaN(time)) { from = Math.min(from, time); to = Math.max(to, time); } };
  see(ms(run.queued_at) ?? ms(run.start_date));
  see(ms(run.end_date));
  for (const row of gantt.rows) {
    for (const one of [...row.tries, row]) { see(ms(one.scheduled_when)); see(ms(one.queued_when)); see(ms(one.start_date)); see(ms(one.end_date)); }
    see(ms(row.next_retry_at));
  }
  for (const one of expected.values()) see(one.to);
  if (!run.end_date) see(now);
  // A task that was cleared long after its run is seen as it is; a run that hasn't begun has a minute.
  if (from > to) return { from: now, to: now + 60_000 };
  return to - from < 1 ? { from, to: from + 1 } : { from, to };
}

const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 900_000, 1_800_000, 3_600_000,
  7_200_000, 10_800_000, 21_600_000, 43_200_000, 86_400_000, 172_800_000, 604_800_000, 2_592_000_000];

// Times on the axis, at least `gap` px apart. Short runs count from their start, others by the clock.
export function ticksOf(span: Span, width: number, gap = 64): { at: number; relative: boolean }[] {
  const whole = span.to - span.from;
  const least = (whole * gap) / Math.max(width, gap);
  const step = STEPS.find((one) => one >= least) ?? Math.ceil(least / 2_592_000_000) * 2_592_000_000;
  const relative = whole < 60_000;
  const first = relative ? span.from : Math.ceil(span.from / step) * step;
  const ticks = [];
  for (let at = first; at <= span.to && ticks.length < 100; at += step) ticks.push({ at, relative });
  return ticks;
}

// What a group's or a mapped task's row comes to.
export function groupBar(rows: GanttRow[], now: number): Bar | null {
  let from = Infinity, to = -Infinity;
  for (const row of rows) {
    for (const bar of barsOf(row, now)) if (bar.kind === "ran") { from = Math.min(from, bar.from); to = Math.max(to, bar.to); }
  }
  return from < to ? { kind: "ran", state: stateOfRows(rows), from, to, try: 0 } : null;
}
export const stateOfRows = (rows: GanttRow[]): State => worst(rows.map((row) => stateOf(row.state)));

export const ganttRows = (row: Row, byId: Map<string, GanttRow>): GanttRow[] =>
  row.tasks.map((id) => byId.get(id)).filter((one) => one !== undefined);

const total = (counts: StateCounts) => Object.values(counts).reduce((sum, n) => sum + n, 0);
export const mappedCount = (row: GanttRow): number | null => (row.counts ? total(row.counts) : null);

// The mapped tasks of the run and how many instances they have.
export const mapsOfGantt = (gantt: Gantt): Map<string, number> =>
  new Map(gantt.rows.filter((row) => row.counts).map((row) => [row.task_id, mappedCount(row) ?? 0]));

// One instance as a row of its own. Its earlier tries aren't in what is read: its page has them.
export function ofInstance(of: GanttRow, { state, try_number, max_tries, scheduled_when, queued_when, start_date, end_date, hostname, next_retry_at, reason }: Instance): GanttRow {
  return {
    task_id: of.task_id, state, try_number, max_tries, scheduled_when, queued_when, start_date, end_date, hostname, next_retry_at: next_retry_at ?? null, reason: reason ?? null,
    counts: null, slowest_seconds: null, tries: [], usual_seconds: of.usual_seconds,
  };
}
