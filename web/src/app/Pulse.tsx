import { Link } from "@tanstack/react-router";
import { get } from "../api/client";
import { useLiveQuery } from "../api/useLiveQuery";
import { t } from "../texts";
import { useWorkers } from "./useCounts";

type Server = { name: string; state: string; latency_ms?: number | null };
export type Cluster = {
  leader: { name: string; epoch: number } | null;
  masters: { name: string; role: string; state: string; rest: string; version: string; started_at: string; last_heartbeat: string }[];
  database: Server; queue: Server | null; answered_by: string;
};

export function useCluster() {
  return useLiveQuery({ key: ["cluster"], watches: ["workers"], concerns: (change) => change.kind === "worker", read: (signal) => get<Cluster>("/api/gale/v1/cluster", {}, signal) });
}

// The cluster's pulse, always in view: is it Gale or is it me?
export function Pulse() {
  const cluster = useCluster().data;
  const workers = useWorkers().data?.workers;
  const lost = workers?.find((worker) => worker.state === "lost");
  const row = (name: string, good: boolean, value: string) => (
    <div className="row" title={`${name}: ${value}`}><b className={good ? "ok" : "bad"}>{name}</b><span className="qq ell">{value}</span></div>
  );
  const server = (one: Server) => (one.latency_ms ? t("time.ms", { n: one.latency_ms }) : t(one.state === "healthy" ? "app.healthy" : "app.unhealthy"));
  return (
    <Link to="/cluster" className="pulse" aria-label={t("app.health")}>
      {row(t("app.masters"), !cluster || !!cluster.leader, cluster?.leader ? t("app.leads", { name: cluster.leader.name }) : cluster ? t("app.no_leader") : "")}
      {row(t("app.database"), !cluster || cluster.database.state === "healthy", cluster ? server(cluster.database) : "")}
      {cluster?.queue ? row(t("app.queue"), cluster.queue.state === "healthy", server(cluster.queue)) : null}
      {row(t("app.workers"), !workers || (workers.length > 0 && !lost), !workers ? "" : lost ? t("app.workers_lost", { name: lost.name }) : workers.length ? t("app.workers_up", { n: workers.length }) : t("app.workers_none"))}
    </Link>
  );
}
