import { keepPreviousData, useQueries, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { get, type ApiError } from "../../api/client";
import { useLive } from "../../api/live";
import type { DagItem, DagList } from "../../api/shapes";
import { PAGE, type DagQuery } from "./filters";
import { arrange, type Order } from "./order";
import { patch, replaceDag } from "./patch";

const AGAIN_MS = 1500; // what a change couldn't tell is read at most so often
const read = (query: DagQuery, page: number, signal: AbortSignal) =>
  get<DagList>("/api/gale/v1/dags", { ...query, limit: PAGE, offset: page * PAGE }, signal);

export type Dags = {
  first: DagList | undefined; error: ApiError | null; again: () => void;
  total: number; ids: (string | undefined)[]; row: (id: string) => DagItem | undefined; waiting: number; take: () => void;
  see: (from: number, to: number) => void; hold: (held: boolean) => void; change: (id: string, change: Partial<DagItem>) => void; old: boolean;
};

// The list by pages, those that are looked at; all of them follow the stream.
export function useDags(query: DagQuery): Dags {
  const client = useQueryClient();
  const name = JSON.stringify(query);
  const key = useCallback((page: number) => ["dags", name, page] as const, [name]);
  const [seen, setSeen] = useState<number[]>([]);
  const [held, setHeld] = useState(false);
  const first = useQuery<DagList, ApiError>({ queryKey: key(0), queryFn: ({ signal }) => read(query, 0, signal), placeholderData: keepPreviousData });
  const rest = useQueries({
    queries: seen.map((page) => ({ queryKey: key(page), queryFn: ({ signal }: { signal: AbortSignal }) => read(query, page, signal), enabled: !first.isPlaceholderData })),
  });
  useEffect(() => setSeen([]), [name]);

  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const again = useCallback(() => {
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      void client.invalidateQueries({ queryKey: ["dags"] });
    }, AGAIN_MS);
  }, [client]);
  const picky = !!(query.state || query.waiting || query.order_by); // which rows there are, and where, changes with their runs
  useLive(["dags", "runs", "files"], (event) => {
    if (event.kind === "read_again") return again();
    if (event.kind !== "changes") return;
    const pages = client.getQueriesData<DagList>({ queryKey: ["dags", name] });
    for (const change of event.changes) {
      const patched = pages.map(([, list]) => (list ? patch(list, change) : undefined));
      pages.forEach(([of], n) => { if (patched[n]) pages[n] = [of, patched[n].list]; });
      // No page knows it, or the page that does asks to read.
      const knew = patched.filter((one, n) => one && "dag_id" in change && pages[n]![1]!.dags.some((dag) => dag.dag_id === change.dag_id));
      if (knew.length ? knew.some((one) => one!.read) : patched.some((one) => one?.read)) again();
    }
    for (const [of, list] of pages) if (list) client.setQueryData(of, list);
    if (picky && event.changes.some((change) => change.kind === "run")) again();
  });

  const lists = [first.data, ...rest.map((one) => one.data)];
  const rows = useRef(new Map<string, DagItem>());
  const total = first.data?.total_entries ?? 0;
  const fresh: (string | undefined)[] = Array<string | undefined>(total).fill(undefined);
  [0, ...seen].forEach((page, n) => lists[n]?.dags.forEach((dag, at) => {
    rows.current.set(dag.dag_id, dag);
    if (page * PAGE + at < total) fresh[page * PAGE + at] = dag.dag_id;
  }));

  // What is shown: kept while it is held, except when something else is asked for.
  const shown = useRef<{ of: string; order: Order }>({ of: "", order: { ids: [], waiting: 0 } });
  const asked = first.isPlaceholderData ? shown.current.of : name;
  const keep = held && shown.current.of === asked;
  shown.current = { of: asked, order: arrange(shown.current.order.ids, fresh, keep) };
  const order = shown.current.order;
  const [, draw] = useState(0);
  const take = () => {
    shown.current = { of: asked, order: { ids: fresh, waiting: 0 } };
    draw((n) => n + 1);
  };

  const see = useCallback((from: number, to: number) => {
    const pages: number[] = [];
    for (let page = Math.max(1, Math.floor(from / PAGE)); page <= Math.floor(to / PAGE); page += 1) pages.push(page);
    setSeen((old) => (pages.every((page) => old.includes(page)) ? old : [...old, ...pages.filter((page) => !old.includes(page))]));
  }, []);
  const change = useCallback((id: string, what: Partial<DagItem>) => {
    for (const [of, list] of client.getQueriesData<DagList>({ queryKey: ["dags"] })) if (list) client.setQueryData(of, replaceDag(list, id, what));
  }, [client]);
  return {
    first: first.data, error: first.error, again: () => void first.refetch(), total: order.ids.length, ids: order.ids,
    row: (id: string) => rows.current.get(id), waiting: order.waiting, take, see, hold: setHeld, change, old: first.isPlaceholderData,
  };
}
