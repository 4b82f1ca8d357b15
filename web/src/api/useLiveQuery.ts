import { useQuery, useQueryClient, type UseQueryResult } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import type { ApiError } from "./client";
import { useLive } from "./live";
import type { Change } from "./shapes";

type Options<T> = {
  key: readonly unknown[];
  read: (signal: AbortSignal) => Promise<T>;
  watches: string[];
  // What a change makes of the data: the new data, or "read" to read again. Without it all that concerns is read again.
  patch?: (data: T, change: Change) => T | "read";
  // Whether a change concerns the data at all; all do if it isn't there.
  concerns?: (change: Change) => boolean;
  enabled?: boolean;
};

const AGAIN_MS = 400; // reading again is at most so often

// A page's data: read once, then patched or read again as the stream tells. Nothing is polled; what is shown stays shown
// while it is read again.
export function useLiveQuery<T>({ key, read, watches, patch, concerns, enabled = true }: Options<T>): UseQueryResult<T, ApiError> {
  const client = useQueryClient();
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const again = () => {
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      void client.invalidateQueries({ queryKey: key, exact: true });
    }, AGAIN_MS);
  };
  useLive(enabled ? watches : [], (event) => {
    if (event.kind === "read_again") return again();
    if (event.kind !== "changes") return;
    for (const change of event.changes) {
      if (concerns && !concerns(change)) continue;
      const data = client.getQueryData<T>(key);
      const next = data !== undefined && patch ? patch(data, change) : "read";
      if (next === "read") again();
      else if (next !== data) client.setQueryData(key, next);
    }
  });
  return useQuery<T, ApiError>({ queryKey: key, queryFn: ({ signal }) => read(signal), enabled, placeholderData: undefined });
}
