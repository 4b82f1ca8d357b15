import { useEffect, useRef } from "react";
import { create } from "../lib/store";
import { clock } from "./clock";
import type { Change, LogGrew } from "./shapes";

// The one event stream of this tab (SPEC.md, section 10). Pages say what they show; the stream is opened anew, from the
// position that is known, when that changes.

export type LiveEvent =
  | { kind: "changes"; at: string; changes: Change[] }
  | { kind: "read_again"; at: string } // something may be missing: read what is shown again
  | { kind: "log"; log: LogGrew }
  | { kind: "time" }; // every 5 s
type Listener = { watches: string[]; hear: (event: LiveEvent) => void };

export type Sign = { state: "connecting" | "live" | "away"; since: number };
export const sign = create<Sign>({ state: "connecting", since: Date.now() });

const SETTLE_MS = 30; // while a page mounts
const SILENT_MS = 15_000; // the stream says the time every 5 s
const RETRY_MS = [250, 500, 1000, 2000, 3000];

const listeners = new Set<Listener>();
let source: EventSource | undefined;
let opened = ""; // what it was opened for
let at: string | undefined; // the id of the event that came last
let settle: ReturnType<typeof setTimeout> | undefined;
let retry: ReturnType<typeof setTimeout> | undefined;
let silent: ReturnType<typeof setTimeout> | undefined;
let failures = 0;
let missed = false; // perhaps: the position isn't known, or a log grew, which isn't told again

function wanted(): string[] {
  return [...new Set([...listeners].flatMap((listener) => listener.watches))].sort();
}

function tell(event: LiveEvent) {
  for (const listener of [...listeners]) listener.hear(event);
}

function setSign(state: Sign["state"]) {
  if (sign.get().state !== state) sign.set({ state, since: Date.now() });
}

function heard() {
  failures = 0;
  clearTimeout(silent);
  silent = setTimeout(lost, SILENT_MS);
  setSign("live");
}

function lost() {
  source?.close();
  source = undefined;
  clearTimeout(silent);
  setSign("away");
  missed ||= at === undefined || /^log:/m.test(opened);
  clearTimeout(retry);
  retry = setTimeout(open, RETRY_MS[Math.min(failures, RETRY_MS.length - 1)]);
  failures += 1;
}

function open() {
  clearTimeout(settle);
  settle = undefined;
  const watches = wanted();
  const key = watches.join("\n");
  if (source && key === opened) return;
  source?.close();
  source = undefined;
  clearTimeout(silent);
  if (watches.length === 0 || document.hidden) return;
  opened = key;
  const params = new URLSearchParams(watches.map((watch) => ["watch", watch]));
  if (at) params.set("after", at);
  const mine = new EventSource(`/api/gale/v1/events?${params}`);
  source = mine;
  const on = <T>(name: string, hear: (data: T) => void) =>
    mine.addEventListener(name, (event) => {
      if (source !== mine) return;
      heard();
      at = (event as MessageEvent<string>).lastEventId || at;
      hear(JSON.parse((event as MessageEvent<string>).data) as T);
    });
  on<{ at: string; now: string }>("hello", (data) => {
    clock.told(data.now);
    if (missed) {
      missed = false;
      tell({ kind: "read_again", at: data.at });
    }
  });
  on<{ at: string; changes: Change[] }>("turn", (data) => tell({ kind: "changes", ...data }));
  on<{ at: string }>("read_again", (data) => tell({ kind: "read_again", at: data.at }));
  on<LogGrew>("log", (log) => tell({ kind: "log", log }));
  on<{ now: string }>("time", (data) => {
    clock.told(data.now);
    tell({ kind: "time" });
  });
  mine.onerror = () => { if (source === mine) lost(); };
}

// A hidden tab follows nothing; when it is seen again it reads anew what it shows.
document.addEventListener("visibilitychange", () => {
  document.documentElement.toggleAttribute("data-hidden", document.hidden);
  if (document.hidden) {
    source?.close();
    source = undefined;
    opened = "";
    clearTimeout(retry);
    clearTimeout(silent);
    missed = true;
  } else {
    at = undefined;
    open();
  }
});

function add(listener: Listener) {
  listeners.add(listener);
  settle ??= setTimeout(open, SETTLE_MS);
  return () => {
    listeners.delete(listener);
    settle ??= setTimeout(open, SETTLE_MS);
  };
}

// What `watch` may be: /work/main's UI contract: dags, runs, files, pools, workers, dag:ID, run:DAG/RUN, log:DAG/RUN/TASK/MAP/TRY.
export const watchDag = (dag: string) => `dag:${encodeURIComponent(dag)}`;
export const watchRun = (dag: string, run: string) => `run:${[dag, run].map(encodeURIComponent).join("/")}`;
export const watchLog = (dag: string, run: string, task: string, map: number, tried: number) =>
  `log:${[dag, run, task].map(encodeURIComponent).join("/")}/${map}/${tried}`;

// Calls `hear` with all that comes, also what other parts of the page watch: take what is yours.
export function useLive(watches: string[], hear: (event: LiveEvent) => void): void {
  const latest = useRef(hear);
  latest.current = hear;
  const key = watches.join("\n");
  useEffect(() => {
    if (key === "") return;
    return add({ watches: key.split("\n"), hear: (event) => latest.current(event) });
  }, [key]);
}
