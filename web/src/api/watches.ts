import type { Change, LogGrew } from "./shapes";

// What a stream is asked to tell of: dags, runs, files, pools, workers, dag:ID, run:DAG/RUN, log:DAG/RUN/TASK/MAP/TRY.

export const watchDag = (dag: string) => `dag:${encodeURIComponent(dag)}`;
export const watchRun = (dag: string, run: string) => `run:${[dag, run].map(encodeURIComponent).join("/")}`;
export const watchLog = (dag: string, run: string, task: string, map: number, tried: number) =>
  `log:${[dag, run, task].map(encodeURIComponent).join("/")}/${map}/${tried}`;

const kinds: Record<string, Change["kind"]> = { dags: "dag", runs: "run", files: "file", pools: "pool", workers: "worker" };

// Whether who watches this asked to be told of that change.
export function tellsOf(watch: string, change: Change): boolean {
  if (watch in kinds) return kinds[watch] === change.kind;
  if (change.kind === "tasks" || change.kind === "run")
    return watch === watchDag(change.dag_id) || watch === watchRun(change.dag_id, change.dag_run_id);
  return change.kind === "dag" && watch === watchDag(change.dag_id);
}
export const logOf = (log: LogGrew) => watchLog(log.dag_id, log.dag_run_id, log.task_id, log.map_index, log.try_number);

// "Grew, look": of what may have grown unseen.
export function grown(watch: string): LogGrew {
  const [dag, run, task, map, tried] = watch.slice("log:".length).split("/").map(decodeURIComponent) as [string, string, string, string, string];
  return { dag_id: dag, dag_run_id: run, task_id: task, map_index: Number(map), try_number: Number(tried), size: 0 };
}
