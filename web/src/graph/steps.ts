import type { Layout } from "./layout";

// Where an arrow key leads from a node: down and up along an edge, else to the nearest; left and right to the neighbour.

const keys = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] } as const;
export const isArrow = (key: string): key is keyof typeof keys => key in keys;

export function step(layout: Layout, from: string, key: keyof typeof keys): string | null {
  const here = layout.nodes.get(from);
  if (!here) return layout.nodes.keys().next().value ?? null;
  const [dx, dy] = keys[key];
  const x = here.x + here.w / 2, y = here.y + here.h / 2;
  const near = (ids: Iterable<string>) => {
    let found: string | null = null, least = Infinity;
    for (const id of ids) {
      const other = layout.nodes.get(id);
      if (!other || id === from) continue;
      const ox = other.x + other.w / 2 - x, oy = other.y + other.h / 2 - y;
      const along = ox * dx + oy * dy, aside = Math.abs(ox * dy) + Math.abs(oy * dx);
      if (along <= 4) continue;
      const far = along + aside * (dx === 0 ? 2 : 6);
      if (far < least) { least = far; found = id; }
    }
    return found;
  };
  if (dy !== 0) {
    const along = layout.edges.flatMap((edge) => (dy > 0 ? (edge.from === from ? [edge.to] : []) : edge.to === from ? [edge.from] : []));
    const found = near(along);
    if (found) return found;
  }
  return near(layout.nodes.keys());
}
