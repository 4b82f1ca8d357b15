import { useEffect, useRef, useState } from "react";
import { ApiError, get, path } from "../../api/client";
import { useLive, watchLog, watchRun } from "../../api/live";
import type { Gantt, RunOutput } from "../../api/shapes";
import { stateOf } from "../../lib/state";

export type OutputLine = RunOutput["lines"][number];
type Read = { lines: OutputLine[]; next: string | null; complete: boolean; error: ApiError | null; cut: boolean };

export const LINES_MAX = 20_000; // more is read in the tasks' own logs
const AGAIN_MS = 300; // a line is told once it is settled (run_output.cc)
const LATE_MS = 1500; // and what came late to that
export const LOGS_MAX = 40; // that one page watches

// The logs that can grow now; null: they can't all be watched (too many, or of mapped tasks, of which only the counts are known).
export function logsOf(gantt: Gantt, dagId: string, runId: string): string[] | null {
  const running = gantt.rows.filter((row) => stateOf(row.state) === "running" || (row.counts?.running ?? 0) > 0);
  if (running.length > LOGS_MAX || running.some((row) => row.counts !== null)) return null;
  return running.map((row) => watchLog(dagId, runId, row.task_id, -1, row.try_number));
}

// All that a run's tasks print, in the order of time: what comes is put behind what is there. The stream says when; only where it
// can't, it is looked for.
export function useOutput(dagId: string, runId: string, running: boolean, logs: string[] | null): Read & { again: () => void } {
  const [read, setRead] = useState<Read>({ lines: [], next: null, complete: false, error: null, cut: false });
  const latest = useRef(read);
  latest.current = read;
  const busy = useRef(false);
  const wanted = useRef(false);
  const due = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const late = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const gone = useRef(new AbortController());

  const more = async () => {
    due.current = undefined;
    if (latest.current.complete || latest.current.cut) return;
    if (busy.current) {
      wanted.current = true;
      return;
    }
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
      if (wanted.current && !signal.aborted) soon();
      wanted.current = false;
    }
  };
  const soon = () => { due.current ??= setTimeout(() => void more(), AGAIN_MS); };
  useEffect(() => {
    gone.current = new AbortController();
    busy.current = false;
    latest.current = { lines: [], next: null, complete: false, error: null, cut: false };
    setRead(latest.current);
    void more();
    return () => { gone.current.abort(); for (const timer of [due, late]) { clearTimeout(timer.current); timer.current = undefined; } };
  }, [dagId, runId]);
  // The last moments of a run that is over are left to the next page.
  const told = running && logs !== null;
  useEffect(() => {
    if (told || (!running && read.complete)) return;
    const timer = setInterval(() => { if (!document.hidden && !latest.current.complete) soon(); }, running ? 1000 : 2000);
    return () => clearInterval(timer);
  }, [told, running, read.complete]);
  useLive([watchRun(dagId, runId), ...useSlowly(running ? logs ?? [] : [])], (event) => {
    if (event.kind === "time") return;
    const mine = (one: object) => "dag_run_id" in one && one.dag_run_id === runId;
    if (event.kind === "changes" && !event.changes.some(mine)) return;
    if (event.kind === "log" && !mine(event.log)) return;
    soon();
    late.current ??= setTimeout(() => { late.current = undefined; void more(); }, LATE_MS);
  });
  return { ...read, again: soon };
}

// Tasks that end at once would make the stream begin anew for each: what they printed comes with their states.
function useSlowly(logs: string[]): string[] {
  const [now, setNow] = useState(logs);
  const wanted = logs.join(), latest = useRef(logs);
  latest.current = logs;
  useEffect(() => {
    if (wanted === now.join()) return;
    const timer = setTimeout(() => setNow(latest.current), LATE_MS);
    return () => clearTimeout(timer);
  }, [wanted !== now.join()]);
  return now;
}
