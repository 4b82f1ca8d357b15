import { useMemo } from "react";
import { create } from "../lib/store";
import type { Row } from "./rows";

// The width of the names' column: as the reader has dragged it (kept in this browser), else as the names need, within reason.

export const NAMES_MIN = 176;
const NAMES_MAX = 720, NAMES_OWN_MAX = 280, LETTER = 7.1, INDENT = 16, BESIDE = 44;

function kept(): number | null {
  try {
    const width = Number(localStorage.getItem("gale.names"));
    return width >= NAMES_MIN ? Math.min(width, NAMES_MAX) : null;
  } catch {
    return null;
  }
}
const dragged = create<number | null>(kept());

export function setNamesWidth(width: number | null) {
  const next = width === null ? null : Math.round(Math.max(NAMES_MIN, Math.min(NAMES_MAX, width)));
  dragged.set(next);
  try {
    if (next === null) localStorage.removeItem("gale.names");
    else localStorage.setItem("gale.names", String(next));
  } catch {
    // a browser that keeps nothing
  }
}

export function useNamesWidth(rows: Row[], beside = 0): number {
  const own = dragged.use();
  const needed = useMemo(() => rows.reduce((most, row) => Math.max(most, row.label.length * LETTER + row.depth * INDENT), 0) + BESIDE + beside, [rows, beside]);
  return own ?? Math.round(Math.max(NAMES_MIN, Math.min(NAMES_OWN_MAX, needed)));
}
