// Which rows and columns are drawn: those that are seen and some around, in whole steps, so that most scrolling draws
// nothing anew. By arithmetic, as is what lies under the pointer.

export const ROW = 24;
export const COLUMN = 20;
export const CELL = 16;
export const TILE = 16; // rows, and columns, that are drawn together

export type Part = { from: number; to: number };

export function partOf(offset: number, seen: number, size: number, count: number, step: number, around: number): Part {
  const first = Math.floor(offset / size);
  const last = Math.ceil((offset + seen) / size);
  const from = Math.max(0, Math.floor((first - around) / step) * step);
  const to = Math.min(count, Math.ceil((last + around) / step) * step);
  return { from: Math.min(from, count), to: Math.max(to, Math.min(from, count)) };
}
export const samePart = (a: Part, b: Part) => a.from === b.from && a.to === b.to;

export function cellAt(x: number, y: number, columns: number, rows: number): { column: number; row: number } | null {
  const column = Math.floor(x / COLUMN), row = Math.floor(y / ROW);
  return column >= 0 && row >= 0 && column < columns && row < rows ? { column, row } : null;
}

// How far to scroll so that something is seen, or nothing.
export function scrollFor(at: number, size: number, offset: number, seen: number): number {
  if (at < offset) return at;
  if (at + size > offset + seen) return at + size - seen;
  return offset;
}
