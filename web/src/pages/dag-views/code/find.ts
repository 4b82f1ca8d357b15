import type { Piece, Tone } from "./python";

// Where a text stands in lines, and a line's pieces cut at it.

export interface Hit { line: number; from: number; to: number }
export const HITS_MAX = 5000;

export function find(lines: string[], wanted: string): Hit[] {
  const hits: Hit[] = [];
  if (wanted === "") return hits;
  const low = wanted.toLowerCase();
  const exact = low !== wanted; // a capital means it
  for (let line = 0; line < lines.length && hits.length < HITS_MAX; line += 1) {
    const text = exact ? lines[line]! : lines[line]!.toLowerCase();
    for (let at = text.indexOf(wanted); at >= 0 && hits.length < HITS_MAX; at = text.indexOf(wanted, at + wanted.length)) {
      hits.push({ line, from: at, to: at + wanted.length });
    }
  }
  return hits;
}

export interface Cut { tone: Tone; text: string; hit: Hit | null }
export const LINE_MAX = 4000; // characters of a line that are shown

export function cut(pieces: Piece[], hits: Hit[]): Cut[] {
  const made: Cut[] = [];
  let at = 0;
  for (const piece of pieces) {
    let text = piece.text.slice(0, Math.max(0, LINE_MAX - at));
    const end = at + text.length;
    for (const hit of hits) {
      if (hit.to <= at || hit.from >= end) continue;
      const from = Math.max(hit.from, at), to = Math.min(hit.to, end);
      if (from > at) made.push({ tone: piece.tone, text: text.slice(0, from - at), hit: null });
      made.push({ tone: piece.tone, text: text.slice(from - at, to - at), hit });
      text = text.slice(to - at);
      at = to;
    }
    if (text) made.push({ tone: piece.tone, text, hit: null });
    at = end;
    if (at >= LINE_MAX) {
      made.push({ tone: "comment", text: " …", hit: null });
      break;
    }
  }
  return made;
}
