import { Link } from "@tanstack/react-router";
import { useCluster, type Server } from "../../app/Pulse";
import { useWorkers } from "../../app/useCounts";
import { StateMark } from "../../components/StateMark";
import { duration, secondsBetween } from "../../lib/format";
import type { State } from "../../lib/state";
import { useNow } from "../../lib/useNow";
import { t } from "../../texts";

const LOST_SHOWN = 5;
const BEAT_SECONDS = 30;

// Masters, database, queue, and workers that are lost.
export function Health() {
  const cluster = useCluster().data;
  const workers = useWorkers().data?.workers ?? [];
  const now = useNow();
  const lost = workers.filter((worker) => worker.state === "lost");
  // A master alone writes no heartbeats: an old one tells something only of one that isn't alive.
  const beat = (master: { state: string; last_heartbeat: string }) => {
    const seconds = secondsBetween(master.last_heartbeat, now) ?? 0;
    return master.state === "alive" && seconds > BEAT_SECONDS ? "" : duration(seconds);
  };
  const line = (key: string, state: State, name: string, more: string, value: string) => (
    <div className="hl" key={key}><StateMark state={state} size={14} /><span className="m nw ell">{name}</span><span className="sm qq ell">{more}</span><span className="sm q num nw value">{value}</span></div>
  );
  const server = (key: string, name: string, one: Server) =>
    line(key, one.status === "healthy" ? "success" : "failed", name, one.status === "healthy" ? one.name : one.message ?? t("app.unhealthy"), one.latency_ms === null || one.latency_ms === undefined ? "" : t("time.ms", { n: one.latency_ms < 1 ? one.latency_ms.toFixed(2) : one.latency_ms < 10 ? one.latency_ms.toFixed(1) : Math.round(one.latency_ms) }));
  return (
    <section className="panel health">
      <div className="ph"><h2>{t("home.health")}</h2><span className="x"><Link className="sm q" to="/cluster">{t("nav.cluster")}</Link></span></div>
      {cluster?.masters.map((master) => line(master.name, master.state === "alive" ? "success" : "failed", master.name, master.role === "leader" && cluster.leader ? t("home.leads", { epoch: cluster.leader.epoch }) : t(master.state === "alive" ? "home.standby" : "home.silent"), beat(master)))}
      {cluster && !cluster.leader ? line("", "failed", t("app.no_leader"), "", "") : null}
      {cluster ? server("database", t("app.database"), cluster.database) : null}
      {cluster?.queue ? server("queue", t("app.queue_none"), cluster.queue) : null}
      {lost.slice(0, LOST_SHOWN).map((worker) => line(`w${worker.name}`, "failed", worker.name, t("home.worker_lost"), t("home.silent_for", { t: duration(secondsBetween(worker.last_heartbeat, now)) })))}
      {lost.length > LOST_SHOWN ? <Link className="hl sm q" to="/workers">{t("home.more_lost", { n: lost.length - LOST_SHOWN })}</Link> : null}
      {workers.length && !lost.length ? line("workers", "success", t("app.workers"), "", t("app.workers_up", { n: workers.length })) : null}
      {cluster && !workers.length ? line("workers", "none", t("app.workers"), t("home.no_workers"), "") : null}
    </section>
  );
}
