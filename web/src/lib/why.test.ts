import { beforeAll, expect, test } from "vitest";
import type { Check } from "../api/shapes";
import { loadTexts } from "../texts";
import en from "../texts/en.json";
import { whySentence } from "./why";

const check = (kind: Check["kind"], more: Partial<Check> = {}): Check => ({
  kind, met: false, subject: null, have: null, need: null, limit: null, position: null, of: null, at: null, names: [], ...more,
});
const now = Date.parse("2026-11-28T10:00:00Z");
const kinds: Check["kind"][] = [
  "dag_paused", "run_after", "max_active_runs", "run_state", "trigger_rule", "previous_run", "max_active_tasks", "max_active_tis", "parallelism",
  "pool_missing", "pool_too_small", "pool_full", "no_worker", "queue", "retry_at", "reschedule_at", "trigger", "restarting",
];

beforeAll(() => loadTexts("en"));

test("a sentence says the number", () => {
  expect(whySentence(check("pool_full", { subject: "gpu", have: 16, limit: 16, need: 4, position: 3 }), now)).toBe("Pool gpu is full: 16 of 16 slots; number 3 in line");
  expect(whySentence(check("retry_at", { have: 2, at: "2026-11-28T10:01:48Z" }), now)).toBe("Try 2 failed; the next starts in 1:48");
  expect(whySentence(check("trigger_rule", { subject: "all_success", have: 3, need: 8, names: ["a", "b", "c", "d"] }), now)).toBe("5 tasks above it haven’t ended: a, b, c and 2 more");
  expect(whySentence(check("trigger_rule", { subject: "all_success", have: 3, need: 4, names: ["a"] }), now)).toBe("1 task above it hasn’t ended: a");
});

test("every kind has a sentence for every outcome, whatever is told with it", () => {
  for (const kind of kinds) {
    for (const met of [true, false, null]) {
      const text = whySentence(check(kind, { met }), now);
      expect(text, kind).not.toMatch(/why\.|\{|NaN|null/);
      expect(text).not.toBe("");
    }
    for (const tense of ["", "_plain", "_met", "_open"]) expect(`${kind}${tense}` in en.why, kind + tense).toBe(true);
  }
  expect(whySentence(check("moon" as Check["kind"]), now)).toBe("Waits for moon");
});

test("hostile names are text", () => {
  expect(whySentence(check("no_worker", { subject: "<b>{x}'" }), now)).toBe("No worker serves queue <b>{x}'");
});

test("Korean particles fit the name", async () => {
  await loadTexts("ko");
  expect(whySentence(check("pool_full", { subject: "한강", have: 1, limit: 1 }), now)).toBe("풀 한강이 가득 참: 슬롯 1개 중 1개 사용");
  expect(whySentence(check("no_worker", { subject: "gpu-a100" }), now)).toBe("큐 gpu-a100을 처리하는 워커가 없음");
  await loadTexts("en");
});
