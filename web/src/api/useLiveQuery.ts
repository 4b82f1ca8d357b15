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
  initial?: () => T | undefined; // what is known already
};

// Of positions, "EPOCH.TURN".
export function isBefore(a: string, b: string): boolean {
  const [epochA = 0, turnA = 0] = a.split(".").map(Number), [epochB = 0, turnB = 0] = b.split(".").map(Number);
  return epochA < epochB || (epochA === epochB && turnA < turnB);
}

const AGAIN_MS = 400; // reading again is at most so often

// A page's data: read once, then patched or read again as the stream tells. Nothing is polled; what is shown stays shown
// while it is read again.
export function useLiveQuery<T>({ key, read, watches, patch, concerns, enabled = true, initial }: Options<T>): UseQueryResult<T, ApiError> {
  const client = useQueryClient();
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const again = () => {
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      void client.invalidateQueries({ queryKey: key, exact: true });
    }, AGAIN_MS);
  };
  // What was read before the stream told of changes (before.js asks early) may lack some: it is read once more.
  const began = useRef<string | null>(null);
  const checked = useRef(false);
  const check = (data: unknown) => {
    if (checked.current || began.current === null || data === undefined) return;
    checked.current = true;
    const { at } = data as { at?: unknown };
    if (typeof at === "string" && isBefore(at, began.current)) again();
  };
  useLive(enabled ? watches : [], (event) => {
    if (event.kind === "from") {
      began.current ??= event.at;
      return check(client.getQueryData(key));
    }
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
  return useQuery<T, ApiError>({ queryKey: key, queryFn: async ({ signal }) => { const data = await read(signal); check(data); return data; }, enabled, placeholderData: undefined, ...(initial ? { initialData: initial } : {}) });
}
