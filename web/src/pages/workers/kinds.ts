import type { Worker } from "../../api/shapes";
import type { State } from "../../lib/state";

// A worker's state, and the mark it has (SPEC.md, section 3).
export const kinds = ["alive", "draining", "drained", "stopped", "lost"] as const;
export type Kind = (typeof kinds)[number];
export const markOf: Record<Kind, State> = { alive: "success", draining: "up_for_reschedule", drained: "deferred", stopped: "none", lost: "failed" };

export const kindOf = (worker: Worker): Kind => (kinds.includes(worker.state as Kind) ? (worker.state as Kind) : "alive");

// By name, those that are gone last.
export const ordered = (workers: Worker[]) =>
  [...workers].sort((a, b) => Number(gone(a)) - Number(gone(b)) || a.name.localeCompare(b.name, undefined, { numeric: true }));
const gone = (worker: Worker) => kindOf(worker) === "lost" || kindOf(worker) === "stopped";
