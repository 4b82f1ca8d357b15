import { get } from "../api/client";
import type { DagList, Queues, Worker } from "../api/shapes";
import { useFigures } from "../api/useFigures";
import { useLiveQuery } from "../api/useLiveQuery";
import { count } from "../lib/format";

type Count = { text: string; bad?: boolean };

export function useWorkers() {
  return useLiveQuery({
    key: ["workers"], watches: ["workers"], concerns: (change) => change.kind === "worker",
    read: (signal) => get<{ workers: Worker[]; total_entries: number }>("/api/gale/v1/workers", {}, signal),
  });
}

// The numbers beside the rail's places.
export function useCounts(): Record<string, Count | undefined> {
  const dags = useLiveQuery({
    key: ["dag-counts"], watches: ["dags", "files"], concerns: (change) => change.kind === "dag" || change.kind === "file",
    read: (signal) => get<DagList>("/api/gale/v1/dags", { limit: 1 }, signal),
  }).data?.counts;
  const workers = useWorkers().data?.workers;
  const queues = useFigures({
    key: ["queues"], watches: ["workers"], read: (signal) => get<Queues>("/api/gale/v1/queues", {}, signal),
  }).data?.queues;
  const alive = workers?.filter((worker) => worker.state !== "lost").length;
  const queued = queues?.reduce((sum, queue) => sum + queue.queued, 0);
  return {
    "/dags": dags ? { text: count(dags.all) } : undefined,
    "/workers": workers ? { text: `${alive} / ${workers.length}` } : undefined,
    "/queues": queued ? { text: count(queued) } : undefined,
    "/import-errors": dags?.import_errors ? { text: count(dags.import_errors), bad: true } : undefined,
  };
}
