import { get } from "../../api/client";
import { useLiveQuery } from "../../api/useLiveQuery";

export type ImportError = { import_error_id: number; timestamp: string; filename: string; stack_trace: string };
export type FileDag = { dag_id: string; fileloc: string; is_stale: boolean; is_paused: boolean; next_dagrun_run_after: string | null };

const DAGS = 1000; // of more, files whose DAGs aren't among them say nothing of them

// Which DAGs came from a file when it could still be read. undefined: not known.
export function useFileDags() {
  const data = useLiveQuery<{ dags: FileDag[]; total_entries: number }>({
    key: ["file-dags"], watches: ["files"], concerns: (change) => change.kind === "file", read: (signal) => get("/api/v2/dags", { limit: DAGS }, signal),
  }).data;
  const dagsOf = (file: string): FileDag[] | undefined => {
    if (!data) return undefined;
    const found = data.dags.filter((dag) => dag.fileloc === file && !dag.is_stale);
    return found.length || data.total_entries <= data.dags.length ? found : undefined;
  };
  return { dagsOf };
}
