// The focus of the grid (row -1 is its head: the run itself) and what is selected with it by Shift.

export type Place = { row: number; column: number };
export type Focus = Place & { anchor: Place | null };

export function moved(focus: Focus, key: string, shift: boolean, rows: number, columns: number): Focus | null {
  const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1], "[": [0, -1], "]": [0, 1], j: [1, 0], k: [-1, 0], J: [1, 0], K: [-1, 0],
    PageUp: [-20, 0], PageDown: [20, 0], Home: [0, -Infinity], End: [0, Infinity] }[key];
  if (!step || columns === 0) return null;
  const row = Math.max(-1, Math.min(rows - 1, focus.row + step[0]!));
  const column = Math.max(0, Math.min(columns - 1, focus.column + step[1]!));
  const several = shift && key.startsWith("Arrow");
  return { row: several ? Math.max(0, row) : row, column, anchor: several ? focus.anchor ?? { row: Math.max(0, focus.row), column: focus.column } : null };
}

export type Box = { top: number; bottom: number; left: number; right: number }; // all inside
export function boxOf({ row, column, anchor }: Focus): Box | null {
  if (!anchor) return null;
  return { top: Math.min(row, anchor.row), bottom: Math.max(row, anchor.row), left: Math.min(column, anchor.column), right: Math.max(column, anchor.column) };
}
