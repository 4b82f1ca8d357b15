import { useReactFlow, useStore } from "@xyflow/react";
import { Icon } from "../components/Icon";
import { t } from "../texts";
import type { Layout } from "./layout";

export function Tools({ layout }: { layout: Layout }) {
  const { zoomIn, zoomOut, setViewport } = useReactFlow();
  const width = useStore((store) => store.width), height = useStore((store) => store.height);
  const fit = () => {
    const zoom = Math.min(1, (width - 32) / Math.max(1, layout.w), (height - 32) / Math.max(1, layout.h));
    void setViewport({ zoom, x: (width - layout.w * zoom) / 2, y: (height - layout.h * zoom) / 2 }, { duration: 160 });
  };
  return (
    <div className="gv-tool" role="group" aria-label={t("graph.tools")}>
      <button type="button" className="ib" aria-label={t("graph.zoom_in")} title={t("graph.zoom_in")} onClick={() => void zoomIn({ duration: 90 })}><Icon name="plus" /></button>
      <button type="button" className="ib" aria-label={t("graph.zoom_out")} title={t("graph.zoom_out")} onClick={() => void zoomOut({ duration: 90 })}><Icon name="minus" /></button>
      <button type="button" className="ib" aria-label={t("graph.fit")} title={t("graph.fit")} onClick={fit}><Icon name="fit" /></button>
    </div>
  );
}
