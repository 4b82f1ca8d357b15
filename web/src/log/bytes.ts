import { outside, toneOf } from "./line";
import type { LogReader } from "./reader";

const latin = (bytes: Uint8Array) => new TextDecoder("latin1").decode(bytes);

// A log in memory that answers as the server does: for tests of what reads it.
export function bytesReader(text: string | Uint8Array, complete = true) {
  let bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  let reads = 0, readBytes = 0;
  let indexed: { of: Uint8Array; text: string; starts: number[]; errors: { offset: number; line: number }[] } | undefined;
  function index() {
    if (indexed?.of === bytes) return indexed;
    const text = latin(bytes), starts: number[] = [], errors: { offset: number; line: number }[] = [];
    let offset = 0, state = outside, inError = false;
    for (const part of text.split("\n")) {
      starts.push(offset);
      const { tone, after } = toneOf(part, state);
      state = after;
      if (tone === "error" && !inError) errors.push({ offset, line: starts.length });
      inError = tone === "error";
      offset += part.length + 1;
    }
    indexed = { of: bytes, text, starts, errors };
    return indexed;
  }
  const reader: LogReader = {
    async range(offset, limit) {
      reads += 1;
      const from = Math.min(bytes.length, offset < 0 ? Math.max(0, bytes.length + offset) : offset);
      const part = bytes.slice(from, from + limit);
      readBytes += part.length;
      return { bytes: part, offset: from, size: bytes.length, complete };
    },
    async marks({ q = "", matchCase = false, after = 0 }) {
      const { text, starts, errors } = index();
      const folded = (s: string) => (matchCase || s === "\n" ? s : s.toLowerCase());
      const wanted = folded(latin(new TextEncoder().encode(q)));
      const hits: { offset: number; line: number }[] = [];
      if (wanted) {
        const all = q === "\n" ? text : folded(text);
        for (let at = all.indexOf(wanted), n = 0; at >= 0; at = all.indexOf(wanted, at + wanted.length)) {
          while (n + 1 < starts.length && starts[n + 1]! <= at) n += 1;
          hits.push({ offset: at, line: n + 1 });
        }
      }
      const from = hits.filter((hit) => hit.offset >= after);
      return {
        size: bytes.length, complete, try_number: 1, scanned: bytes.length, lines: text.endsWith("\n") || text === "" ? starts.length - 1 : starts.length, errors: errors.slice(0, 1000), errors_total: errors.length,
        hits: from.slice(0, 1000), hits_total: hits.length, next: from[1000]?.offset ?? null,
      };
    },
    times: async () => [],
  };
  return {
    reader,
    grow(more: string) { const added = new TextEncoder().encode(more); bytes = Uint8Array.from([...bytes, ...added]); },
    counts: () => ({ reads, readBytes }),
    size: () => bytes.length,
  };
}
