import { useVirtualizer } from "@tanstack/react-virtual";
import { useCallback, useEffect, useLayoutEffect, useRef, useState, type CSSProperties, type ReactNode } from "react";
import { Failure } from "../components/Failure";
import { Icon } from "../components/Icon";
import { bytes } from "../lib/format";
import { t } from "../texts";
import { LogFoldView, LogLineView } from "./LogRow";
import { LogRail } from "./LogRail";
import type { LogModel } from "./model";
import { prefs } from "./prefs";
import { rowAt, type LineRow, type Row } from "./rows";
import { useTimes } from "./useTimes";

const ROW = 19;
const NEAR = 1600; // px from the edge of what is in memory, where more is read
const SHORT_OF_END = 24;
const beginOf = (row: Row | undefined) => (row === undefined ? 0 : row.kind === "line" ? row.line.offset : row.offset);
const endOf = (row: Row | undefined) => (row === undefined ? 0 : row.kind === "line" ? row.line.offset + row.line.bytes : row.open ? row.offset : row.until);

type Props = { model: LogModel; head: ReactNode; live: boolean; onMark: (row: LineRow) => void; onFocus: () => void; view: { from: number } };

// One try's log: the rows in view of those in memory. What is read before them moves nothing that is seen.
export function LogPane({ model, head, live, onMark, onFocus, view }: Props) {
  const state = model.state.use();
  const { wrap, times } = prefs.use();
  const { rows } = state;
  const box = useRef<HTMLDivElement>(null);
  const [cols, setCols] = useState(100);
  const virtual = useVirtualizer({
    count: rows.length, getScrollElement: () => box.current, overscan: 40, useFlushSync: false, paddingStart: 6, paddingEnd: 6,
    estimateSize: (n) => heightOf(rows[n], wrap ? cols : Infinity), getItemKey: (n) => rows[n]?.key ?? n,
  });
  const items = virtual.getVirtualItems();
  const anchor = useRef<{ key: string; into: number }>({ key: "", into: 0 });
  const [seen, setSeen] = useState({ from: 0, to: 0 });
  const ours = useRef(0); // where the pane itself scrolled to

  const look = () => {
    const at = box.current;
    if (!at) return;
    const top = virtual.getVirtualItemForOffset(at.scrollTop), bottom = virtual.getVirtualItemForOffset(at.scrollTop + at.clientHeight);
    if (!top) return;
    anchor.current = { key: String(top.key), into: at.scrollTop - top.start };
    view.from = beginOf(rows[top.index]);
    const to = endOf(rows[bottom?.index ?? top.index]);
    setSeen((old) => (old.from === view.from && old.to === to ? old : { from: view.from, to }));
    if (at.scrollTop < NEAR) void model.before();
    if (at.scrollHeight - at.scrollTop - at.clientHeight < NEAR) void model.after();
  };
  const scroll = (to: number) => {
    const at = box.current!;
    at.scrollTop = to;
    ours.current = at.scrollTop;
    at.dispatchEvent(new Event("scroll")); // the rows there are made before the next frame is painted
  };

  // What came before the rows in view, or went, moves them in the list: not on the screen.
  useLayoutEffect(() => {
    const at = box.current;
    if (!at || rows.length === 0) return;
    const goal = model.state.get().goal;
    if (goal && goal.id !== reached.current) return;
    if (state.following) scroll(at.scrollHeight);
    else {
      const offset = Number(anchor.current.key.slice(1));
      const n = anchor.current.key ? rowAt(rows, offset) : -1;
      const start = n >= 0 ? virtual.measurementsCache[n]?.start : undefined;
      if (start !== undefined && Math.abs(start + anchor.current.into - at.scrollTop) > 1) scroll(start + anchor.current.into);
    }
    look();
  }, [rows]);

  const reached = useRef(0);
  useLayoutEffect(() => {
    const { goal } = state, at = box.current;
    if (!goal || !at || goal.id === reached.current) return;
    reached.current = goal.id;
    const go = () => {
      if (goal.to === "end") scroll(at.scrollHeight);
      else if (goal.to === "start") scroll(0);
      else {
        const place = virtual.measurementsCache[rowAt(rows, goal.offset)];
        if (place) scroll(Math.max(0, place.start - at.clientHeight / 3));
      }
      look();
    };
    go();
    // Once more when the rows there have been measured.
    let frame = requestAnimationFrame(() => { go(); frame = requestAnimationFrame(go); });
    return () => cancelAnimationFrame(frame);
  }, [state.goal]);

  useEffect(() => {
    const at = box.current;
    if (!at) return;
    const measure = new ResizeObserver(() => { setCols(Math.max(20, Math.floor((at.clientWidth - (times ? 120 : 58)) / 6.95))); virtual.measure(); });
    measure.observe(at);
    return () => measure.disconnect();
  }, [times]);
  useEffect(() => { virtual.measure(); }, [wrap, times, cols]);

  const onScroll = () => {
    const at = box.current!;
    if (Math.abs(at.scrollTop - ours.current) > 1) {
      ours.current = -1;
      model.scrolled(at.scrollHeight - at.scrollTop - at.clientHeight < SHORT_OF_END);
    }
    look();
  };
  const timeOf = useTimes(model, times, seen.from, seen.to);
  const { search } = state;
  const hit = search.hits[search.at];
  const currentOf = (row: LineRow) => {
    if (!hit || hit.offset < row.line.offset || hit.offset >= row.line.offset + row.line.bytes) return -1;
    return search.hits.filter((one) => one.offset >= row.line.offset && one.offset < hit.offset).length;
  };
  const latestMark = useRef(onMark);
  latestMark.current = onMark;
  const mark = useCallback((row: LineRow) => latestMark.current(row), []);
  const digits = String(state.lines ?? rows.length).length;
  return (
    <section className="lg" onFocus={onFocus} onPointerDown={onFocus}>
      <div className="lgh">{head}<span className="grow" />
        {state.lines !== null && state.complete ? <span className="qq">{t("log.lines", { n: state.lines })}</span> : null}
        {live ? (
          <button className={`btn s${state.following ? "" : " q"}`} aria-pressed={state.following} onClick={() => (state.following ? model.scrolled(false) : void model.toEnd())}>
            <Icon name="follow" small />{t(state.following ? "log.following" : "log.follow")}<span className="kbd wide-only">F</span>
          </button>
        ) : null}
      </div>
      <div className={`lgbody${times ? " times" : ""}`} style={{ "--no": `${Math.max(48, 22 + 7.2 * digits)}px` } as CSSProperties}>
        {state.error ? <div style={{ padding: "0 12px" }}><Failure error={state.error} again={model.again} /></div> : null}
        {state.status === "ready" && rows.length === 0 ? <p className="lgnote">{t(live ? "log.empty_live" : "log.empty")}</p> : null}
        <div className="lgscroll" ref={box} onScroll={onScroll} tabIndex={0} role="region" aria-label={t("log.region")} style={state.status === "failed" ? { display: "none" } : undefined}>
          <div className={`lgrows${wrap ? "" : " nowrap"}`} style={{ height: virtual.getTotalSize() }}>
            {items.map((item) => {
              const row = rows[item.index];
              if (!row) return null;
              return (
                <div key={item.key} data-index={item.index} ref={virtual.measureElement} style={{ transform: `translateY(${item.start}px)` }}>
                  {row.kind === "fold" ? <LogFoldView row={row} onToggle={(fold) => model.toggle(fold)} /> : (
                    <LogLineView row={row} time={times ? timeOf(row.line.offset) : undefined} q={search.q} matchCase={search.matchCase} onMark={mark}
                      marked={state.target === row.line.offset} current={currentOf(row)} />
                  )}
                </div>
              );
            })}
          </div>
          {live && state.end >= state.size && state.status === "ready" ? <div className="lgcursor"><i className="breathe" /></div> : null}
        </div>
        {state.unseen > 0 && !state.following ? (
          <button className="btn s p newl" onClick={() => void model.toEnd()}><Icon name="follow" small />{t("log.unseen", { size: bytes(state.unseen) })}</button>
        ) : null}
        <LogRail state={state} from={seen.from} to={seen.to} onJump={(offset) => void model.toOffset(offset)} />
      </div>
    </section>
  );
}

function heightOf(row: Row | undefined, cols: number): number {
  if (row?.kind !== "line" || row.line.text.length <= cols) return ROW;
  return ROW * Math.ceil(Math.min(row.line.text.length, 70_000) / cols);
}
