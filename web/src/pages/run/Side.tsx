import { Suspense, lazy } from "react";
import type { DagRun } from "../../api/shapes";
import { Segments } from "../../components/Segments";
import { EventTable, useEvents } from "../../rows/Events";
import { Conf } from "../../rows/RunFields";
import { t } from "../../texts";

const Graph = lazy(() => import("../../graph/Graph"));
const SIDES = ["graph", "conf", "events"] as const;
export type SideName = (typeof SIDES)[number];
export const sideOf = (text: string | undefined): SideName => SIDES.find((one) => one === text) ?? "graph";

type Props = { dagId: string; runId: string; run: DagRun; side: SideName; selected: string; onSide: (side: SideName) => void; onSelect: (taskId: string | null) => void; foot: React.ReactNode };

export function Side({ dagId, runId, run, side, selected, onSide, onSelect, foot }: Props) {
  const version = run.dag_versions.at(-1)?.version_number;
  return (
    <section className="rgt" aria-label={t("dag.inspector")}>
      <div className="bar2"><Segments label={t("dag.side")} value={side} items={SIDES.map((value) => ({ value, text: t(`run.side_${value}`) }))} onChange={onSide} /></div>
      {side === "graph" ? (
        <Suspense fallback={<div className="grow" />}>
          <Graph dagId={dagId} runId={runId} {...(version === undefined ? {} : { version })} {...(selected ? { selected } : {})} onSelect={onSelect} />
        </Suspense>
      ) : side === "conf" ? <div className="sidebody insp"><Conf conf={run.conf} /></div> : <RunEvents dagId={dagId} runId={runId} />}
      {foot}
    </section>
  );
}

function RunEvents({ dagId, runId }: { dagId: string; runId: string }) {
  const filter = { dag_id: dagId, run_id: runId, limit: 100, offset: 0 };
  return <EventTable filter={filter} query={useEvents(filter)} />;
}
