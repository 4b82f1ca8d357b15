import { useQuery, useQueryClient, type UseQueryResult } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import type { ApiError } from "./client";
import { useLive } from "./live";
import type { Change } from "./shapes";

type Options<T> = { key: readonly unknown[]; read: (signal: AbortSignal) => Promise<T>; watches?: string[]; enabled?: boolean };
const AGAIN_MS = 1000;
const kindsOf: Record<string, Change["kind"][]> = { dags: ["dag"], runs: ["run"], files: ["file"], pools: ["pool"], workers: ["worker"] };

// Figures that no event carries (depths, loads, who holds what): read again when runs or workers change, once a second at
// most, and as the stream says the time, every 5 s. Nothing is read by a tab that isn't seen, or without a server.
export function useFigures<T>({ key, read, watches = ["runs", "workers", "pools"], enabled = true }: Options<T>): UseQueryResult<T, ApiError> {
  const client = useQueryClient();
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const mine = new Set(watches.flatMap((watch) => kindsOf[watch] ?? ["run", "tasks"]));
  useLive(enabled ? watches : [], (event) => {
    if (event.kind === "log" || (event.kind === "changes" && !event.changes.some((change) => mine.has(change.kind)))) return;
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      void client.invalidateQueries({ queryKey: key, exact: true });
    }, event.kind === "time" ? 0 : AGAIN_MS);
  });
  return useQuery<T, ApiError>({ queryKey: key, queryFn: ({ signal }) => read(signal), enabled, placeholderData: (before) => before });
}
