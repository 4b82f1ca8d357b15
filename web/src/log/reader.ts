import { path, request, get, query } from "../api/client";
import type { LogMarks } from "../api/shapes";

// Where a log's bytes come from: the server, or in tests a byte array.

export interface LogRange { bytes: Uint8Array; offset: number; size: number; complete: boolean }
export interface LogTime { offset: number; time: string }
export interface LogReader {
  // Up to `limit` bytes from `offset` on; of a negative one, as many before the end.
  range(offset: number, limit: number, signal?: AbortSignal): Promise<LogRange>;
  // Errors, and what `q` finds at or behind `after`.
  marks(asked: { q?: string; matchCase?: boolean; after?: number }, signal?: AbortSignal): Promise<LogMarks>;
  times(offset: number, limit: number): Promise<LogTime[]>;
}
export interface LogName { dagId: string; runId: string; taskId: string; mapIndex: number; tryNumber: number }

export function logUrl({ dagId, runId, taskId }: LogName): string {
  return path`/api/gale/v1/dags/${dagId}/dagRuns/${runId}/taskInstances/${taskId}/log`;
}
const which = (name: LogName) => ({ map_index: name.mapIndex, try_number: name.tryNumber });

export const downloadUrl = (name: LogName, offset: number, limit: number) => logUrl(name) + query({ ...which(name), offset, limit });

export function httpReader(name: LogName): LogReader {
  const url = logUrl(name);
  return {
    async range(offset, limit, signal) {
      const answer = await request("GET", url + query({ ...which(name), offset, limit }), undefined, signal);
      const bytes = new Uint8Array(await answer.arrayBuffer());
      const number = (header: string, otherwise: number) => Number(answer.headers.get(header) ?? otherwise);
      const begin = number("X-Log-Offset", Math.max(0, offset));
      return { bytes, offset: begin, size: number("X-Log-Size", begin + bytes.length), complete: answer.headers.get("X-Log-Complete") !== "false" };
    },
    marks: ({ q, matchCase, after }, signal) => get<LogMarks>(`${url}/marks`, { ...which(name), q, case: matchCase || undefined, after }, signal),
    times: async (offset, limit) => (await get<{ times: LogTime[] }>(`${url}/times`, { ...which(name), offset, limit })).times,
  };
}
