import type { LogReader, LogRange } from "./reader";
import { LINE_SHOWN_MAX } from "./line";

// The part of a log that is in memory: whole lines, one behind the other, read around where one looks. However long the log
// is, this has a limit: what is far from there is let go.

export const CHUNK = 128 * 1024;
export const KEPT_BYTES_MAX = 1536 * 1024;
export const KEPT_LINES_MAX = 40_000;
const READ_MAX = 4 * 1024 * 1024; // the server's; a line that is longer is cut

export interface LogLine {
  offset: number;
  bytes: number; // with its end
  text: string;
  ended: boolean;
  goesOn?: true; // the next piece of a line that was too long to be read at once
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

export class LogWindow {
  lines: LogLine[] = [];
  first: number | null = null; // the number of lines[0], from 1, where it is known
  size = 0;
  complete = false;
  private turn = 0;

  constructor(private readonly reader: LogReader) {}

  get begin() { return this.lines[0]?.offset ?? this.size; }
  get end() { const last = this.lines.at(-1); return last ? last.offset + last.bytes : this.size; }
  get atEnd() { return this.end >= this.size; }
  holds(offset: number) { return this.lines.length > 0 && offset >= this.begin && (offset < this.end || (this.atEnd && offset <= this.end)); }

  // The index of the line that has this byte.
  indexOf(offset: number): number {
    let low = 0, high = this.lines.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.lines[middle]!.offset <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  // A line whose number is known, from somewhere else: by a byte of it.
  learn(offset: number, number: number) {
    if (!this.holds(offset)) return;
    let before = 0;
    for (let n = this.indexOf(offset); n > 0; n -= 1) if (!this.lines[n]!.goesOn) before += 1;
    this.first = number - before;
  }

  openEnd = () => this.open(async () => this.reader.range(-CHUNK, CHUNK));
  openAt = (offset: number) => this.open(async () => this.reader.range(Math.max(0, offset - CHUNK / 2), CHUNK), offset);

  // Each opening makes the answers to earlier questions void.
  private async open(read: () => Promise<LogRange>, around?: number): Promise<void> {
    const turn = ++this.turn;
    let range = await read();
    let wide = CHUNK;
    while (range.offset > 0 && wide < READ_MAX && !newlineBefore(range, around)) {
      wide *= 4;
      const from = Math.max(0, (around ?? range.size) - wide / 2);
      range = await this.reader.range(from, wide);
    }
    if (turn !== this.turn) return;
    this.told(range);
    this.lines = split(range, range.offset > 0);
    this.first = this.begin === 0 ? 1 : null;
  }

  // The lines before. False: there is nothing, or something else was opened meanwhile.
  async before(): Promise<boolean> {
    if (this.begin === 0 || this.lines.length === 0) return false;
    const turn = this.turn, begin = this.begin;
    let range: LogRange, wide = CHUNK;
    do {
      const from = Math.max(0, begin - wide);
      range = await this.reader.range(from, begin - from);
      wide *= 4;
    } while (range.offset > 0 && wide <= READ_MAX && range.bytes.subarray(0, -1).indexOf(10) < 0);
    if (turn !== this.turn || this.begin !== begin) return false;
    this.told(range);
    const lines = split(range, range.offset > 0);
    const added = lines.filter((line) => !line.goesOn).length;
    this.lines = [...lines, ...this.lines];
    if (this.begin === 0) this.first = 1;
    else if (this.first !== null) this.first -= added;
    while (this.tooMuch() && this.lines.length > 1) this.lines.length -= this.surplus();
    return true;
  }

  // The lines behind; also those by which the log has grown.
  async after(): Promise<boolean> {
    const turn = this.turn, last = this.lines.at(-1), end = this.end;
    // A last line without an end may have grown: it is read again, unless it is a very long one already.
    const again = last && !last.ended && last.bytes < LINE_SHOWN_MAX;
    const from = again ? last.offset : end;
    let range: LogRange, wide = CHUNK;
    do {
      range = await this.reader.range(from, wide);
      wide *= 4;
    } while (range.offset + range.bytes.length < range.size && range.bytes.indexOf(10) < 0 && wide <= READ_MAX);
    if (turn !== this.turn || this.end !== end) return false;
    this.told(range);
    if (range.offset !== from || range.bytes.length === 0) return false;
    const lines = split(range, false);
    if (lines[0] && last && !again && !last.ended) lines[0].goesOn = true;
    if (lines[0] && again && last.goesOn) lines[0].goesOn = true;
    if (again && lines.length === 1 && lines[0]!.bytes === last.bytes) return false;
    this.lines = [...(again ? this.lines.slice(0, -1) : this.lines), ...lines];
    if (this.first === null && this.begin === 0) this.first = 1;
    while (this.tooMuch() && this.lines.length > 1) {
      const gone = this.lines.splice(0, this.surplus());
      if (this.first !== null) this.first += gone.filter((line, n) => n > 0 && !line.goesOn).length + (this.lines[0]!.goesOn ? 0 : 1);
    }
    return true;
  }

  private told(range: LogRange) {
    this.size = Math.max(range.size, range.offset + range.bytes.length);
    this.complete = range.complete;
  }
  private tooMuch() { return this.end - this.begin > KEPT_BYTES_MAX || this.lines.length > KEPT_LINES_MAX; }
  private surplus() { return Math.max(1, Math.min(this.lines.length - 1, Math.ceil(this.lines.length / 16))); }
}

function newlineBefore({ bytes, offset }: LogRange, around: number | undefined): boolean {
  const at = bytes.indexOf(10);
  return at >= 0 && at < bytes.length - 1 && (around === undefined || offset + at < around);
}

// A range's whole lines; `partly`: its first one may have begun before it, and is left out unless there is no other.
function split({ bytes, offset, size }: LogRange, partly: boolean): LogLine[] {
  const lines: LogLine[] = [];
  let at = 0;
  let goesOn = false;
  if (partly) {
    const begun = bytes.indexOf(10);
    if (begun >= 0 && begun < bytes.length - 1) at = begun + 1;
    else goesOn = true;
  }
  const toEnd = offset + bytes.length >= size;
  while (at < bytes.length) {
    const found = bytes.indexOf(10, at);
    const ended = found >= 0;
    if (!ended && !toEnd && lines.length > 0) break; // the next range has all of it
    const stop = ended ? found + 1 : wholeCharacters(bytes, at, toEnd);
    lines.push({ offset: offset + at, bytes: stop - at, text: decoder.decode(bytes.subarray(at, ended ? found : stop)), ended });
    at = stop;
    if (!ended) break;
  }
  if (goesOn && lines[0]) lines[0].goesOn = true;
  return lines;
}

// Where a piece of UTF-8 may be cut: not within a character.
function wholeCharacters(bytes: Uint8Array, from: number, toEnd: boolean): number {
  if (toEnd) return bytes.length;
  let stop = bytes.length;
  while (stop > from + 1 && bytes.length - stop < 3 && (bytes[stop - 1]! & 0xc0) === 0x80) stop -= 1;
  return stop > from + 1 && bytes[stop - 1]! >= 0xc0 ? stop - 1 : bytes.length;
}
