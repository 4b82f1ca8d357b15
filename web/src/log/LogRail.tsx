import { useRef, type PointerEvent } from "react";
import type { LogState } from "./model";

type Props = { state: LogState; from: number; to: number; onJump: (offset: number) => void };

// The whole log at the right edge, by bytes: errors, hits, and what is in view. A press or a drag goes there.
export function LogRail({ state, from, to, onJump }: Props) {
  const held = useRef(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const { size, errors, search } = state;
  if (size === 0) return <div className="lrail" />;
  const at = (offset: number) => `${Math.min(100, (100 * offset) / size)}%`;
  const jump = (event: PointerEvent<HTMLDivElement>, soon: number) => {
    const box = event.currentTarget.getBoundingClientRect();
    const offset = Math.floor(Math.min(1, Math.max(0, (event.clientY - box.top) / box.height)) * size);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => onJump(Math.min(offset, size - 1)), soon);
  };
  return (
    <div className="lrail" aria-hidden="true" onPointerDown={(event) => { held.current = true; event.currentTarget.setPointerCapture(event.pointerId); jump(event, 0); }}
      onPointerMove={(event) => { if (held.current) jump(event, 40); }} onPointerUp={() => { held.current = false; }} onPointerCancel={() => { held.current = false; }}>
      <b style={{ top: at(from), height: `max(16px, ${Math.min(100, (100 * (to - from)) / size)}%)` }} />
      {thin(errors.map((mark) => mark.offset), size).map((offset) => <u key={offset} style={{ top: at(offset) }} />)}
      {thin(search.hits.map((mark) => mark.offset), size).map((offset) => <s key={offset} style={{ top: at(offset) }} />)}
    </div>
  );
}

// At most one mark in each of 300 parts.
function thin(offsets: number[], size: number): number[] {
  let last = -1;
  return offsets.filter((offset) => {
    const part = Math.floor((300 * offset) / size);
    if (part === last) return false;
    last = part;
    return true;
  });
}
