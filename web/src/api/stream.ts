import type { Change, LogGrew } from "./shapes";
import { grown } from "./watches";

// One event stream (SPEC.md, section 10), of what is watched now: opened anew, from the position that is known, when that changes
// and when it was lost. Runs in a page or in the worker that all pages share: no document here.

export type Sign = { state: "connecting" | "live" | "away"; since: number };
export type Told =
  | { kind: "hello"; at: string; now: string }
  | { kind: "changes"; at: string; changes: Change[] }
  | { kind: "read_again"; at: string } // something may be missing: read what is shown again
  | { kind: "log"; log: LogGrew }
  | { kind: "time"; now: string } // every 5 s
  | { kind: "sign"; sign: Sign }
  | { kind: "signed_out" };

const SILENT_MS = 15_000; // the stream says the time every 5 s
const RETRY_MS = [250, 500, 1000, 2000, 3000];

const urlOf = (watches: string[], after?: string) =>
  `/api/gale/v1/events?${new URLSearchParams([...watches.map((watch) => ["watch", watch]), ...(after ? [["after", after]] : [])])}`;

// What the server says to that: an EventSource doesn't tell.
async function statusOf(url: string): Promise<number> {
  const enough = new AbortController();
  try {
    return (await fetch(url, { headers: { Accept: "text/event-stream" }, signal: enough.signal })).status;
  } catch {
    return 0;
  } finally {
    enough.abort();
  }
}

const isRefusal = (status: number) => status === 404 || status === 422;

export class Stream {
  sign: Sign = { state: "connecting", since: Date.now() };
  private source: EventSource | undefined;
  private wanted: string[] = [];
  private opened: string[] = []; // what it was opened for
  private at: string | undefined; // the id of the event that came last
  private retry: ReturnType<typeof setTimeout> | undefined;
  private silent: ReturnType<typeof setTimeout> | undefined;
  private failures = 0;
  private missed = false; // perhaps: the position wasn't known
  private refused = new Set<string>(); // of what isn't there: it would keep the others from being told

  constructor(private tell: (event: Told) => void) {}

  get position() { return this.at; }
  get isLive() { return this.source !== undefined && this.sign.state === "live"; }

  // Nothing watched means no stream, and no place in it to go on from.
  watch(watches: string[]) {
    this.wanted = [...new Set(watches)].sort();
    for (const one of this.refused) if (!this.wanted.includes(one)) this.refused.delete(one);
    if (this.source && this.asked().join("\n") === this.opened.join("\n")) return;
    if (this.source || this.asked().length === 0) return this.open();
    if (this.retry === undefined) this.open();
  }

  private asked() { return this.wanted.filter((one) => !this.refused.has(one)); }

  private close() {
    this.source?.close();
    this.source = undefined;
    clearTimeout(this.retry);
    this.retry = undefined;
    clearTimeout(this.silent);
  }

  private open() {
    const before = this.opened;
    this.close();
    this.opened = this.asked();
    if (this.opened.length === 0) {
      this.at = undefined;
      this.missed = false;
      return;
    }
    const again = this.opened.filter((one) => one.startsWith("log:") && before.includes(one));
    const mine = new EventSource(urlOf(this.opened, this.at));
    this.source = mine;
    const on = <T>(name: string, hear: (data: T) => void) =>
      mine.addEventListener(name, (event) => {
        if (this.source !== mine) return;
        this.heard();
        this.at = (event as MessageEvent<string>).lastEventId || this.at;
        hear(JSON.parse((event as MessageEvent<string>).data) as T);
      });
    on<{ at: string; now: string }>("hello", ({ at, now }) => {
      this.tell({ kind: "hello", at, now });
      if (this.missed) this.tell({ kind: "read_again", at });
      else for (const one of again) this.tell({ kind: "log", log: grown(one) }); // that a log grew isn't told again
      this.missed = false;
    });
    on<{ at: string; changes: Change[] }>("turn", ({ at, changes }) => this.tell({ kind: "changes", at, changes }));
    on<{ at: string }>("read_again", ({ at }) => this.tell({ kind: "read_again", at }));
    on<LogGrew>("log", (log) => this.tell({ kind: "log", log }));
    on<{ now: string }>("time", ({ now }) => {
      this.tell({ kind: "time", now });
      void this.askAgain();
    });
    mine.onerror = () => {
      if (this.source !== mine) return;
      const answered = mine.readyState === EventSource.CLOSED;
      this.lost();
      if (answered) void this.learnWhy();
    };
    this.silent = setTimeout(() => this.lost(), SILENT_MS);
  }

  private heard() {
    this.failures = 0;
    clearTimeout(this.silent);
    this.silent = setTimeout(() => this.lost(), SILENT_MS);
    this.say("live");
  }

  private say(state: Sign["state"]) {
    if (this.sign.state !== state) this.sign = { state, since: Date.now() };
    else if (state === "live") return;
    this.tell({ kind: "sign", sign: this.sign }); // while it is away, too: who hears this knows that somebody tries
  }

  private lost() {
    this.close();
    this.say("away");
    this.missed ||= this.at === undefined;
    this.retry = setTimeout(() => { this.retry = undefined; this.open(); }, RETRY_MS[Math.min(this.failures, RETRY_MS.length - 1)]);
    this.failures += 1;
  }

  // The server has answered, with no stream: the session has ended, or one of the things watched isn't there.
  private async learnWhy() {
    const asked = this.opened;
    const status = await statusOf(urlOf(asked));
    if (status === 401) return this.tell({ kind: "signed_out" });
    if (!isRefusal(status)) return;
    const named = asked.filter((one) => one.includes(":"));
    const each = await Promise.all(named.map((one) => statusOf(urlOf([one]))));
    named.forEach((one, n) => { if (isRefusal(each[n]!) && this.wanted.includes(one)) this.refused.add(one); });
    if (!this.source) this.open();
  }

  // It may be there later: a run that a follower hasn't heard of yet.
  private async askAgain() {
    for (const one of [...this.refused]) {
      if (isRefusal(await statusOf(urlOf([one]))) || !this.refused.delete(one)) continue;
      this.missed = true;
      this.open();
    }
  }
}
