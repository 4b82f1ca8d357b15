import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { get, path } from "../api/client";
import type { Grid, StateCounts } from "../api/shapes";
import { StateMark } from "../components/StateMark";
import { Took } from "../components/Time";
import { fullTime, shortTime } from "../lib/format";
import { runLabel } from "../lib/run";
import { stateOf } from "../lib/state";
import { t } from "../texts";
import { cellState, countsAt, tally, type Index } from "./grid-data";
import type { Instances } from "./instances";
import type { Row } from "./rows";

type Instance = { state: string | null; try_number: number; max_tries: number; start_date: string | null; end_date: string | null; hostname: string | null; rendered_map_index: string | null };
type Props = { dagId: string; grid: Grid; index: Index; read: Instances; row: Row | undefined; places: number[]; column: number; style: React.CSSProperties };
const REST_MS = 250; // the pointer rests: more is asked of the server

// What a cell is: its state at once, times and tries when the pointer rests on it.
export function CellTip({ dagId, grid, index, read, row, places, column, style }: Props) {
  const run = grid.runs[column]!;
  const state = row ? cellState(run, row, places, index, read) : stateOf(run.state);
  const one = state !== null && (row?.kind === "instance" || (row?.kind === "task" && !countsAt(run, places[0]))) ? row : null;
  const instance = useResting<Instance>(one ? path`/api/v2/dags/${dagId}/dagRuns/${run.dag_run_id}/taskInstances/${one.id}` + (one.map >= 0 ? `/${one.map}` : "") : null);
  const name = instance?.rendered_map_index ?? (row && read.get(run.dag_run_id)?.get(row.key)?.rendered_map_index);
  const counts = row?.kind === "instance" ? null : row?.kind === "group" ? Object.fromEntries(tally(run, places, index)) : countsAt(run, places[0]);
  return (
    <div className="ctip" style={style} role="presentation">
      <b className="mono ell">{row ? row.key : run.dag_run_id}</b>
      {name ? <span className="ell">{name}</span> : null}
      <span className="q">{runLabel(run.dag_run_id)}</span>
      {state ? <span className="row g6"><StateMark state={state} size={14} />{t(`state.${state}`)}{one && instance?.start_date ? <Took from={instance.start_date} to={instance.end_date} /> : null}
        {!row && run.start_date ? <Took from={run.start_date} to={run.end_date} /> : null}</span> : state === null ? <span>{t("rows.absent")}</span> : null}
      {counts ? <Counts counts={counts} /> : null}
      {one && instance ? (
        <span className="q sm">
          {instance.start_date ? <span title={fullTime(instance.start_date)}>{t("rows.started", { time: shortTime(instance.start_date) })}</span> : null}
          {instance.try_number > 0 ? <> · {t("rows.try", { n: instance.try_number, of: Math.max(instance.max_tries, instance.try_number) })}</> : null}
        </span>
      ) : null}
      {!row && run.note ? <span className="sm clip">{run.note}</span> : null}
    </div>
  );
}

export function Counts({ counts }: { counts: StateCounts }) {
  return <span className="row g8 wrap sm">{Object.entries(counts).map(([word, n]) => <span key={word} className="row g4"><StateMark state={stateOf(word)} size={12} />{n}</span>)}</span>;
}

function useResting<T>(url: string | null): T | undefined {
  const [rests, setRests] = useState<string | null>(null);
  useEffect(() => {
    const timer = setTimeout(() => setRests(url), REST_MS);
    return () => clearTimeout(timer);
  }, [url]);
  const ready = url !== null && rests === url;
  return useQuery({ queryKey: ["tip", url], queryFn: ({ signal }) => get<T>(url!, {}, signal), enabled: ready, staleTime: 2000, gcTime: 5000, retry: false, refetchOnMount: true }).data;
}
