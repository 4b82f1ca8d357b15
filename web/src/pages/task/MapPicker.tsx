import { useState } from "react";
import type { StateCounts } from "../../api/shapes";
import { Icon } from "../../components/Icon";
import { StateMark } from "../../components/StateMark";
import { count } from "../../lib/format";
import { isFinished, stateOf, states } from "../../lib/state";
import { t } from "../../texts";
import { PAGE, useMapped, type Instance, type Where } from "./data";

type Props = { where: Where; instance: Instance; counts: StateCounts | null; onMap: (map: number) => void };

// The instances of a mapped task: counts by state, which filter, and each by its index.
export function MapPicker({ where, instance, counts, onMap }: Props) {
  const [state, setState] = useState("");
  const [page, setPage] = useState<number | null>(null);
  const at = page ?? (state ? 0 : Math.floor(instance.map_index / PAGE));
  const { data } = useMapped(where, at, state, true);
  const total = data?.total_entries ?? 0;
  const all = counts ? Object.values(counts).reduce((sum, n) => sum + n, 0) : undefined;
  const pages = Math.ceil(total / PAGE);
  return (
    <div className="maps">
      <div className="row g6 maptop">
        <span className="b sm">{t("task.instances", { n: all ?? total })}</span>
        {counts ? states.filter((one) => (counts[one] ?? 0) > 0).map((one) => (
          <button key={one} className={`chip s-${one} mapstate${state === one ? " on" : ""}`} aria-pressed={state === one} onClick={() => { setState(state === one ? "" : one); setPage(0); }}>
            <StateMark state={one} size={14} />{count(counts[one]!)}
          </button>
        )) : null}
        <span className="grow" />
        {pages > 1 ? (
          <span className="row g4 sm qq">
            <button className="ib" disabled={at === 0} aria-label={t("app.older")} onClick={() => setPage(at - 1)}><Icon name="left" small /></button>
            <span className="num">{t("app.of", { from: at * PAGE + 1, to: Math.min(total, (at + 1) * PAGE), total })}</span>
            <button className="ib" disabled={at >= pages - 1} aria-label={t("app.newer")} onClick={() => setPage(at + 1)}><Icon name="right" small /></button>
          </span>
        ) : null}
      </div>
      <div className="mapcells">
        {(data?.task_instances ?? [instance]).map((one) => {
          const own = one.map_index === instance.map_index;
          const of = stateOf(own ? instance.state : one.state);
          return (
            <button key={one.map_index} className={`mapcell${own ? " on" : ""}`} aria-current={own ? "true" : undefined} onClick={() => onMap(one.map_index)}
              title={`${one.map_index}${one.rendered_map_index ? ` · ${one.rendered_map_index}` : ""} · ${t(`state.${of}`)}`}>
              <StateMark state={of} size={14} /><span className={isFinished(of) ? "ell" : "ell m"}>{one.rendered_map_index ?? one.map_index}</span>
            </button>
          );
        })}
      </div>
    </div>
  );
}
