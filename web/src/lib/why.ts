import { clock } from "../api/clock";
import type { Check } from "../api/shapes";
import { t } from "../texts";
import { duration, shortTime } from "./format";
import type { State } from "./state";

// What the scheduler looks at before something goes on (UI contract, Check), as a sentence in the reader's language: of one
// that isn't met what is waited for, of one that is met that it is, of one that wasn't looked at yet what it will ask.

// What a kind's sentence cannot do without; the shorter one, KIND_plain, is for when it isn't told (a group of many waits).
const needs: Record<Check["kind"], (keyof Check)[]> = {
  dag_paused: ["subject"], run_after: ["at"], max_active_runs: ["have", "limit"], run_state: ["subject"], trigger_rule: ["have", "need"],
  previous_run: ["subject"], max_active_tasks: ["have", "limit"], max_active_tis: ["have", "limit"], parallelism: ["have", "limit"],
  pool_missing: ["subject"], pool_too_small: ["need", "limit"], pool_full: ["subject", "limit"], no_worker: ["subject"], queue: ["subject"],
  retry_at: ["at"], reschedule_at: ["at"], trigger: [], restarting: ["subject"],
};

export function whySentence(check: Check, now: number = clock.now()): string {
  const known = needs[check.kind];
  if (!known) return t("why.unknown", { kind: check.kind });
  const tense = check.met === null ? "_open" : check.met ? "_met" : known.some((name) => check[name] === null) ? "_plain" : "";
  const text = t(`why.${check.kind}${tense}`, values(check, now));
  const line = check.met === false && check.position !== null ? t("why.in_line", { position: check.position }) : "";
  return line ? `${text}; ${line}` : text;
}

function values(check: Check, now: number): Record<string, string | number> {
  const until = check.at === null ? 0 : Math.max(0, (new Date(check.at).getTime() - now) / 1000);
  const open = (check.need ?? 0) - (check.have ?? 0);
  const names = check.names.slice(0, NAMES_MAX);
  const more = Math.max(open, check.names.length) - names.length;
  return {
    subject: check.subject ?? "", have: check.have ?? 0, need: check.need ?? 0, limit: check.limit ?? 0, of: check.of ?? 0,
    open, t: duration(until), at: check.at === null ? "" : shortTime(check.at, new Date(now)), free: Math.max(0, (check.limit ?? 0) - (check.have ?? 0)),
    names: names.length ? `: ${names.join(", ")}${more > 0 ? t("why.more", { n: more }) : ""}` : "",
    workers: check.names.length,
  };
}
const NAMES_MAX = 3;

const marks: Partial<Record<Check["kind"], State>> = {
  dag_paused: "none", run_after: "scheduled", run_state: "none", trigger_rule: "none", previous_run: "none", queue: "queued", no_worker: "queued",
  max_active_runs: "queued", retry_at: "up_for_retry", reschedule_at: "up_for_reschedule", trigger: "deferred", restarting: "restarting",
};
// The mark of a state that something waits in for this.
export const whyMark = (check: Check): State => marks[check.kind] ?? "scheduled";
