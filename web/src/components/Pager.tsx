import { Icon } from "./Icon";
import { count } from "../lib/format";
import { t } from "../texts";

export const PAGE = 50;

export function Pager({ offset, total, onOffset }: { offset: number; total: number; onOffset: (offset: number) => void }) {
  if (total === 0) return null;
  return (
    <span className="row g6 sm q nw">
      {t("app.of", { from: count(Math.min(offset + 1, total)), to: count(Math.min(offset + PAGE, total)), total: count(total) })}
      <button className="ib" aria-label={t("app.newer")} title={t("app.newer")} disabled={offset === 0} onClick={() => onOffset(Math.max(0, offset - PAGE))}><Icon name="left" /></button>
      <button className="ib" aria-label={t("app.older")} title={t("app.older")} disabled={offset + PAGE >= total} onClick={() => onOffset(offset + PAGE)}><Icon name="right" /></button>
    </span>
  );
}
