import { useVirtualizer } from "@tanstack/react-virtual";
import { useCallback, useEffect, useRef, useState } from "react";
import { useRight } from "../../api/session";
import { listOf, textOf, useSearch } from "../../lib/useSearch";
import { t } from "../../texts";
import { DagRow } from "./DagRow";
import type { Dags } from "./useDags";

const WHOLE_MAX = 100; // up to so many rows all are in the page, for the browser's own search
const AHEAD = 10;
const SKELETON_MS = 150;

export function DagTable({ dags }: { dags: Dags }) {
  const [search, set] = useSearch();
  const scroll = useRef<HTMLDivElement>(null);
  const may = useRight("run");
  const narrow = useNarrow();
  const rows = useVirtualizer({
    count: dags.total, getScrollElement: () => scroll.current, estimateSize: () => (narrow ? 92 : 49), overscan: dags.total <= WHOLE_MAX ? WHOLE_MAX : AHEAD,
    initialRect: { width: 1000, height: 900 },
  });
  useEffect(() => rows.measure(), [narrow, rows]);
  const items = rows.getVirtualItems();
  const from = items[0]?.index ?? 0, to = items[items.length - 1]?.index ?? 0;
  const { see, hold } = dags;
  useEffect(() => see(from, to), [see, from, to]);
  const of = useRef(search);
  of.current = search;
  const trigger = useCallback((id: string) => set({ do: "trigger", on: id }), [set]);
  const pick = useCallback((name: "tag" | "owner", value: string) => {
    const chosen = listOf(of.current[name]);
    if (!chosen.includes(value)) set({ [name]: textOf([...chosen, value]) });
  }, [set]);
  const late = useLate(SKELETON_MS);
  return (
    <div className="panel dagpanel" role="table" aria-label={t("nav.dags")} aria-rowcount={dags.total} aria-busy={dags.old}
      onPointerEnter={() => hold(true)} onPointerLeave={(event) => hold(event.currentTarget.contains(document.activeElement))}
      onFocus={() => hold(true)} onBlur={(event) => { if (!event.currentTarget.contains(event.relatedTarget)) hold(event.currentTarget.matches(":hover")); }}>
      <div ref={scroll} className="dagscroll">
        <div className="daghead" role="row">
          <span role="columnheader" className="ell">{t("dags.dag")}</span><span role="columnheader" className="ell" title={t("dags.last_24_more")}>{t("dags.last_24")}</span><span role="columnheader" className="ell">{t("dags.last_run")}</span>
          <span role="columnheader" className="ell">{t("dags.next_run")}</span><span role="columnheader" className="ell">{t("dags.why")}</span><span role="columnheader" className="ell"><span className="visually-hidden">{t("app.actions")}</span></span>
        </div>
        {dags.waiting ? <button className="btn s newrows" onClick={dags.take}>{t("dags.new_rows", { n: dags.waiting })}</button> : null}
        {dags.first ? (
          <div role="rowgroup" style={{ height: rows.getTotalSize(), position: "relative" }}>
            {items.map((item) => {
              const id = dags.ids[item.index];
              const dag = id === undefined ? undefined : dags.row(id);
              return (
                <div key={id ?? item.index} role="presentation" className="dagslot" style={{ height: item.size, transform: `translateY(${item.start}px)` }}>
                  {dag ? <DagRow dag={dag} may={may} change={dags.change} trigger={trigger} pick={pick} /> : <Skeleton />}
                </div>
              );
            })}
          </div>
        ) : late ? Array.from({ length: 12 }, (_, n) => <div key={n} className="dagwait"><Skeleton /></div>) : null}
      </div>
    </div>
  );
}

function Skeleton() {
  return <div className="dagrow" aria-hidden="true"><span className="sunken bone" /><span className="sunken bone" /><span className="sunken bone" /><span className="sunken bone" /></div>;
}

function useLate(ms: number): boolean {
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), ms);
    return () => clearTimeout(timer);
  }, [ms]);
  return late;
}

const phone = window.matchMedia?.("(max-width: 719px)");
function useNarrow(): boolean {
  const [narrow, setNarrow] = useState(phone?.matches ?? false);
  useEffect(() => {
    const hear = () => setNarrow(phone.matches);
    phone?.addEventListener("change", hear);
    return () => phone?.removeEventListener("change", hear);
  }, []);
  return narrow;
}
