import { Link } from "@tanstack/react-router";
import { memo, useState } from "react";
import type { DagItem } from "../../api/shapes";
import { FavoriteStar } from "../../components/FavoriteStar";
import { Icon } from "../../components/Icon";
import { PauseSwitch } from "../../components/PauseSwitch";
import { StateMark } from "../../components/StateMark";
import { Ago, Took } from "../../components/Time";
import { ago, fullTime, shortTime } from "../../lib/format";
import { stateOf } from "../../lib/state";
import { useNow } from "../../lib/useNow";
import { whyMark, whySentence } from "../../lib/why";
import { t } from "../../texts";
import { Bars } from "./Bars";
import { lastRun } from "./patch";
import { RowMenu } from "./RowMenu";

type Props = { dag: DagItem; may: boolean; change: (id: string, change: Partial<DagItem>) => void; trigger: (id: string) => void; pick: (name: "tag" | "owner", value: string) => void };

const byHand = (dag: DagItem) => !dag.timetable_summary || dag.timetable_summary === "None";

export const DagRow = memo(function DagRow({ dag, may, change, trigger, pick }: Props) {
  const [refused, setRefused] = useState<string | null>(null);
  const last = lastRun(dag);
  return (
    <div className={dag.is_paused ? "dagrow off" : "dagrow"} role="row" data-dag={dag.dag_id}>
      <div className="lk" role="cell">
        <PauseSwitch dag={dag.dag_id} paused={dag.is_paused} onChange={(is_paused) => change(dag.dag_id, { is_paused })} onRefused={setRefused} />
        <FavoriteStar dag={dag.dag_id} favorite={dag.is_favorite} onChange={(is_favorite) => change(dag.dag_id, { is_favorite })} />
        <span className="two grow">
          <span className="row g6"><Link className="mono m ell" to="/dags/$dagId" params={{ dagId: dag.dag_id }} title={dag.description ? `${dag.dag_id}\n${dag.description}` : dag.dag_id}>{dag.dag_id}</Link>
            {dag.has_import_errors ? <Link className="s-failed broken" to="/import-errors" title={t("dags.broken")} aria-label={t("dags.broken")}><Icon name="warning" small /></Link> : null}</span>
          <span className="l2">
            {dag.owners.slice(0, 2).map((owner) => <button key={owner} className="plain ell" onClick={() => pick("owner", owner)}>{owner}</button>)}
            {dag.tags.slice(0, 4).map((tag) => <button key={tag} className="tag ell" onClick={() => pick("tag", tag)}>{tag}</button>)}
            {dag.tags.length > 4 ? <span title={dag.tags.join(", ")}>+{dag.tags.length - 4}</span> : null}
          </span>
        </span>
      </div>
      <div role="cell" className="barcell">{last?.state === "running" ? <TickingBars dag={dag} /> : <Bars runs={dag.last_runs} now={0} />}</div>
      <div role="cell" className="lastcell">
        {last ? (
          <Link className="rs" to="/dags/$dagId/runs/$runId" params={{ dagId: dag.dag_id, runId: last.dag_run_id }}>
            <StateMark state={stateOf(last.state)} />
            <span className="two"><span>{t(`state.${stateOf(last.state)}`)}</span><span className="l2 num">{last.state === "running" ? <Took from={last.start_date} /> : <Ago at={last.end_date ?? last.run_after} />}</span></span>
          </Link>
        ) : <span className="qq">{t("dags.never")}</span>}
      </div>
      <div role="cell" className="two nextcell"><span className="ell"><Next dag={dag} /></span><span className="l2 mono ell" title={dag.timetable_description ?? undefined}>{byHand(dag) ? t("dags.by_hand") : dag.timetable_summary}</span></div>
      <div role="cell" className="whycell sm">{refused ? <span className="s-failed refusal ell" title={refused}>{refused}</span> : <Why dag={dag} />}</div>
      <div role="cell" className="row g4 actcell">
        {may ? <button className="btn s" onClick={() => trigger(dag.dag_id)} aria-label={t("dags.trigger_of", { dag: dag.dag_id })}><Icon name="play" small /><span className="tx">{t("dags.trigger")}</span></button> : null}
        <RowMenu dag={dag} />
      </div>
    </div>
  );
});

function TickingBars({ dag }: { dag: DagItem }) {
  return <Bars runs={dag.last_runs} now={useNow()} />;
}

const SOON_MS = 12 * 3_600_000;
function Next({ dag }: { dag: DagItem }) {
  const now = useNow();
  const at = dag.next_dagrun_run_after;
  if (!at || dag.is_paused) return <>—</>;
  const until = Date.parse(at) - now;
  return <time dateTime={at} title={fullTime(at)}>{until <= 0 ? t("time.now") : until < SOON_MS ? ago(at, now) : shortTime(at, new Date(now))}</time>;
}

function Why({ dag }: { dag: DagItem }) {
  if (dag.is_stale) return <span className="qq ell">{t("dags.stale")}</span>;
  if (dag.waiting) {
    const { check, count } = dag.waiting;
    const text = t("dags.waits", { n: count, why: whySentence({ ...check, position: null }) });
    return <><StateMark state={whyMark(check)} size={14} /><span className="ell" title={text}>{text}</span></>;
  }
  if (dag.is_paused) return <span className="qq ell">{dag.queued_runs ? t("dags.paused_queued", { n: dag.queued_runs }) : t("dags.paused")}</span>;
  return null;
}
