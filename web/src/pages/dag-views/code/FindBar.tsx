import { useKeys } from "../../../app/keys";
import { Icon } from "../../../components/Icon";
import { t } from "../../../texts";
import { HITS_MAX } from "./find";

type Props = { value: string; hits: number; at: number; onValue: (text: string) => void; onStep: (by: 1 | -1) => void };

export function FindBar({ value, hits, at, onValue, onStep }: Props) {
  useKeys({ N: () => onStep(1), "Shift N": () => onStep(-1) });
  return (
    <div className="row g6">
      <div className="in code-find">
        <Icon name="search" small />
        <input data-search className="grow" type="search" aria-label={t("code.search")} placeholder={t("code.search")} value={value} onChange={(event) => onValue(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter") { event.preventDefault(); onStep(event.shiftKey ? -1 : 1); }
            if (event.key === "Escape" && value) { event.preventDefault(); onValue(""); }
          }} />
      </div>
      {value ? (
        <>
          <span className="sm q num code-hits" aria-live="polite">{hits === 0 ? t("code.no_hit") : t("code.hits", { n: at + 1, total: hits >= HITS_MAX ? `${HITS_MAX}+` : hits })}</span>
          <button className="ib" aria-label={t("code.previous")} title={t("code.previous")} disabled={hits === 0} onClick={() => onStep(-1)}><Icon name="left" /></button>
          <button className="ib" aria-label={t("code.next")} title={t("code.next")} disabled={hits === 0} onClick={() => onStep(1)}><Icon name="right" /></button>
        </>
      ) : null}
    </div>
  );
}
