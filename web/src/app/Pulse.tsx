import { Link } from "@tanstack/react-router";
import { get } from "../api/client";
import { useLiveQuery } from "../api/useLiveQuery";
import { t } from "../texts";
import { useWorkers } from "./useCounts";

export type Server = { name: string; status: string; message: string | null; latency_ms: number | null };
export type Cluster = {
  leader: { name: string; epoch: number } | null;
  masters: { name: string; role: string; state: string; rest: string; grpc: string; version: string; started_at: string; last_heartbeat: string }[];
  database: Server; queue: Server;
  auditor: { audits: number; violations: number; last_violation: string | null }; answered_by: string;
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
  const server = (one: Server) => (one.status !== "healthy" ? t("app.unhealthy") : one.latency_ms === null ? t("app.healthy") : t("time.ms", { n: one.latency_ms < 0.1 ? "< 0.1" : one.latency_ms.toFixed(1) }));
  return (
    <Link to="/cluster" className="pulse">
      <span className="visually-hidden">{t("app.health")}</span>
      {row(t("app.masters"), !cluster || !!cluster.leader, cluster?.leader ? t("app.leads", { name: cluster.leader.name }) : cluster ? t("app.no_leader") : "")}
      {row(t("app.database"), !cluster || cluster.database.status === "healthy", cluster ? server(cluster.database) : "")}
      {row(t(cluster && !/redis/i.test(cluster.queue.name) ? "app.queue_none" : "app.queue"), !cluster || cluster.queue.status === "healthy", cluster ? server(cluster.queue) : "")}
      {row(t("app.workers"), !workers || (workers.length > 0 && !lost), !workers ? "" : lost ? t("app.workers_lost", { name: lost.name }) : workers.length ? t("app.workers_up", { n: workers.length }) : t("app.workers_none"))}
    </Link>
  );
}
