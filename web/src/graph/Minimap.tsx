import { useReactFlow, useStore } from "@xyflow/react";
import { memo, useEffect, useMemo, useRef, useState, type PointerEvent } from "react";
import { t } from "../texts";
import { useGraph } from "./context";
import { barsOf } from "./bars";
import type { Layout } from "./layout";

const W = 132, H = 104, SLOW_FROM = 500, SLOW_MS = 500, LATER_MS = 250;

// The states' version; of a big graph at most twice a second, since all of it is drawn again.
export function useVersion(nodes: number): number {
  const { states } = useGraph();
  const [version, setVersion] = useState(states.version());
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const show = () => { timer = undefined; setVersion(states.version()); };
    show();
    const end = states.hearAll(() => {
      if (nodes < SLOW_FROM) show();
      else timer ??= setTimeout(show, SLOW_MS);
    });
    return () => { end(); clearTimeout(timer); };
  }, [states, nodes]);
  return version;
}

// Of a big graph only once it is there itself.
function useLater(big: boolean): boolean {
  const [later, setLater] = useState(!big);
  useEffect(() => {
    const timer = setTimeout(() => setLater(true), LATER_MS);
    return () => clearTimeout(timer);
  }, []);
  return later;
}

// The whole graph as bars of their states, and what of it is in sight; pressing it goes there.
export const Minimap = memo(function Minimap({ layout }: { layout: Layout }) {
  const { states } = useGraph();
  const { setCenter, getZoom } = useReactFlow();
  const version = useVersion(layout.nodes.size);
  const scale = Math.min(W / Math.max(1, layout.w), H / Math.max(1, layout.h), 0.14);
  const w = Math.max(24, layout.w * scale), h = Math.max(24, layout.h * scale);
  const dx = (w - layout.w * scale) / 2, dy = (h - layout.h * scale) / 2;
  const later = useLater(layout.nodes.size >= SLOW_FROM);
  const bars = useMemo(() => (later ? barsOf(layout, states, scale) : []), [layout, states, scale, version, later]);
  const pressed = useRef(false);
  const go = (event: PointerEvent<SVGSVGElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    void setCenter((event.clientX - box.left - dx) / scale, (event.clientY - box.top - dy) / scale, { zoom: getZoom() });
  };
  return (
    <div className="gv-mini wide-only" aria-hidden="true" title={t("graph.minimap")}>
      <svg width={w} height={h} onPointerDown={(event) => { pressed.current = true; event.currentTarget.setPointerCapture(event.pointerId); go(event); }}
        onPointerMove={(event) => { if (pressed.current) go(event); }} onPointerUp={() => { pressed.current = false; }}>
        <g transform={`translate(${dx} ${dy})`}>
          {bars.map(({ kind, d }) => <path key={kind} className={kind} d={d} />)}
          <InSight scale={scale} left={-dx} top={-dy} w={w} h={h} />
        </g>
      </svg>
    </div>
  );
});

function InSight({ scale, left, top, w, h }: { scale: number; left: number; top: number; w: number; h: number }) {
  const [x, y, zoom] = useStore((store) => store.transform);
  const width = useStore((store) => store.width), height = useStore((store) => store.height);
  const x0 = Math.max(left, (-x / zoom) * scale), y0 = Math.max(top, (-y / zoom) * scale);
  const x1 = Math.min(left + w, ((width - x) / zoom) * scale), y1 = Math.min(top + h, ((height - y) / zoom) * scale);
  return <rect className="gv-sight" x={x0 + 0.75} y={y0 + 0.75} width={Math.max(2, x1 - x0 - 1.5)} height={Math.max(2, y1 - y0 - 1.5)} rx="3" />;
}
