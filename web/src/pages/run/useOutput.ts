import { useEffect, useRef, useState } from "react";
import { ApiError, get, path } from "../../api/client";
import { useLive, watchRun } from "../../api/live";
import type { RunOutput } from "../../api/shapes";

export type OutputLine = RunOutput["lines"][number];
type Read = { lines: OutputLine[]; next: string | null; complete: boolean; error: ApiError | null; cut: boolean };

export const LINES_MAX = 20_000; // more is read in the tasks' own logs
const AGAIN_MS = 300;

// All that a run's tasks print, in the order of time: what comes is put behind what is there.
export function useOutput(dagId: string, runId: string, running: boolean): Read & { again: () => void } {
  const [read, setRead] = useState<Read>({ lines: [], next: null, complete: false, error: null, cut: false });
  const latest = useRef(read);
  latest.current = read;
  const busy = useRef(false);
  const due = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const gone = useRef(new AbortController());

  const more = async () => {
    due.current = undefined;
    if (busy.current || latest.current.complete || latest.current.cut) return;
    busy.current = true;
    const { signal } = gone.current;
    try {
      let at = latest.current.next;
      for (let first = true; first || at; first = false) {
        const page = await get<RunOutput>(path`/api/gale/v1/dags/${dagId}/dagRuns/${runId}/output`, { after: at }, signal);
        const before = latest.current;
        const lines = page.lines.length > 0 ? [...before.lines, ...page.lines] : before.lines;
        const next: Read = { lines: lines.slice(0, LINES_MAX), next: page.next || before.next, complete: page.complete, error: null, cut: lines.length > LINES_MAX };
        latest.current = next;
        setRead(next);
        at = page.lines.length > 0 && !next.complete && !next.cut ? page.next : null;
      }
    } catch (error) {
      if (!signal.aborted) setRead((now) => ({ ...now, error: error instanceof ApiError ? error : new ApiError(0, String(error)) }));
    } finally {
      busy.current = false;
    }
  };
  const soon = () => { due.current ??= setTimeout(() => void more(), AGAIN_MS); };
  useEffect(() => {
    gone.current = new AbortController();
    busy.current = false;
    latest.current = { lines: [], next: null, complete: false, error: null, cut: false };
    setRead(latest.current);
    void more();
    return () => { gone.current.abort(); clearTimeout(due.current); due.current = undefined; };
  }, [dagId, runId]);
  // While it goes on lines come without a change of state, and the last moments are left to the next page.
  useEffect(() => {
    if (!running && read.complete) return;
    const timer = setInterval(() => { if (!document.hidden && !latest.current.complete) soon(); }, running ? 1000 : 2000);
    return () => clearInterval(timer);
  }, [running, read.complete]);
  useLive([watchRun(dagId, runId)], (event) => {
    if (event.kind === "read_again" || (event.kind === "changes" && event.changes.some((change) => "dag_run_id" in change && change.dag_run_id === runId))) soon();
  });
  return { ...read, again: soon };
}
