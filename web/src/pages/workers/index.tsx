import { useParams } from "@tanstack/react-router";
import { useState } from "react";
import { get } from "../../api/client";
import type { Worker } from "../../api/shapes";
import { useFigures } from "../../api/useFigures";
import { Empty } from "../../components/Empty";
import { Failure } from "../../components/Failure";
import { PageHead } from "../../components/PageHead";
import { StateMark } from "../../components/StateMark";
import { count } from "../../lib/format";
import { useSearch } from "../../lib/useSearch";
import { Pick } from "../../rows/Toolbar";
import { t } from "../../texts";
import { PoolTable } from "../pools/PoolTable";
import { QueueTable } from "../queues/QueueTable";
import { DrainDialog, ForgetDialog } from "./dialogs";
import { kinds, kindOf, markOf, ordered } from "./kinds";
import { WorkerRow } from "./WorkerRow";
import "./workers.css";

type Asked = { what: "drain" | "forget"; worker: Worker } | null;

// Who does the work: slots and devices as cells, what runs, load; the lost ones sink, and say what becomes of their tasks.
export default function Workers() {
  const [search, set] = useSearch();
  const { name } = useParams({ strict: false }) as { name?: string };
  const [asked, setAsked] = useState<Asked>(null);
  const { data, error, refetch } = useFigures({ key: ["worker-figures"], read: (signal) => get<{ workers: Worker[] }>("/api/gale/v1/workers", {}, signal) });
  const all = data?.workers ?? [];
  const queues = [...new Set(all.flatMap((worker) => worker.queues))].sort();
  const shown = ordered(all.filter((worker) => (!name || worker.name === name) && (!search.state || kindOf(worker) === search.state) && (!search.queue || worker.queues.includes(search.queue))));
  const living = all.filter((worker) => kindOf(worker) !== "lost");
  const sum = (of: (worker: Worker) => number) => living.reduce((n, worker) => n + of(worker), 0);
  return (
    <>
      <PageHead title={name ?? t("nav.workers")}>
        {kinds.map((kind) => {
          const n = all.filter((worker) => kindOf(worker) === kind).length;
          return n === 0 && search.state !== kind ? null : (
            <button key={kind} className={search.state === kind ? "fc on" : "fc"} aria-pressed={search.state === kind} onClick={() => set({ state: search.state === kind ? "" : kind })}>
              <StateMark state={markOf[kind]} size={14} title="" /><b>{n}</b> {t(`workers.${kind}`)}
            </button>
          );
        })}
        <span className="q wide-only" style={{ marginLeft: 8 }}>{t("workers.slots")} <b className="b ink">{t("workers.n_of", { n: count(sum((worker) => worker.running)), of: count(sum((worker) => worker.slots)) })}</b></span>
        <span className="grow" />
        {queues.length > 1 ? <Pick label={t("nav.queues")} value={search.queue ?? ""} choices={[{ value: "", text: t("workers.all_queues") }, ...queues.map((value) => ({ value, text: value }))]} onChange={(queue) => set({ queue })} /> : null}
      </PageHead>
      {error && !data ? <Failure error={error} again={() => void refetch()} /> : null}
      {data && shown.length === 0 ? (
        <Empty title={t(all.length === 0 ? "workers.none" : "workers.none_such")}>
          {all.length === 0 ? <><p className="q">{t("workers.start_one")}</p><pre className="code">gale worker --server {location.hostname}:8081 --queues default</pre></> : <button className="btn" onClick={() => set({ state: "", queue: "" })}>{t("app.clear_filters")}</button>}
        </Empty>
      ) : <section className="panel wkpanel">{shown.map((worker) => <WorkerRow key={worker.name} worker={worker} onDrain={() => setAsked({ what: "drain", worker })} onForget={() => setAsked({ what: "forget", worker })} />)}</section>}
      {name ? null : (
        <div className="q2">
          <section className="panel"><div className="ph"><h2>{t("nav.queues")}</h2></div><QueueTable /></section>
          <section className="panel"><div className="ph"><h2>{t("nav.pools")}</h2></div><PoolTable /></section>
        </div>
      )}
      {asked?.what === "drain" ? <DrainDialog worker={asked.worker} close={() => setAsked(null)} /> : null}
      {asked?.what === "forget" ? <ForgetDialog worker={asked.worker} close={() => setAsked(null)} /> : null}
    </>
  );
}
