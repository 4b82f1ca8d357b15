// An edge's way of right angles, as ELK gives it, drawn as cubic curves: it leaves and arrives upright.

export type Point = [number, number];

const n1 = (n: number) => Math.round(n * 10) / 10;
const REACH = 48; // a curve takes so much height at most

export function curve(points: Point[]): string {
  const [first] = points;
  const last = points.at(-1);
  if (!first || !last) return "";
  // The level pieces; a curve replaces each, as high as there is room for above and below.
  const levels: { y: number; from: number; to: number }[] = [];
  for (let n = 1; n < points.length; n += 1) {
    const a = points[n - 1]!, b = points[n]!;
    if (Math.abs(a[1] - b[1]) < 0.5 && Math.abs(a[0] - b[0]) >= 0.5) levels.push({ y: a[1], from: a[0], to: b[0] });
  }
  let d = `M${n1(first[0])} ${n1(first[1])}`;
  levels.forEach(({ y, from, to }, n) => {
    const above = n === 0 ? Math.abs(y - first[1]) : Math.abs(y - levels[n - 1]!.y) / 2;
    const below = n === levels.length - 1 ? Math.abs(last[1] - y) : Math.abs(levels[n + 1]!.y - y) / 2;
    const up = Math.min(above, REACH), down = Math.min(below, REACH);
    if (up < above - 0.5) d += `L${n1(from)} ${n1(y - up)}`;
    d += `C${n1(from)} ${n1(y)} ${n1(to)} ${n1(y)} ${n1(to)} ${n1(y + down)}`;
  });
  if (levels.length === 0 || !d.endsWith(` ${n1(last[0])} ${n1(last[1])}`)) d += `L${n1(last[0])} ${n1(last[1])}`;
  return d;
}
