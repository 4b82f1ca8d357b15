import { parseAnsi, plain, type Span, type Style } from "./ansi";

// One line of a log, as it is shown.

export const LINE_SHOWN_MAX = 64 * 1024; // a longer one is folded: its beginning is shown

// What a progress bar has written last: each "\r" goes back to the line's beginning.
export function lastState(line: string): string {
  if (!line.includes("\r")) return line;
  const whole = line.replace(/\r+$/, "");
  return whole.slice(whole.lastIndexOf("\r") + 1);
}

// Control characters are seen: ␀ for NUL. Those that turn the direction of text round are named, as they could make a line
// look like another one.
const unseen = /[\x00-\x08\x0a-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029\ufeff]/g;
export function visible(text: string): string {
  return text.replace(unseen, (char) => {
    const code = char.charCodeAt(0);
    if (code < 0x20) return String.fromCharCode(0x2400 + code);
    if (code === 0x7f) return "\u2421";
    return `<U+${code.toString(16).toUpperCase().padStart(4, "0")}>`;
  });
}

// The spans of a line whose text may go on in the next: `after` is what that begins with.
export function spansOf(line: string, before: Style = plain): { spans: Span[]; after: Style } {
  const { spans, after } = parseAnsi(lastState(line), startOf(line, before));
  return { spans: spans.map((span) => ({ text: visible(span.text), style: span.style })), after };
}
function startOf(line: string, before: Style): Style {
  const cut = line.replace(/\r+$/, "").lastIndexOf("\r");
  return cut > 0 ? parseAnsi(line.slice(0, cut), before).after : before;
}
export const styleAfter = (line: string, before: Style): Style => (line.includes("\x1b") ? parseAnsi(line, before).after : before);

export interface Piece { text: string; style: Style; href?: string; hit?: number /* which of the line's hits, from 0 */ }

const urls = /https?:\/\/[^\s<>"'`\u2018-\u201f]+/g;

// Spans, cut where links and hits begin and end.
export function piecesOf(spans: Span[], search: string, matchCase = false): Piece[] {
  const text = spans.map((span) => span.text).join("");
  const links: { from: number; to: number; href: string }[] = [];
  for (const match of text.matchAll(urls)) {
    const href = match[0].replace(/[).,;:!?\]}]+$/, "");
    links.push({ from: match.index, to: match.index + href.length, href });
  }
  const hits = hitsIn(text, search, matchCase);
  if (links.length === 0 && hits.length === 0) return spans.map((span) => ({ text: span.text, style: span.style }));
  const pieces: Piece[] = [];
  let at = 0, link = 0, hit = 0;
  for (const span of spans) {
    const end = at + span.text.length;
    while (at < end) {
      while (links[link] && links[link]!.to <= at) link += 1;
      while (hits[hit] !== undefined && hits[hit]! + search.length <= at) hit += 1;
      const inLink = links[link] && links[link]!.from <= at ? links[link] : undefined;
      const inHit = hits[hit] !== undefined && hits[hit]! <= at;
      const cuts = [end, inLink ? inLink.to : links[link]?.from, inHit ? hits[hit]! + search.length : hits[hit]];
      const to = Math.min(...cuts.filter((cut) => cut !== undefined && cut > at) as number[]);
      pieces.push({
        text: text.slice(at, to), style: span.style, ...(inLink ? { href: inLink.href } : {}), ...(inHit ? { hit } : {}),
      });
      at = to;
    }
  }
  return pieces;
}

export function hitsIn(text: string, search: string, matchCase: boolean): number[] {
  if (!search) return [];
  const inText = matchCase ? text : text.toLowerCase(), wanted = matchCase ? search : search.toLowerCase();
  const hits: number[] = [];
  for (let at = inText.indexOf(wanted); at >= 0 && hits.length < 1000; at = inText.indexOf(wanted, at + wanted.length)) hits.push(at);
  return hits;
}

// What a line is to the eye. Errors are marked by the same words as the server's (master/logs/log_search.h).
export type Tone = "" | "error" | "warn" | "own";
const bare = (line: string) => (line.includes("\x1b") ? line.replace(/\x1b\[[0-9;:]*m/g, "") : line);
const traceback = /^\s*Traceback \(most recent call last\):/;
const error = /\b(?:ERROR|CRITICAL|FATAL)\b|\blevel=(?:error|critical)\b|"level":\s*"(?:error|critical)"|\[(?:error|critical)\b/;
const warn = /\bWARN(?:ING)?\b|\b\w*Warning: |\blevel=warn(?:ing)?\b|"level":\s*"warn(?:ing)?"|\[warn(?:ing)?\b/;
// The worker's words, and those of its operators, as Airflow's say them.
const own = /^(?:gale: |::(?:group|endgroup)::|Running command: \[|Output:$|Command exited with return code )/;
const stamped = /^(?:\[?\d{4}-\d\d-\d\d|\d\d:\d\d:\d\d|INFO|DEBUG|\[)/;
const HEAD = 512;
const TAIL_LINES_MAX = 12; // of an exception's message behind its first line

// Where in a traceback one is, from line to line.
export interface Reading { in: "" | "frames" | "message"; lines: number }
export const outside: Reading = { in: "", lines: 0 };

export function toneOf(line: string, before: Reading): { tone: Tone; after: Reading } {
  const head = bare(line.slice(0, HEAD));
  if (traceback.test(head)) return { tone: "error", after: { in: "frames", lines: 0 } };
  if (before.in === "frames") {
    if (head === "" || /^[\s|+]/.test(head)) return { tone: "error", after: before };
    return { tone: "error", after: { in: "message", lines: 0 } };
  }
  if (before.in === "message") {
    if (/^(?:During handling of the above|The above exception was)/.test(head)) return { tone: "error", after: before };
    if (head !== "" && !stamped.test(head) && !own.test(head) && before.lines < TAIL_LINES_MAX) return { tone: "error", after: { in: "message", lines: before.lines + 1 } };
    // A blank line may part an exception from the one that it led to.
    if (head === "" && before.lines < TAIL_LINES_MAX) return { tone: "", after: { in: "message", lines: TAIL_LINES_MAX } };
  }
  const tone = error.test(head) ? "error" : own.test(head) ? "own" : warn.test(head) ? "warn" : "";
  return { tone, after: outside };
}
