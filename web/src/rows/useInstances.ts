import { useQueries, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { get, path } from "../api/client";
import { useLive } from "../api/live";
import type { TaskChange } from "../api/shapes";
import { byRun, PAGE, patchPage, type Instance, type Instances, type Page } from "./instances";

const SETTLE_MS = 100; // while rows are scrolled past
const AGAIN_MS = 400; // a run's pages are read again at most so often

// The instances of these pages, as far as they are read, followed by the stream.
export function useInstances(dagId: string, pages: Page[], watch: string): Instances {
  const wanted = useSettled(pages);
  useFollowed(dagId, wanted.length > 0 ? watch : null);
  const read = useQueries({
    queries: wanted.map(({ run, task, page }) => ({
      queryKey: ["maps", dagId, run, task, page],
      queryFn: async ({ signal }: { signal: AbortSignal }) =>
        (await get<{ task_instances: Instance[] }>(path`/api/v2/dags/${dagId}/dagRuns/${run}/taskInstances/${task}/listMapped`, { limit: PAGE, offset: page * PAGE, order_by: "map_index" }, signal)).task_instances,
    })),
  }).map((one) => one.data);
  return useKept(wanted, read);
}

// A run whose pages are as before is the same object as before: its cells needn't be drawn again.
function useKept(wanted: Page[], read: (Instance[] | undefined)[]): Instances {
  const kept = useRef<{ wanted: Page[]; read: (Instance[] | undefined)[]; all: Instances }>({ wanted: [], read: [], all: new Map() });
  const { wanted: pages, read: before, all: old } = kept.current;
  if (pages === wanted && read.every((data, n) => data === before[n])) return old;
  const of = (run: string, list: Page[], datas: (Instance[] | undefined)[]) => datas.filter((_, n) => list[n]!.run === run);
  const all = byRun(wanted, read);
  for (const run of all.keys()) {
    const was = old.get(run), a = of(run, pages, before), b = of(run, wanted, read);
    if (was && a.length === b.length && a.every((data, n) => data === b[n])) all.set(run, was as Map<string, Instance>);
  }
  kept.current = { wanted, read, all };
  return all;
}

// Every page that is there is patched, seen or not: one that is scrolled back to is as it should be.
function useFollowed(dagId: string, watch: string | null) {
  const client = useQueryClient();
  const due = useRef(new Set<string>());
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const again = (run: string) => {
    due.current.add(run);
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      for (const one of due.current) void client.invalidateQueries({ queryKey: one ? ["maps", dagId, one] : ["maps", dagId] });
      due.current.clear();
    }, AGAIN_MS);
  };
  useLive(watch ? [watch] : [], (event) => {
    if (event.kind === "read_again") again("");
    if (event.kind !== "changes") return;
    for (const change of event.changes) {
      if (change.kind !== "tasks" || change.dag_id !== dagId) continue;
      if (change.read_again) { again(change.dag_run_id); continue; }
      for (const [task, changes] of byTask(change.task_instances)) {
        for (const [key, data] of client.getQueriesData<Instance[]>({ queryKey: ["maps", dagId, change.dag_run_id, task] })) {
          const next = data && patchPage(data, key[4] as number, changes);
          if (next === "read") again(change.dag_run_id);
          else if (next && next !== data) client.setQueryData(key, next);
        }
      }
    }
  });
}

function byTask(changes: TaskChange[]): Map<string, TaskChange[]> {
  const all = new Map<string, TaskChange[]>();
  for (const change of changes) {
    if (change.map_index < 0) continue;
    const list = all.get(change.task_id);
    if (list) list.push(change);
    else all.set(change.task_id, [change]);
  }
  return all;
}

// What is wanted once it rests; the first at once.
function useSettled(pages: Page[]): Page[] {
  const key = pages.map(({ run, task, page }) => `${run}\n${task}\n${page}`).join("\n\n");
  const [settled, setSettled] = useState({ key, pages });
  const latest = useRef(pages);
  latest.current = pages;
  useEffect(() => {
    if (key === settled.key) return;
    const settle = () => setSettled({ key, pages: latest.current });
    if (settled.key === "") return settle();
    const timer = setTimeout(settle, SETTLE_MS);
    return () => clearTimeout(timer);
  }, [key, settled.key]);
  return settled.pages;
}
