// The part of the graph that is on the screen, in the graph's own measure, with room around: it changes in steps, so that
// what depends on it isn't drawn anew at each frame.

export interface Sight { left: number; top: number; right: number; bottom: number }
export const STEP = 200;

export function sightOf(x: number, y: number, zoom: number, width: number, height: number): Sight {
  const down = (n: number) => Math.floor((n - STEP / 2) / STEP) * STEP, up = (n: number) => Math.ceil((n + STEP / 2) / STEP) * STEP;
  return { left: down(-x / zoom), top: down(-y / zoom), right: up((width - x) / zoom), bottom: up((height - y) / zoom) };
}

const CELL = 176 * 62; // a node and its share of what is between, at the densest
const DRAWN_MAX = 700; // nodes that are drawn as such at once

// The zoom below which a graph of so many nodes is drawn from afar, as plain bars: texts couldn't be read any more, and more
// nodes would be in sight than can be drawn.
export function farBelow(nodes: number, width: number, height: number): number {
  if (nodes <= DRAWN_MAX) return 0;
  return Math.min(0.7, Math.max(0.3, Math.sqrt((width * height) / (CELL * DRAWN_MAX))));
}

export const MIN_READ = 0.55; // a graph is never opened smaller than can be read

// The view that a graph opens with: all of it if that can be read, else its part around `at`, or its top.
export function firstView(graph: { w: number; h: number }, width: number, height: number, at: { x: number; y: number } | null): { x: number; y: number; zoom: number } {
  const margin = 24;
  const whole = Math.min(1, (width - 2 * margin) / Math.max(1, graph.w), (height - 2 * margin) / Math.max(1, graph.h));
  const zoom = Math.max(whole, MIN_READ);
  const fitsX = graph.w * zoom <= width - margin, fitsY = graph.h * zoom <= height - margin;
  const clamp = (n: number, size: number, room: number) => Math.min(margin, Math.max(room - margin - size * zoom, n));
  return {
    zoom,
    x: fitsX ? (width - graph.w * zoom) / 2 : clamp(width / 2 - (at?.x ?? graph.w / 2) * zoom, graph.w, width),
    y: fitsY ? margin : clamp(at ? height / 2 - at.y * zoom : margin, graph.h, height),
  };
}
