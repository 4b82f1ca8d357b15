import { useState } from "react";
import { t } from "../texts";
import { NAMES_MIN, setNamesWidth } from "./useNamesWidth";

// Dragged, the names' column is as wide as wanted; twice clicked, as its names need.
export function NamesHandle({ width }: { width: number }) {
  const [from, setFrom] = useState<{ x: number; width: number } | null>(null);
  return (
    <div className="nhandle" role="separator" aria-orientation="vertical" aria-label={t("rows.names_width")} aria-valuenow={width} aria-valuemin={NAMES_MIN} tabIndex={-1}
      data-on={from ? "" : undefined}
      onPointerDown={(event) => { event.currentTarget.setPointerCapture(event.pointerId); setFrom({ x: event.clientX, width }); event.preventDefault(); event.stopPropagation(); }}
      onPointerMove={(event) => { if (from) setNamesWidth(from.width + event.clientX - from.x); }}
      onPointerUp={() => setFrom(null)} onPointerCancel={() => setFrom(null)} onDoubleClick={() => setNamesWidth(null)} />
  );
}
