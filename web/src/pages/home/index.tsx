import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { get } from "../../api/client";
import { useLive } from "../../api/live";
import type { Summary } from "../../api/shapes";
import { useLiveQuery } from "../../api/useLiveQuery";
import { Failure } from "../../components/Failure";
import { Segments } from "../../components/Segments";
import { StateMark } from "../../components/StateMark";
import { count } from "../../lib/format";
import type { State } from "../../lib/state";
import { useNow } from "../../lib/useNow";
import { useSearch } from "../../lib/useSearch";
import { t } from "../../texts";
import { NoDags } from "../dags/NoDags";
import { Finished } from "./Finished";
import { Health } from "./Health";
import { Needs } from "./Needs";
import { Timeline } from "./Timeline";
import { Waits } from "./Waits";
import { patchSummary, rangeOf, ranges, type Range } from "./timeline";
import "../dags/dags.css";
import "./home.css";

const AGAIN_MS = 3000; // counts of the whole cluster: read at most so often, however busy it is

// The rows follow the stream at once; the counts a little later, and with each new minute of throughput.
function useSummary(range: Range) {
  const client = useQueryClient();
  const key = ["summary", range];
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const again = () => {
    timer.current ??= setTimeout(() => { timer.current = undefined; void client.invalidateQueries({ queryKey: ["summary"] }); }, AGAIN_MS);
  };
  useEffect(() => () => clearTimeout(timer.current), []);
  const minute = Math.floor(useNow() / 60_000);
  const first = useRef(minute);
  useEffect(() => { if (minute !== first.current) again(); });
  first.current = minute;
  useLive(["runs", "dags", "files", "workers"], (event) => { if (event.kind === "changes") again(); });
  return useLiveQuery<Summary>({
    key, watches: ["runs", "dags", "files", "workers"], patch: patchSummary, read: (signal) => get<Summary>("/api/gale/v1/summary", { hours: ranges[range] }, signal),
  });
}

export default function Home() {
  const [search, set] = useSearch();
  const range = rangeOf(search.range);
  const { data: read, error, refetch } = useSummary(range);
  const kept = useRef<Summary | undefined>(undefined); // another window's, until this one's is read
  kept.current = read ?? kept.current;
  const data = kept.current;
  if (data && data.dags === 0 && data.runs.length === 0) return <NoDags broken={data.import_errors} />;
  const pill = (state: State, n: number, text: string, to: string, query: Record<string, string>) => (
    <Link className="pill" to={to} search={query as never}><StateMark state={state} title="" /><b className="num">{count(n)}</b><span className="q">{text}</span></Link>
  );
  return (
    <>
      <div className="hero">
        <h1>{t("home.now")}</h1>
        {data ? (
          <>
            {pill("failed", data.failed_runs, t("home.failed_runs", { n: data.failed_runs }), "/dags", { state: "failed" })}
            {pill("running", data.running_tasks, t("home.running_tasks", { n: data.running_tasks }), "/tasks", { state: "running" })}
            {pill("queued", data.waiting_tasks, t("home.waiting_pill"), "/dags", { waiting: "1" })}
            {pill("success", data.finished_today, t("home.done_today"), "/tasks", { state: "success" })}
          </>
        ) : null}
        <span className="grow" />
        <Segments label={t("home.range")} value={range} items={(Object.keys(ranges) as Range[]).map((one) => ({ value: one, text: t(`home.range_${one}`) }))} onChange={(one) => set({ range: one === "3h" ? undefined : one })} />
      </div>
      {error ? <Failure error={error} again={() => void refetch()} /> : null}
      {data ? (
        <>
          <div className="a"><Needs summary={data} /><Waits summary={data} /></div>
          <div className="bb"><Timeline summary={data} range={range} /><div className="sidecol"><Finished summary={data} range={range} /><Health /></div></div>
        </>
      ) : error ? <div className="sidecol alone"><Health /></div> : null}
    </>
  );
}
