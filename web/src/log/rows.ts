import { plain, type Style } from "./ansi";
import { outside, styleAfter, toneOf, type Reading, type Tone } from "./line";
import type { LogLine } from "./window";

// The rows that lines become: lines, and folds of groups (::group::NAME … ::endgroup::) and of repeated lines.

export const REPEATS_MIN = 5;

export interface LineRow { kind: "line"; key: string; line: LogLine; number: number | null; tone: Tone; style: Style; depth: number }
export interface FoldRow {
  kind: "fold"; key: string; of: "group" | "repeat"; title: string; count: number; open: boolean; depth: number;
  offset: number; until: number; // the bytes that it hides
}
export type Row = LineRow | FoldRow;

// Whether a fold is open, by its offset. What was decided once stays, so that nothing jumps as a log grows.
export class Folds {
  private readonly decided = new Map<number, boolean>();
  isOpen(offset: number, otherwise: boolean): boolean {
    const known = this.decided.get(offset);
    if (known !== undefined) return known;
    this.decided.set(offset, otherwise);
    return otherwise;
  }
  set(offset: number, open: boolean) { this.decided.set(offset, open); }
}

interface Looked { before: Reading; styleBefore: Style; tone: Tone; after: Reading; styleAfter: Style }
const looked = new WeakMap<LogLine, Looked>();

// What a line is, which depends on those before it: kept as long as they leave it the same.
function look(line: LogLine, before: Reading, styleBefore: Style): Looked {
  const known = looked.get(line);
  if (known && known.before === before && known.styleBefore === styleBefore) return known;
  const { tone, after } = toneOf(line.text, before);
  const made = { before, styleBefore, tone, after, styleAfter: styleAfter(line.text, styleBefore) };
  looked.set(line, made);
  return made;
}

const groupBegins = /^[^]{0,200}?::group::(.*)/, groupEnds = /^[^]{0,200}?::endgroup::/;
const titleOf = (text: string) => (text.includes("::group::") ? groupBegins.exec(text)?.[1]?.trim() : undefined);
const endsGroup = (text: string) => text.includes("::endgroup::") && groupEnds.test(text);

interface Group { begin: number; end: number; errors: boolean }

// The groups whose end is there, by the index of the line that begins them.
function groupsOf(lines: LogLine[], looks: Looked[]): Map<number, Group> {
  const groups = new Map<number, Group>();
  const open: { begin: number; errors: boolean }[] = [];
  lines.forEach((line, n) => {
    if (titleOf(line.text) !== undefined) open.push({ begin: n, errors: false });
    else if (endsGroup(line.text)) {
      const group = open.pop();
      if (!group) return;
      groups.set(group.begin, { begin: group.begin, end: n, errors: group.errors });
      const around = open.at(-1);
      if (around && group.errors) around.errors = true;
    } else if (looks[n]!.tone === "error" && open.length > 0) open.at(-1)!.errors = true;
  });
  return groups;
}

function repeatsFrom(lines: LogLine[], n: number): number {
  let end = n + 1;
  while (end < lines.length && lines[end]!.text === lines[n]!.text && lines[end]!.ended) end += 1;
  return end - n;
}

export function rowsOf(lines: LogLine[], first: number | null, folds: Folds): Row[] {
  let reading = outside, style = plain;
  const looks = lines.map((line) => {
    const seen = look(line, reading, style);
    reading = seen.after;
    style = seen.styleAfter;
    return seen;
  });
  const groups = groupsOf(lines, looks);
  const rows: Row[] = [];
  const ends: number[] = []; // of the open groups that one is in
  let number = first, shownOf = -1; // the end of a run of repeats that is shown
  for (let n = 0; n < lines.length; n += 1) {
    const line = lines[n]!;
    const count = (from: number, to: number) => {
      if (number !== null) for (let i = from; i < to; i += 1) if (!lines[i]!.goesOn) number += 1;
    };
    const own = line.goesOn ? null : number;
    const group = groups.get(n);
    if (group) {
      const open = folds.isOpen(line.offset, group.errors);
      const last = lines[group.end]!;
      rows.push({
        kind: "fold", of: "group", key: `g${line.offset}`, title: titleOf(line.text) ?? "", count: group.end - n - 1, open, depth: ends.length,
        offset: line.offset, until: last.offset + last.bytes,
      });
      if (open) { ends.push(group.end); count(n, n + 1); } else { count(n, group.end + 1); n = group.end; }
      continue;
    }
    if (ends.at(-1) === n) { ends.pop(); count(n, n + 1); continue; }
    rows.push({ kind: "line", key: `l${line.offset}`, line, number: own, tone: looks[n]!.tone, style: looks[n]!.styleBefore, depth: ends.length });
    count(n, n + 1);
    if (n < shownOf) continue;
    const same = repeatsFrom(lines, n);
    if (same < REPEATS_MIN) continue;
    const from = lines[n + 1]!, last = lines[n + same - 1]!;
    const open = folds.isOpen(from.offset, false);
    rows.push({
      kind: "fold", of: "repeat", key: `r${from.offset}`, title: "", count: same - 1, open, depth: ends.length, offset: from.offset, until: last.offset + last.bytes,
    });
    if (open) shownOf = n + same;
    else { count(n + 1, n + same); n += same - 1; }
  }
  return rows;
}

// The row that shows a byte; what hides it is opened first.
export function rowAt(rows: Row[], offset: number): number {
  let low = 0, high = rows.length - 1;
  const begin = (row: Row) => (row.kind === "line" ? row.line.offset : row.offset);
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (begin(rows[middle]!) <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}
export function hides(rows: Row[], offset: number): FoldRow | undefined {
  const row = rows[rowAt(rows, offset)];
  return row?.kind === "fold" && !row.open && offset >= row.offset && offset < row.until ? row : undefined;
}
