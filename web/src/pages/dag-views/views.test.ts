import { expect, test } from "vitest";
import type { DagRun } from "../../api/shapes";
import { dayIn, plannedByDay, startOf, yearOf } from "./calendar/data";
import { ofInstances, ofRuns, scale, statsOf } from "./durations/data";

const run = (id: string, state: string, queued: number | null, start: number | null, end: number | null) => {
  const at = (n: number | null) => (n === null ? null : new Date(1_000_000_000_000 + n * 1000).toISOString());
  return { dag_run_id: id, state, run_type: "manual", run_after: at(queued ?? 0), queued_at: at(queued), start_date: at(start), end_date: at(end) } as DagRun;
};

test("runs as bars: oldest first, waiting and running apart", () => {
  const bars = ofRuns([run("b", "running", 100, 130, null), run("a", "success", 0, 10, 70), run("c", "queued", 200, null, null)]);
  expect(bars.map((bar) => [bar.run, bar.waited, bar.ran, bar.since !== null])).toEqual([["a", 10, 60, false], ["b", 30, null, true], ["c", null, null, false]]);
});

test("a mapped task's instances in a run are one bar, which failed if one did", () => {
  const one = (map_index: number, state: string, start_date: string, end_date: string | null) => ({ dag_run_id: "r", map_index, state, run_after: "2026-01-01T00:00:00Z", queued_when: "2026-01-01T00:00:00Z", start_date, end_date });
  expect(ofInstances([one(0, "success", "2026-01-01T00:00:10Z", "2026-01-01T00:01:00Z"), one(1, "failed", "2026-01-01T00:00:05Z", "2026-01-01T00:00:30Z")]))
    .toMatchObject([{ state: "failed", waited: 5, ran: 55, since: null }]);
  expect(ofInstances([one(0, "success", "2026-01-01T00:00:10Z", "2026-01-01T00:01:00Z"), one(1, "running", "2026-01-01T00:00:20Z", null)])).toMatchObject([{ state: "running", ran: null, since: "2026-01-01T00:00:10Z" }]);
});

test("the usual time is of what succeeded", () => {
  const bars = ofRuns([run("a", "success", 0, 0, 60), run("b", "failed", 1, 1, 2), run("c", "success", 2, 2, 102), run("d", "running", 3, 3, null)]);
  expect(statsOf(bars)).toEqual({ median: 60, p90: 100, most: 100, failed: 1, of: 3 });
  expect(statsOf([])).toBeNull();
});

test("a scale has round steps and reaches the longest", () => {
  expect(scale(55 * 60, 4)).toEqual([0, 900, 1800, 2700, 3600]);
  expect(scale(0.25, 4)).toEqual([0, 0.1, 0.2, 0.3]);
  expect(scale(10 * 86_400, 4).at(-1)).toBeGreaterThanOrEqual(10 * 86_400);
  for (const most of [0, 1, 7, 59, 61, 3599, 86_399]) expect(scale(most, 4).length).toBeLessThan(9);
});

test("a year: the worst state of a day, its depth against the deepest day of that state", () => {
  const { days, lead } = yearOf(2026, { days: [{ date: "2026-01-01", counts: { success: 10 } }, { date: "2026-01-02", counts: { success: 1 } }, { date: "2026-01-03", counts: { success: 99, failed: 1 } }], planned: [], at: "1.1" }, new Map([["2026-12-31", 3]]));
  expect(days.length).toBe(365);
  expect(lead).toBe(3); // a Thursday
  expect(days.slice(0, 4).map((day) => [day.state, day.step, day.total])).toEqual([["success", 5, 10], ["success", 1, 1], ["failed", 5, 100], ["none", 0, 0]]);
  expect(days.at(-1)).toMatchObject({ date: "2026-12-31", planned: 3 });
  expect(yearOf(2024, undefined, new Map()).days.length).toBe(366);
});

test("planned runs and the ends of days are the reader's", () => {
  const seoul = dayIn("Asia/Seoul");
  expect([...plannedByDay(["2026-11-27T14:59:00Z", "2026-11-27T15:00:00Z", "2026-11-27T16:00:00Z"], seoul)]).toEqual([["2026-11-27", 1], ["2026-11-28", 2]]);
  expect(startOf("2026-11-28", "Asia/Seoul")).toBe("2026-11-27T15:00:00.000Z");
  expect(startOf("2026-03-08", "America/New_York")).toBe("2026-03-08T05:00:00.000Z");
  expect(startOf("2026-03-09", "America/New_York")).toBe("2026-03-09T04:00:00.000Z");
});
