import { ApiError } from "../api/client";
import { create } from "../lib/store";
import { Folds, hides, rowsOf, type FoldRow, type Row } from "./rows";
import type { LogReader, LogTime } from "./reader";
import { LogWindow } from "./window";

// One try's log as it is looked at: what is in memory, where one is, what was searched for. Knows nothing of the page.

export type Place = { offset: number; line: number };
export interface Search { q: string; matchCase: boolean; hits: Place[]; base: number; total: number; next: number | null; at: number; busy: boolean }
export interface Goal { id: number; to: "end" | "start" | "line"; offset: number }
export interface LogState {
  status: "loading" | "ready" | "failed";
  error: ApiError | null;
  rows: Row[];
  begin: number; end: number; size: number; complete: boolean;
  lines: number | null; // all the log's
  errors: Place[];
  search: Search;
  following: boolean;
  unseen: number; // bytes that came while one doesn't follow
  target: number | null; // the offset of the line that is marked
  goal: Goal | null; // where the pane is to scroll
  busy: "" | "before" | "after" | "jump";
}

const noSearch: Search = { q: "", matchCase: false, hits: [], base: 0, total: 0, next: null, at: -1, busy: false };
const MARKS_SOON_MS = 250; // as long a failed try's first error is waited for before its end is shown
const PROBES_MAX = 16;

export class LogModel {
  readonly state = create<LogState>({
    status: "loading", error: null, rows: [], begin: 0, end: 0, size: 0, complete: false, lines: null, errors: [], search: noSearch, following: false,
    unseen: 0, target: null, goal: null, busy: "",
  });
  readonly folds = new Folds();
  times: LogTime[] = [];
  private readonly window: LogWindow;
  private marking = 0;
  private goals = 0;
  private moved = false; // by the reader, who is not to be taken elsewhere
  private closed = new AbortController();

  constructor(readonly reader: LogReader) { this.window = new LogWindow(reader); }
  close() { this.closed.abort(); }

  private set(change: Partial<LogState>) {
    if (!this.closed.signal.aborted) this.state.set({ ...this.state.get(), ...change });
  }
  private taken(change: Partial<LogState> = {}) {
    const { window } = this;
    this.set({
      status: "ready", error: null, rows: rowsOf(window.lines, window.first, this.folds), begin: window.begin, end: window.end, size: window.size,
      complete: window.complete, ...change,
    });
  }
  private goal(to: Goal["to"], offset = 0): Goal { return { id: (this.goals += 1), to, offset }; }
  private failed(error: unknown) {
    const known = error instanceof ApiError ? error : new ApiError(0, String(error));
    this.set({ busy: "", error: known, ...(this.state.get().rows.length === 0 ? { status: "failed" } : {}) });
  }

  // At the line that is asked for; else at the first error of a failed try; else at the end.
  async open(wish: { line?: number | undefined; failed: boolean; running: boolean }): Promise<void> {
    try {
      if (wish.line) {
        await this.toLine(wish.line);
        void this.mark();
        return;
      }
      const marks = this.mark();
      const first = this.window.openEnd();
      if (wish.failed) await Promise.race([marks, new Promise((done) => setTimeout(done, MARKS_SOON_MS))]);
      await first;
      this.taken({ following: wish.running, goal: this.goal("end") });
      void this.count();
      if (!wish.failed) return;
      await marks;
      const error = this.state.get().errors[0];
      if (error && !this.moved) await this.show(error.offset, error.line, true);
    } catch (error) {
      this.failed(error);
    }
  }
  again = () => { this.set({ status: "loading", error: null }); void this.open({ failed: false, running: !this.window.complete }); };

  // The reader has moved: where, in bytes; whether at the very end.
  scrolled(atEnd: boolean) {
    this.moved = true;
    const { following, unseen, complete, end, size } = this.state.get();
    const follows = atEnd && !complete && end >= size;
    if (follows !== following || (atEnd && unseen > 0 && end >= size)) this.set({ following: follows, ...(follows ? { unseen: 0 } : {}) });
  }

  before = () => this.extend("before");
  after = () => this.extend("after");
  private async extend(which: "before" | "after") {
    const { busy, status } = this.state.get();
    if (busy || status !== "ready" || (which === "before" ? this.window.begin === 0 : this.window.atEnd)) return;
    this.set({ busy: which });
    try {
      const came = await this.window[which]();
      if (came) this.taken({ busy: "" });
      else this.set({ busy: "" });
    } catch (error) {
      this.failed(error);
    }
  }

  // The log has grown, or has ended. What isn't followed waits.
  async grew(size: number, complete = false) {
    const { following, busy, end, status } = this.state.get();
    if (status !== "ready") return;
    if (!following) {
      const more = Math.max(0, size - this.window.size);
      this.window.size = Math.max(this.window.size, size);
      this.set({ size: this.window.size, unseen: this.state.get().unseen + more, complete: complete || this.state.get().complete });
      // Less than a screen of it is shown anyway.
      if (end >= size - more && this.state.get().rows.length < 20) await this.extend("after");
      return;
    }
    this.window.size = Math.max(this.window.size, size);
    if (busy) return void setTimeout(() => void this.grew(size, complete), 50);
    this.set({ busy: "after" });
    try {
      if (size - this.window.end > 4_000_000) await this.window.openEnd();
      else for (let n = 0; n < 40 && this.window.end < size; n += 1) if (!(await this.window.after())) break;
      if (complete) this.window.complete = true;
      this.taken({ busy: "", ...(this.state.get().following ? { goal: this.goal("end") } : {}) });
    } catch (error) {
      this.failed(error);
    }
  }
  // The try has ended: the rest is read, and what marks errors, too.
  async ended() {
    try {
      const { size } = await this.reader.range(0, 0);
      await this.grew(size, true);
      this.window.complete = true;
      this.set({ complete: true, following: false });
      await this.mark();
    } catch (error) {
      this.failed(error);
    }
  }

  toEnd = () => this.jump(async () => {
    if (!this.window.atEnd || this.window.lines.length === 0) await this.window.openEnd();
    this.taken({ unseen: 0, following: !this.window.complete, goal: this.goal("end"), target: null });
  });
  toStart = () => this.jump(async () => {
    if (this.window.begin > 0) await this.window.openAt(0);
    this.taken({ following: false, goal: this.goal("start"), target: null });
  });
  // Anywhere: by the rail.
  toOffset = (offset: number) => this.jump(async () => {
    if (!this.window.holds(offset)) await this.window.openAt(offset);
    this.taken({ following: false, goal: this.goal("line", offset), target: null });
  });
  private async jump(act: () => Promise<void>) {
    this.moved = true;
    this.set({ busy: "jump" });
    try {
      await act();
      this.set({ busy: "" });
      void this.count();
    } catch (error) {
      this.failed(error);
    }
  }

  // Brings a byte into view; `line`: its line's number, if it is known.
  async show(offset: number, line?: number, mark = true): Promise<void> {
    if (!this.window.holds(offset)) await this.window.openAt(offset);
    if (line !== undefined && this.window.first === null) this.window.learn(offset, line);
    this.reveal(offset);
    this.taken({ following: false, busy: "", goal: this.goal("line", offset), ...(mark ? { target: this.window.lines[this.window.indexOf(offset)]?.offset ?? null } : {}) });
    if (this.window.first === null) void this.count();
  }
  private reveal(offset: number) {
    for (let n = 0; n < 20; n += 1) {
      const fold = hides(rowsOf(this.window.lines, this.window.first, this.folds), offset);
      if (!fold) return;
      this.folds.set(fold.offset, true);
    }
  }
  toggle(fold: FoldRow) {
    this.folds.set(fold.offset, !fold.open);
    this.taken({ following: false });
  }

  // The number of the lines that are in memory, where it isn't known: line ends are counted by the server.
  private async count() {
    if (this.window.first !== null || this.window.lines.length === 0) return;
    const from = this.window.begin;
    const { hits, lines, size } = await this.reader.marks({ q: "\n", after: from }, this.closed.signal).catch(() => ({ hits: [] as Place[], lines: 0, size: -1 }));
    if (this.window.first !== null) return;
    if (hits[0]) this.window.learn(hits[0].offset, hits[0].line);
    else if (size > 0) this.window.learn(size - 1, lines);
    if (this.window.first !== null) this.taken();
  }

  // A line by its number: where its end was found near, by the length of lines.
  async toLine(line: number): Promise<void> {
    const known = this.state.get().rows.find((row) => row.kind === "line" && row.number === line);
    if (known?.kind === "line") return this.show(known.line.offset, line);
    if (line <= 1) return this.show(0, 1);
    let low = { offset: 0, line: 0 }, high: Place | undefined, after = 0;
    for (let n = 0; n < PROBES_MAX; n += 1) {
      const { hits, lines, size } = await this.reader.marks({ q: "\n", after }, this.closed.signal);
      const wanted = Math.min(line, lines);
      if (wanted <= 1) return this.show(0, 1);
      const end = hits.find((hit) => hit.line === wanted - 1);
      if (end) return this.show(end.offset + 1, wanted);
      high ??= { offset: size, line: lines + 1 };
      if (hits.length === 0 || hits[0]!.line >= wanted) high = { offset: after, line: hits[0]?.line ?? high.line };
      else low = hits.at(-1)!;
      // In turns by the length of lines, and by halves.
      const part = n % 3 === 2 ? 0.5 : Math.max(0, wanted - 500 - low.line) / Math.max(1, high.line - low.line);
      after = low.offset + 1 + Math.floor(part * (high.offset - low.offset - 1));
    }
    await this.window.openEnd();
    this.taken({ goal: this.goal("end") });
  }

  // Errors, and how many lines there are.
  private async mark(): Promise<void> {
    const marks = await this.reader.marks({}, this.closed.signal).catch(() => null);
    if (!marks) return;
    this.set({ errors: marks.errors, lines: marks.lines });
    if (this.window.first === null && marks.size > 0 && this.window.holds(marks.size - 1)) {
      this.window.learn(marks.size - 1, marks.lines);
      this.taken();
    }
  }

  // The next error behind (1) or before (-1) a byte.
  async error(step: 1 | -1, from: number): Promise<void> {
    if (!this.state.get().complete) await this.mark();
    const { errors, target } = this.state.get();
    if (errors.length === 0) return;
    const at = target ?? from;
    const found = step > 0 ? errors.find((error) => error.offset > at) ?? errors[0] : errors.findLast((error) => error.offset < at) ?? errors.at(-1);
    this.moved = true;
    await this.show(found!.offset, found!.line).catch((error: unknown) => this.failed(error));
  }

  // What is searched for; the first hit at or behind `from` is shown.
  async find(q: string, matchCase: boolean, from: number): Promise<void> {
    const mine = (this.marking += 1);
    if (!q) return this.set({ search: noSearch });
    this.set({ search: { ...this.state.get().search, q, matchCase, busy: true } });
    try {
      const marks = await this.reader.marks({ q, matchCase }, this.closed.signal);
      if (mine !== this.marking) return;
      const at = Math.max(0, marks.hits.findIndex((hit) => hit.offset >= from));
      this.set({ search: { q, matchCase, hits: marks.hits, base: 0, total: marks.hits_total, next: marks.next, at: marks.hits.length ? at : -1, busy: false } });
      await this.showHit();
    } catch (error) {
      if (mine === this.marking) { this.set({ search: { ...noSearch, q } }); this.failed(error); }
    }
  }
  async hit(step: 1 | -1): Promise<void> {
    const { search } = this.state.get();
    if (search.hits.length === 0 || search.busy) return;
    let at = search.at + step;
    if (at >= search.hits.length && search.next !== null) return this.hitsFrom(search.next, search.base + search.hits.length);
    if (at >= search.hits.length && search.base > 0) return this.hitsFrom(0, 0);
    at = (at + search.hits.length) % search.hits.length;
    this.set({ search: { ...search, at } });
    await this.showHit();
  }
  private async hitsFrom(after: number, base: number) {
    const { search } = this.state.get();
    this.set({ search: { ...search, busy: true } });
    const marks = await this.reader.marks({ q: search.q, matchCase: search.matchCase, after }, this.closed.signal);
    this.set({ search: { ...search, hits: marks.hits, base, total: marks.hits_total, next: marks.next, at: 0, busy: false } });
    await this.showHit();
  }
  private async showHit() {
    const { search } = this.state.get();
    const hit = search.hits[search.at];
    this.moved = true;
    if (hit) await this.show(hit.offset, hit.line);
  }
}
