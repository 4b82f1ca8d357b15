import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from "@tanstack/react-router";
import { Crashed } from "../components/Crashed";
import { Root } from "./Root";

// The addresses (SPEC.md, section 9). A page's search parameters are texts: lib/useSearch.ts.

type Search = Record<string, string>;
const root = createRootRoute({ component: Root, validateSearch: (search): Search => search as Search });

const page = <P extends string>(path: P, load: () => Promise<{ default: React.ComponentType }>) =>
  createRoute({ getParentRoute: () => root, path, component: lazyRouteComponent(load) });

const moved = <P extends string>(path: P, to: (params: Record<string, string>, search: Search) => { to: string; params?: object; search?: Search }) =>
  createRoute({
    getParentRoute: () => root, path,
    beforeLoad: ({ params, search }) => { throw redirect({ ...to(params as Record<string, string>, search as Search), replace: true } as never); },
  });

// Airflow's addresses of a run or task, in the query of a DAG's.
function ofAirflow({ dagId }: Record<string, string>, search: Search) {
  const { dag_run_id: runId, task_id: taskId, map_index: map, tab, ...rest } = search;
  const kept: Search = { ...rest };
  if (runId && taskId) {
    if (tab === "logs" || tab === "log") kept.tab = "log";
    if (map && map !== "-1") kept.map = map;
    return { to: "/dags/$dagId/runs/$runId/tasks/$taskId", params: { dagId, runId, taskId }, search: kept };
  }
  if (runId) return { to: "/dags/$dagId/runs/$runId", params: { dagId, runId }, search: kept };
  return { to: "/dags/$dagId", params: { dagId }, search: kept };
}

const dag = () => import("../pages/dag");
const routes = [
  page("/", () => import("../pages/home")),
  page("/dags", () => import("../pages/dags")),
  page("/dags/$dagId", dag),
  page("/dags/$dagId/runs", dag),
  page("/dags/$dagId/durations", dag),
  page("/dags/$dagId/calendar", dag),
  page("/dags/$dagId/code", dag),
  page("/dags/$dagId/audit", dag),
  page("/dags/$dagId/details", dag),
  page("/dags/$dagId/runs/$runId", () => import("../pages/run")),
  page("/dags/$dagId/runs/$runId/tasks/$taskId", () => import("../pages/task")),
  page("/runs", () => import("../pages/runs")),
  page("/tasks", () => import("../pages/tasks")),
  page("/workers", () => import("../pages/workers")),
  page("/workers/$name", () => import("../pages/workers")),
  page("/queues", () => import("../pages/queues")),
  page("/queues/$name", () => import("../pages/queues")),
  page("/pools", () => import("../pages/pools")),
  page("/pools/$name", () => import("../pages/pools")),
  page("/import-errors", () => import("../pages/import-errors")),
  page("/import-errors/$id", () => import("../pages/import-errors")),
  page("/cluster", () => import("../pages/cluster")),
  page("/variables", () => import("../pages/variables")),
  page("/connections", () => import("../pages/connections")),
  page("/users", () => import("../pages/users")),
  page("/tokens", () => import("../pages/tokens")),
  page("/audit", () => import("../pages/audit")),
  moved("/home", () => ({ to: "/dags" })),
  moved("/dags/$dagId/grid", ofAirflow),
  moved("/dags/$dagId/graph", ofAirflow),
  moved("/dags/$dagId/gantt", (params, search) => ofAirflow(params, { ...search, view: "gantt" })),
  moved("/dags/$dagId/runs/$runId/tasks/$taskId/mapped/$map", ({ map, ...params }, search) => ({
    to: "/dags/$dagId/runs/$runId/tasks/$taskId", params, search: { ...search, map: map ?? "" },
  })),
  page("/$", () => import("../pages/not-found")),
];

export const router = createRouter({
  routeTree: root.addChildren(routes),
  parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
  stringifySearch: (search) => {
    const text = new URLSearchParams(Object.entries(search as Search).filter(([, value]) => value !== undefined && value !== "")).toString();
    return text ? `?${text}` : "";
  },
  defaultErrorComponent: Crashed,
  defaultPendingMs: 150,
  scrollRestoration: true,
});
