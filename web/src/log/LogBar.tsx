import { useEffect, useState } from "react";
import { Icon } from "../components/Icon";
import { say } from "../lib/say";
import { t } from "../texts";
import { download } from "./download";
import { prefer, prefs } from "./prefs";
import type { Open, Try } from "./useModels";

type Props = {
  open: Open; tries: Try[]; shown: number[]; q: string; matchCase: boolean; full: boolean;
  onSearch: (q: string) => void; onCase: () => void; onTries: (numbers: number[]) => void; onFull: () => void; onError: (step: 1 | -1) => void;
};
const TYPED_MS = 250;
const BUTTONS_MAX = 4;

// What can be done with a log: search, errors, how it is shown, which tries.
export function LogBar({ open, tries, shown, q, matchCase, full, onSearch, onCase, onTries, onFull, onError }: Props) {
  const { search, errors } = open.model.state.use();
  const { wrap, times } = prefs.use();
  const [typed, setTyped] = useState(q);
  const [part, setPart] = useState<number | null>(null);
  useEffect(() => setTyped(q), [q]);
  useEffect(() => {
    if (typed === q) return;
    const timer = setTimeout(() => onSearch(typed), TYPED_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  const load = async () => {
    setPart(0);
    try {
      await download(open.name, open.model.reader, setPart);
    } catch (error) {
      say(t("log.download_failed", { detail: error instanceof Error ? error.message : String(error) }));
    } finally {
      setPart(null);
    }
  };
  const found = search.at < 0 ? t("log.no_hits") : t("log.hits", { n: search.base + search.at + 1, total: search.total });
  return (
    <div className="lgbar" role="toolbar" aria-label={t("log.bar")}>
      <label className="in">
        <Icon name="search" small />
        <input data-search aria-label={t("log.search")} placeholder={t("log.search")} value={typed} spellCheck={false} onChange={(event) => setTyped(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter" && typed !== q) onSearch(typed);
            else if (event.key === "Enter") void open.model.hit(event.shiftKey ? -1 : 1);
            else if (event.key === "Escape") { setTyped(""); onSearch(""); event.currentTarget.blur(); } else return;
            event.preventDefault();
          }} />
        {search.q ? <span className="qq num nw" aria-live="polite">{search.busy ? "…" : found}</span> : null}
        <button type="button" className={`mi${matchCase ? " b" : " qq"}`} style={{ border: 0, background: "none", padding: 0, cursor: "pointer" }} aria-pressed={matchCase} title={t("log.case")} aria-label={t("log.case")} onClick={onCase}>Aa</button>
      </label>
      <button className="ib" disabled={search.at < 0} aria-label={t("log.previous_hit")} title={`${t("log.previous_hit")} (Shift N)`} onClick={() => void open.model.hit(-1)}><Icon name="left" small /></button>
      <button className="ib" disabled={search.at < 0} aria-label={t("log.next_hit")} title={`${t("log.next_hit")} (N)`} onClick={() => void open.model.hit(1)}><Icon name="right" small /></button>
      {errors.length > 0 ? (
        <span className="s-failed"><button className="btn s err" onClick={() => onError(1)}><Icon name="warning" small />{t("log.to_error")}<span className="kbd wide-only">E</span></button></span>
      ) : null}
      <span className="grow" />
      <button className={`btn s wide ${times ? "on" : "q"}`} aria-pressed={times} onClick={() => prefer({ times: !times })}><Icon name="clock" small />{t("log.time")}</button>
      <button className={`btn s ${wrap ? "on" : "q"}`} aria-pressed={wrap} title={`${t("log.wrap")} (W)`} onClick={() => prefer({ wrap: !wrap })}><Icon name="wrap" small /><span className="wide-only">{t("log.wrap")}</span></button>
      <button className={`btn s wide ${full ? "on" : "q"}`} aria-pressed={full} onClick={onFull}><Icon name="fit" small />{t("log.full")}</button>
      <button className="btn s q" disabled={part !== null} onClick={() => void load()}>
        <Icon name="download" small />{part === null ? <span className="wide-only">{t("log.download")}</span> : <span className="num">{Math.round(part * 100)} %</span>}
      </button>
      <Tries tries={tries} shown={shown} onTries={onTries} />
    </div>
  );
}

function Tries({ tries, shown, onTries }: Pick<Props, "tries" | "shown" | "onTries">) {
  if (tries.length < 2) return null;
  const all = tries.map((one) => one.number);
  const both = shown.length > 1;
  const side = (
    <button type="button" role="radio" aria-checked={both} className={`wide-only${both ? " on" : ""}`} onClick={() => onTries(both ? all.slice(-1) : all.slice(-BUTTONS_MAX))}>
      <Icon name="both" small />{t(all.length === 2 ? "log.both" : "log.side")}
    </button>
  );
  if (all.length > BUTTONS_MAX) {
    return (
      <>
        <select className="in" aria-label={t("log.tries")} value={both ? "" : shown[0]} onChange={(event) => onTries([Number(event.target.value)])}>
          {both ? <option value="">{t("log.side")}</option> : null}
          {all.map((number) => <option key={number} value={number}>{t("log.try", { n: number })}</option>)}
        </select>
        <div className="seg wide-only" role="radiogroup" aria-label={t("log.tries")}>{side}</div>
      </>
    );
  }
  return (
    <div className="seg" role="radiogroup" aria-label={t("log.tries")}>
      {all.map((number) => (
        <button type="button" key={number} role="radio" aria-checked={!both && shown[0] === number} className={!both && shown[0] === number ? "on" : undefined} onClick={() => onTries([number])}>{t("log.try", { n: number })}</button>
      ))}
      {side}
    </div>
  );
}
