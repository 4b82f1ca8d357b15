import { useNavigate } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { get, path } from "../../api/client";
import { watchDag } from "../../api/live";
import type { DagRun } from "../../api/shapes";
import { useLiveQuery } from "../../api/useLiveQuery";
import { Empty } from "../../components/Empty";
import { Failure } from "../../components/Failure";
import { Segments } from "../../components/Segments";
import { StateMark } from "../../components/StateMark";
import { Took } from "../../components/Time";
import { useStructure } from "../../graph/data";
import { duration, fullTime } from "../../lib/format";
import { runLabel } from "../../lib/run";
import { useSearch } from "../../lib/useSearch";
import { t } from "../../texts";
import { Chart } from "./durations/Chart";
import { ofInstances, ofRuns, statsOf, type Bar, type Instance } from "./durations/data";
import "./durations/durations.css";
import { TaskPick } from "./durations/TaskPick";

const counts = ["50", "100", "200", "400"];
const PAGE = 100; // rows that an answer has at most

async function pages<T>(wanted: number, page: (offset: number, limit: number) => Promise<T[]>): Promise<T[]> {
  const offsets = Array.from({ length: Math.ceil(wanted / PAGE) }, (_, n) => n * PAGE);
  return (await Promise.all(offsets.map((offset) => page(offset, Math.min(PAGE, wanted - offset))))).flat();
}

// How long the runs took, or one task in them (?task=), and how long they had waited.
export default function Durations({ dagId }: { dagId: string }) {
  const [search, set] = useSearch();
  const navigate = useNavigate();
  const [at, setAt] = useState<number | null>(null);
  const wanted = counts.includes(search.runs ?? "") ? Number(search.runs) : 100;
  const task = search.task;
  const structure = useStructure(dagId);
  const bars = useLiveQuery<Bar[]>({
    key: ["durations", dagId, task ?? "", wanted], watches: [watchDag(dagId)],
    read: (signal) => (task === undefined ? readRuns(dagId, wanted, signal) : readTask(dagId, task, wanted, signal)),
    concerns: (change) => (task === undefined ? change.kind === "run" && change.dag_id === dagId : change.kind === "tasks" && change.dag_id === dagId && change.task_instances.some((one) => one.task_id === task)),
  });
  const list = bars.data ?? [];
  const stats = useMemo(() => statsOf(list), [list]);
  const shown = list[at ?? list.length - 1];
  const open = (bar: Bar) => void navigate(task === undefined
    ? { to: "/dags/$dagId/runs/$runId", params: { dagId, runId: bar.run } }
    : { to: "/dags/$dagId/runs/$runId/tasks/$taskId", params: { dagId, runId: bar.run, taskId: task } });
  return (
    <section className="dur" aria-label={t("durations.title")}>
      <div className="bar2">
        <TaskPick tasks={structure.data?.tasks ?? []} value={task ?? ""} onChange={(value) => set({ task: value })} />
        <Segments label={t("durations.how_many")} value={String(wanted)} items={counts.map((value) => ({ value, text: value }))} onChange={(value) => set({ runs: value === "100" ? "" : value })} />
        <span className="grow" />
        {stats ? <span className="sm q num">{t("durations.stats", { median: duration(stats.median), p90: duration(stats.p90), most: duration(stats.most), failed: stats.failed, of: stats.of })}</span> : null}
      </div>
      {bars.error && !bars.data ? <div className="pad"><Failure error={bars.error} again={() => void bars.refetch()} /></div> : null}
      {bars.data && list.length === 0 ? <Empty title={t("durations.none")}><p className="q">{t("durations.none_next")}</p></Empty> : null}
      <div className="dur-body" aria-busy={bars.isPending}>
        <div className="dur-info sm num" aria-live={at === null ? "off" : "polite"}>{shown ? <Info bar={shown} /> : null}</div>
        {list.length > 0 ? <Chart bars={list} median={stats?.median ?? null} at={at} onAt={setAt} onOpen={open} /> : null}
        {list.length > 0 ? <p className="mi qq dur-legend"><i className="dur-k run" />{t("durations.ran_above")}<i className="dur-k hatch" />{t("durations.waited_below")}<i className="dur-k line" />{t("durations.median_line")}</p> : null}
      </div>
    </section>
  );
}

function Info({ bar }: { bar: Bar }) {
  return (
    <>
      <StateMark state={bar.state} size={14} /><b className="ell" title={fullTime(bar.at)}>{runLabel(bar.run)}</b>
      <span className="q nw">{t("durations.ran")} {bar.ran !== null ? duration(bar.ran) : bar.since ? <Took from={bar.since} /> : "–"}</span>
      <span className="q nw">{t("durations.waited")} {bar.waited === null ? "–" : duration(bar.waited)}</span>
    </>
  );
}

async function readRuns(dagId: string, wanted: number, signal: AbortSignal): Promise<Bar[]> {
  return ofRuns(await pages(wanted, async (offset, limit) =>
    (await get<{ dag_runs: DagRun[] }>(path`/api/v2/dags/${dagId}/dagRuns`, { order_by: "-run_after", limit, offset }, signal)).dag_runs));
}

// The newest instances stand last: how many there are is asked first.
async function readTask(dagId: string, task: string, wanted: number, signal: AbortSignal): Promise<Bar[]> {
  const url = path`/api/v2/dags/${dagId}/dagRuns/~/taskInstances`;
  const { total_entries: total } = await get<{ total_entries: number }>(url, { task_id: task, limit: 1 }, signal);
  const first = Math.max(0, total - wanted);
  return ofInstances(await pages(Math.min(wanted, total), async (offset, limit) =>
    (await get<{ task_instances: Instance[] }>(url, { task_id: task, limit, offset: first + offset }, signal)).task_instances));
}
