import type { Change } from "./shapes";
import { Stream, type Told } from "./stream";
import { logOf, tellsOf } from "./watches";

// One stream for several pages: it watches what all of them do, and each is told what it watches.
//
// A page says what it watches when that changes, and each time it is told the time: one that says nothing any more is gone,
// however it ended.

export type Said = { watches: string[]; again: boolean }; // again: it heard nothing for a while, and reads again as soon as it hears
export type Heard = Told | { kind: "alone" } | { kind: "from"; at: string }; // there are too many of us: open your own
type Page = { watches: string[]; again: boolean; silent: number };

const WATCHES_MAX = 64; // of one stream (kStreamWatchesMax)
const BYTES_MAX = 12_000; // of the address
const SILENT_MAX = 3; // times that it was told the time, and said nothing

export class Hub {
  private pages = new Map<(heard: Heard) => void, Page>();
  private stream = new Stream((told) => this.onTold(told));

  // A page, known by how it is told. Nothing to watch: it is hidden, or leaves.
  say(tell: (heard: Heard) => void, { watches, again }: Said) {
    const before = this.pages.get(tell);
    this.pages.delete(tell);
    if (watches.length > 0) {
      const all = this.union(watches);
      if (this.pages.size > 0 && (all.length > WATCHES_MAX || encodeURIComponent(all.join()).length > BYTES_MAX)) {
        tell({ kind: "alone" });
      } else {
        this.pages.set(tell, { watches, again: again || (before?.again ?? false), silent: 0 });
        if (!before) {
          tell({ kind: "sign", sign: this.stream.sign });
          if (this.stream.isLive && this.stream.position) tell({ kind: "from", at: this.stream.position });
        }
      }
    }
    const live = this.stream.isLive;
    this.stream.watch(this.union());
    const page = this.pages.get(tell);
    if (page?.again && live && this.stream.isLive) {
      page.again = false;
      tell({ kind: "read_again", at: "" });
    }
  }

  private union(more: string[] = []) { return [...new Set([...this.pages.values()].flatMap((page) => page.watches).concat(more))]; }

  private onTold(told: Told) {
    for (const [tell, page] of [...this.pages]) {
      if (told.kind === "changes") {
        const changes = told.changes.filter((change) => this.concerns(page, change));
        if (changes.length > 0) tell({ ...told, changes });
      } else if (told.kind === "log") {
        if (page.watches.includes(logOf(told.log))) tell(told);
      } else {
        tell(told);
      }
      if (told.kind === "hello" && page.again) {
        page.again = false;
        tell({ kind: "read_again", at: told.at });
      }
      if (told.kind === "time" && ++page.silent > SILENT_MAX) this.pages.delete(tell);
    }
    if (told.kind === "time") this.stream.watch(this.union());
  }

  private concerns = (page: Page, change: Change) => page.watches.some((watch) => tellsOf(watch, change));
}
