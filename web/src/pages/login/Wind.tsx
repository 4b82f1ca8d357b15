import { StateMark } from "../../components/StateMark";
import type { State } from "../../lib/state";

// Wind, and a run in it.
const WIDTH = 760, LINES = 34, GAP = 27, CALM = 14;

function line(n: number): string {
  const y = 60 + n * GAP;
  const off = (n - CALM) / 6;
  const parting = 46 * Math.exp(-off * off) * Math.sign(off || 1);
  const at = (x: number) => {
    const near = Math.exp(-(((x - 400) / 230) ** 2));
    return (y + 14 * Math.sin(x / 170 + n * 0.34) + parting * near).toFixed(1);
  };
  return `M${Array.from({ length: 20 }, (_, k) => `${k * 40} ${at(k * 40)}`).join("L")}`;
}

const nodes: [number, number, State][] = [[0, 26, "success"], [60, 0, "success"], [60, 52, "success"], [120, 26, "running"], [180, 0, "queued"], [180, 52, "scheduled"], [240, 26, "none"]];
const edges: [number, number][] = [[0, 1], [0, 2], [1, 3], [2, 3], [3, 4], [3, 5], [4, 6], [5, 6]];

export function Wind() {
  return (
    <>
      <svg className="wind" viewBox={`0 0 ${WIDTH} 900`} preserveAspectRatio="xMidYMid slice">
        {Array.from({ length: LINES }, (_, n) => <path key={n} d={line(n)} style={{ fill: "none", stroke: "var(--line2)", strokeWidth: n % 4 === 0 ? 1.8 : 1 }} />)}
      </svg>
      <div className="inwind">
        <svg width="258" height="70">
          {edges.map(([a, b]) => {
            const [x1, y1] = [nodes[a]![0] + 17, nodes[a]![1] + 9], [x2, y2] = [nodes[b]![0] + 1, nodes[b]![1] + 9];
            return <path key={`${a}-${b}`} d={`M${x1} ${y1}C${(x1 + x2) / 2} ${y1} ${(x1 + x2) / 2} ${y2} ${x2} ${y2}`} style={{ fill: "none", stroke: "var(--ink3)", strokeWidth: 1.4 }} />;
          })}
        </svg>
        {nodes.map(([x, y, state]) => <span key={`${x}-${y}`} style={{ position: "absolute", left: x, top: y + 1 }}><StateMark state={state} /></span>)}
      </div>
    </>
  );
}
