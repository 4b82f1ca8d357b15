import { useCallback, useLayoutEffect, useRef, useState, type RefObject } from "react";
import { COLUMN, ROW, TILE, partOf, samePart, type Part } from "./window";

const AROUND = 12;
type Parts = { rows: Part; columns: Part; width: number };

// Follows a scrolled box: the rows and columns to be drawn. It renders only when these change, not each time it scrolls.
export function useParts(box: RefObject<HTMLElement | null>, rows: number, columns: number, left: number, top: number) {
  const measure = useCallback((): Parts => {
    const at = box.current;
    const [w, h] = at ? [at.clientWidth, at.clientHeight] : [900, 700];
    return {
      rows: partOf(at?.scrollTop ?? 0, Math.max(0, h - top), ROW, rows, TILE, AROUND),
      columns: partOf(at?.scrollLeft ?? 0, Math.max(0, w - left), COLUMN, columns, TILE, AROUND),
      width: w,
    };
  }, [box, rows, columns, left, top]);
  const [parts, setParts] = useState<Parts>(measure);
  const latest = useRef(parts);
  const look = useCallback(() => {
    const next = measure(), now = latest.current;
    const same = { rows: samePart(now.rows, next.rows) ? now.rows : next.rows, columns: samePart(now.columns, next.columns) ? now.columns : next.columns, width: next.width };
    if (same.rows === now.rows && same.columns === now.columns && same.width === now.width) return;
    latest.current = same;
    setParts(same);
  }, [measure]);
  useLayoutEffect(() => {
    look();
    const at = box.current;
    if (!at) return;
    at.addEventListener("scroll", look, { passive: true });
    const observer = new ResizeObserver(look);
    observer.observe(at);
    return () => { at.removeEventListener("scroll", look); observer.disconnect(); };
  }, [box, look]);
  return parts;
}
