import { Menu } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import type { DagList } from "../../api/shapes";
import { Icon } from "../../components/Icon";
import { StateMark } from "../../components/StateMark";
import { count } from "../../lib/format";
import { textOf, useSearch } from "../../lib/useSearch";
import { t } from "../../texts";
import { FilterMenu } from "./FilterMenu";
import { filterNames, queryOf, sortOf, sorts, type SortName } from "./filters";

const TYPED_MS = 150;

export function Toolbar({ list }: { list: DagList | undefined }) {
  const [search, set] = useSearch();
  const counts = list?.counts;
  const query = queryOf(search);
  const sort = sortOf(search);
  const only = (change: Record<string, string | undefined>) => set({ state: undefined, waiting: undefined, on: undefined, fav: undefined, ...change });
  const filter = (on: boolean, text: string | null, n: number | undefined, mark: React.ReactNode, choose: () => void, label?: string) => (
    <button className={on ? "fc on" : "fc"} aria-pressed={on} title={label} onClick={choose}>{mark}<b className="num">{n === undefined ? "" : count(n)}</b>{text}{label ? <span className="visually-hidden">{label}</span> : null}</button>
  );
  const state = (name: string) => () => (search.state === name ? only({}) : only({ state: name }));
  return (
    <div className="tb">
      <h1>{t("nav.dags")}</h1>
      <SearchField />
      {filter(!filterNames.some((name) => name !== "q" && search[name]), t("app.all"), counts?.all, null, () => set(Object.fromEntries(filterNames.map((name) => [name, undefined]))))}
      {filter(search.state === "failed", t("dags.failing"), counts?.failing, <StateMark state="failed" size={14} />, state("failed"))}
      {filter(search.state === "running", t("dags.running"), counts?.running, <StateMark state="running" size={14} />, state("running"))}
      {filter(search.waiting === "1", t("dags.waiting"), counts?.waiting, <StateMark state="queued" size={14} />, () => (search.waiting ? only({}) : only({ waiting: "1" })))}
      {filter(search.on === "0", t("dags.paused_filter"), counts?.paused, <span className="sw" style={{ transform: "scale(.85)" }} />, () => (search.on === "0" ? only({}) : only({ on: "0" })))}
      {filter(search.fav === "1", null, counts?.favorite, <Icon name="star" small filled={search.fav === "1"} />, () => (search.fav ? only({}) : only({ fav: "1" })), t("dags.favorites"))}
      <span className="grow" />
      <FilterMenu label={t("dags.tags")} all={list?.tags ?? []} chosen={query.tags ?? []} onChange={(tags) => set({ tag: textOf(tags) })} />
      <FilterMenu label={t("dags.owner")} all={list?.owners ?? []} chosen={query.owners ?? []} onChange={(owners) => set({ owner: textOf(owners) })} />
      <Menu position="bottom-end">
        <Menu.Target><button className="fc">{t("dags.sort", { by: t(`dags.sort_${sort.name}`) })}{sort.descending ? " ↓" : ""}<Icon name="down" small /></button></Menu.Target>
        <Menu.Dropdown>
          {(Object.keys(sorts) as SortName[]).flatMap((name) => [false, true].map((down) => (
            <Menu.Item key={`${name}${down}`} onClick={() => set({ sort: name === "name" && !down ? undefined : `${down ? "-" : ""}${name}` })}>{t(`dags.sort_${name}`)} {down ? "↓" : "↑"}</Menu.Item>
          )))}
        </Menu.Dropdown>
      </Menu>
    </div>
  );
}

// As one types: the address follows a moment later, in place.
function SearchField() {
  const [search, set] = useSearch();
  const [typed, setTyped] = useState(search.q ?? "");
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const sent = useRef(search.q ?? "");
  useEffect(() => {
    if ((search.q ?? "") !== sent.current) {
      sent.current = search.q ?? "";
      setTyped(sent.current);
    }
  }, [search.q]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const type = (text: string) => {
    setTyped(text);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      sent.current = text;
      set({ q: text }, { replace: true });
    }, TYPED_MS);
  };
  return (
    <label className="in dagfind">
      <Icon name="search" />
      <input data-search className="grow bareinput" aria-label={t("dags.find")} placeholder={t("dags.find")} value={typed} maxLength={250} onChange={(event) => type(event.target.value)}
        onKeyDown={(event) => { if (event.key === "Escape") { if (typed) type(""); else event.currentTarget.blur(); } }} />
      <span className="kbd wide-only">/</span>
    </label>
  );
}
