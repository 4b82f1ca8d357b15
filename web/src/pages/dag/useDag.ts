import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ApiError, get, path, send } from "../../api/client";
import { watchDag } from "../../api/live";
import { useLiveQuery } from "../../api/useLiveQuery";

export type DagDetails = {
  dag_id: string; is_paused: boolean; is_stale: boolean; is_favorite: boolean; has_import_errors: boolean; fileloc: string; description: string | null;
  timetable_summary: string | null; timetable_description: string | null; next_dagrun_run_after: string | null; owners: string[]; tags: { name: string }[];
  latest_dag_version: { version_number: number } | null; dag_display_name: string; owner_links: Record<string, string> | null;
};

export function useDag(dagId: string) {
  return useLiveQuery<DagDetails>({
    key: ["dag", dagId],
    read: (signal) => get<DagDetails>(path`/api/v2/dags/${dagId}/details`, {}, signal),
    watches: [watchDag(dagId)],
    concerns: (change) => change.kind === "dag" && change.dag_id === dagId,
    patch: (data, change) => {
      if (change.kind !== "dag") return data;
      if (change.dag_version !== data.latest_dag_version?.version_number) return "read";
      const { is_paused, is_stale, timetable_summary, next_dagrun_run_after } = change;
      return { ...data, is_paused, is_stale, timetable_summary, next_dagrun_run_after };
    },
  });
}

// A switch that shows at once what was asked for, and goes back with the reason if it is refused.
export function useAsked(dagId: string) {
  const client = useQueryClient();
  const [asked, setAsked] = useState<Partial<DagDetails>>({});
  const [error, setError] = useState<ApiError | null>(null);
  const ask = async (change: Partial<DagDetails>, call: () => Promise<unknown>) => {
    setAsked(change);
    setError(null);
    try {
      await call();
      client.setQueryData<DagDetails>(["dag", dagId], (now) => now && { ...now, ...change });
    } catch (failure) {
      setError(failure instanceof ApiError ? failure : new ApiError(0, String(failure)));
    } finally {
      setAsked({});
    }
  };
  return {
    asked, error,
    pause: (is_paused: boolean) => void ask({ is_paused }, () => send("PATCH", path`/api/v2/dags/${dagId}`, { is_paused })),
    favor: (is_favorite: boolean) => void ask({ is_favorite }, () => send("POST", is_favorite ? path`/api/v2/dags/${dagId}/favorite` : path`/api/v2/dags/${dagId}/unfavorite`)),
  };
}
