import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useSyncExternalStore } from "react";
import { get, path } from "../api/client";
import { watchDag } from "../api/live";
import type { Grid } from "../api/shapes";
import { useLiveQuery } from "../api/useLiveQuery";
import { create } from "../lib/store";
import { mergeColumns, patchGrid, type Wanted } from "./grid-data";

export { useGantt, useStructure } from "../graph/data";

// What the rows are read from: the structure and the Gantt as the graph reads them, the grid. The grid
// is read once; a change of the stream is one letter of it, or one run's column.

// Of the grid that is there, whichever of its runs it has: nothing is read for it.
export function useMedian(dagId: string): number | null {
  const cache = useQueryClient().getQueryCache();
  return useSyncExternalStore((changed) => cache.subscribe(changed), () => {
    const read = cache.findAll({ queryKey: ["grid", dagId] }).find((query) => query.state.data);
    return (read?.state.data as Grid | undefined)?.median_seconds ?? null;
  });
}

export type Touched = { run: string; row: string };
// Cells that have just changed, which glow once.
export const touchedCells = create<Touched[]>([]);
const GLOWING_MAX = 40;

const COLUMN_MS = 400; // a column is read again at most so often
const COLUMNS_MAX = 6; // more at once: the whole grid
const ABOUT = 6; // runs that an answer for one column has: others may be of the same time

export function useGrid(dagId: string, wanted: Wanted) {
  const client = useQueryClient();
  const key = useMemo(() => ["grid", dagId, wanted.limit, wanted.types.join(), wanted.states.join()], [dagId, wanted.limit, wanted.types.join(), wanted.states.join()]);
  const due = useRef(new Set<string>());
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => { clearTimeout(timer.current); timer.current = undefined; due.current.clear(); }, [key]);

  const readColumns = useCallback(async () => {
    timer.current = undefined;
    const runs = [...due.current];
    due.current.clear();
    const grid = client.getQueryData<Grid>(key);
    if (!grid || runs.length > COLUMNS_MAX) return void client.invalidateQueries({ queryKey: key, exact: true });
    await Promise.all(runs.map(async (id) => {
      const run = grid.runs.find((one) => one.dag_run_id === id);
      if (!run) return;
      const before = new Date(Date.parse(run.run_after) + 1).toISOString();
      const read = await get<Grid>(path`/api/gale/v1/dags/${dagId}/grid`, { limit: ABOUT, before, run_type: wanted.types, state: wanted.states });
      if (!read.runs.some((one) => one.dag_run_id === id)) return void client.invalidateQueries({ queryKey: key, exact: true });
      client.setQueryData<Grid>(key, (now) => now && mergeColumns(now, read, new Set([id])));
    })).catch(() => client.invalidateQueries({ queryKey: key, exact: true }));
  }, [client, dagId, key]);

  return useLiveQuery<Grid>({
    key,
    read: (signal) => get<Grid>(path`/api/gale/v1/dags/${dagId}/grid`, { limit: wanted.limit, run_type: wanted.types, state: wanted.states }, signal),
    watches: [watchDag(dagId)],
    concerns: (change) => (change.kind === "run" || change.kind === "tasks") && change.dag_id === dagId,
    patch: (data, change) => {
      const { grid, columns, structure, touched } = patchGrid(data, change, dagId, wanted);
      for (const run of columns) due.current.add(run);
      if (due.current.size > 0) timer.current ??= setTimeout(() => void readColumns(), COLUMN_MS);
      if (structure) void client.invalidateQueries({ queryKey: ["structure", dagId, "newest"], exact: true });
      if (touched.length > 0) touchedCells.set(touched.slice(0, GLOWING_MAX));
      return grid;
    },
  });
}
