// What changed from one text to another, by lines: the shortest way (Myers, 1986).

export interface Changed { kind: "same" | "del" | "add"; a: number | null; b: number | null } // indexes of the lines
const STEPS_MAX = 2000; // texts that differ more count as all another

export function diff(a: string[], b: string[]): Changed[] {
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head += 1;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail += 1;
  const made: Changed[] = [];
  for (let n = 0; n < head; n += 1) made.push({ kind: "same", a: n, b: n });
  for (const one of middle(a.slice(head, a.length - tail), b.slice(head, b.length - tail))) {
    made.push({ kind: one.kind, a: one.a === null ? null : one.a + head, b: one.b === null ? null : one.b + head });
  }
  for (let n = tail; n > 0; n -= 1) made.push({ kind: "same", a: a.length - n, b: b.length - n });
  return made;
}

function middle(a: string[], b: string[]): Changed[] {
  const steps = shortest(a, b);
  if (steps === null) {
    return [...a.map((_, n): Changed => ({ kind: "del", a: n, b: null })), ...b.map((_, n): Changed => ({ kind: "add", a: null, b: n }))];
  }
  const back: Changed[] = [];
  let x = a.length, y = b.length;
  for (let d = steps.length - 1; d >= 0; d -= 1) {
    const reach = steps[d]!;
    const k = x - y;
    const down = k === -d || (k !== d && at(reach, k - 1) < at(reach, k + 1));
    const fromK = down ? k + 1 : k - 1;
    const fromX = d === 0 ? 0 : at(reach, fromK), fromY = d === 0 ? 0 : fromX - fromK;
    while (x > fromX && y > fromY) {
      x -= 1;
      y -= 1;
      back.push({ kind: "same", a: x, b: y });
    }
    if (d === 0) break;
    if (down) back.push({ kind: "add", a: null, b: (y -= 1) });
    else back.push({ kind: "del", a: (x -= 1), b: null });
  }
  return back.reverse();
}

type Reach = Int32Array; // how far in a, by diagonal from -(d + 1) to d + 1
const at = (reach: Reach, k: number) => reach[k + (reach.length - 1) / 2]!;

// The reach before each step; null if there are too many.
function shortest(a: string[], b: string[]): Reach[] | null {
  const most = Math.min(STEPS_MAX, a.length + b.length);
  const zero = most + 1;
  const reach = new Int32Array(2 * zero + 1);
  const steps: Reach[] = [];
  for (let d = 0; d <= most; d += 1) {
    steps.push(reach.slice(zero - d - 1, zero + d + 2));
    for (let k = -d; k <= d; k += 2) {
      let x = k === -d || (k !== d && reach[zero + k - 1]! < reach[zero + k + 1]!) ? reach[zero + k + 1]! : reach[zero + k - 1]! + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x += 1;
      reach[zero + k] = x;
      if (x >= a.length && x - k >= b.length) return steps;
    }
  }
  return null;
}

export type Row = { kind: "line"; change: Changed } | { kind: "fold"; from: number; count: number };
const AROUND = 3;

// The rows of a diff: lines that are the same in both and far from any change are folded, but for those opened by `from`.
export function folded(changes: Changed[], opened: ReadonlySet<number>): Row[] {
  const rows: Row[] = [];
  let n = 0;
  while (n < changes.length) {
    let to = n;
    while (to < changes.length && changes[to]!.kind === "same") to += 1;
    const first = n === 0 ? 0 : n + AROUND, last = to === changes.length ? to : to - AROUND;
    if (last - first > 1 && !opened.has(first)) {
      for (let m = n; m < first; m += 1) rows.push({ kind: "line", change: changes[m]! });
      rows.push({ kind: "fold", from: first, count: last - first });
      for (let m = last; m < to; m += 1) rows.push({ kind: "line", change: changes[m]! });
    } else for (let m = n; m < to; m += 1) rows.push({ kind: "line", change: changes[m]! });
    n = to;
    while (n < changes.length && changes[n]!.kind !== "same") rows.push({ kind: "line", change: changes[n++]! });
  }
  return rows;
}
