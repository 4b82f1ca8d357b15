import { useEffect, useRef } from "react";
import { create } from "../lib/store";
import { signedOut } from "./client";
import { clock } from "./clock";
import { Hub, type Heard, type Said } from "./hub";
import type { Sign, Told } from "./stream";

export { watchDag, watchLog, watchRun } from "./watches";

// The event stream as this page sees it. Its parts say what they show; all pages of a browser share one stream (shared.ts), and
// a browser that shares no worker has one a page.

export type LiveEvent = Extract<Told, { kind: "changes" | "read_again" | "log" }> | { kind: "time" } | { kind: "from"; at: string /* changes come from there on */ };
type Listener = { watches: string[]; hear: (event: LiveEvent) => void };

export const sign = create<Sign>({ state: "connecting", since: Date.now() });

const SETTLE_MS = 30; // while a page mounts
const SILENT_MS = 25_000; // the worker tells the time, or that it tries

const listeners = new Set<Listener>();
let settle: ReturnType<typeof setTimeout> | undefined;
let silent: ReturnType<typeof setTimeout> | undefined;
let say: ((said: Said) => void) | undefined;
let said = "";

function connect(): (said: Said) => void {
  if (typeof SharedWorker === "undefined") return alone();
  try {
    const worker = new SharedWorker(new URL("./shared.ts", import.meta.url), { type: "module", name: "gale" });
    worker.onerror = goAlone;
    worker.port.onmessage = (event: MessageEvent<Heard>) => { if (say === mine) hear(event.data); };
    const mine = (one: Said) => worker.port.postMessage(one);
    return mine;
  } catch {
    return alone(); // a browser that keeps pages apart
  }
}
function alone(): (said: Said) => void {
  const hub = new Hub();
  return (one) => hub.say(hear, one);
}
function goAlone() {
  say?.({ watches: [], again: false });
  say = alone();
  speak(true);
}

function hear(heard: Heard) {
  clearTimeout(silent);
  if (said !== "") silent = setTimeout(goAlone, SILENT_MS);
  switch (heard.kind) {
    case "alone": return goAlone();
    case "sign": return sign.set(heard.sign);
    case "signed_out": return signedOut();
    case "hello":
      clock.told(heard.now);
      return tell({ kind: "from", at: heard.at });
    case "time":
      clock.told(heard.now);
      speak(false);
      return tell({ kind: "time" });
    default: return tell(heard);
  }
}

function tell(event: LiveEvent) {
  for (const listener of [...listeners]) listener.hear(event);
}

// A hidden page follows nothing; when it is seen again it reads anew what it shows.
function speak(again: boolean) {
  clearTimeout(settle);
  settle = undefined;
  const watches = document.hidden ? [] : [...new Set([...listeners].flatMap((listener) => listener.watches))].sort();
  said = watches.join("\n");
  if (said === "") clearTimeout(silent);
  else if (!say) silent = setTimeout(goAlone, SILENT_MS);
  if (said === "" && !say) return;
  say ??= connect();
  say({ watches, again });
}

document.addEventListener("visibilitychange", () => {
  document.documentElement.toggleAttribute("data-hidden", document.hidden);
  speak(true);
});
addEventListener("pagehide", () => say?.({ watches: [], again: false }));
addEventListener("pageshow", (event) => { if (event.persisted) speak(true); });

function add(listener: Listener) {
  listeners.add(listener);
  settle ??= setTimeout(() => speak(false), SETTLE_MS);
  return () => {
    listeners.delete(listener);
    settle ??= setTimeout(() => speak(false), SETTLE_MS);
  };
}

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
