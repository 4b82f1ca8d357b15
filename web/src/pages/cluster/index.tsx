import type { ReactNode } from "react";
import { Failure } from "../../components/Failure";
import { PageHead } from "../../components/PageHead";
import { StateMark } from "../../components/StateMark";
import { Ago, Time } from "../../components/Time";
import { useCluster, type Cluster } from "../../app/Pulse";
import { useSession } from "../../api/session";
import { count } from "../../lib/format";
import { t } from "../../texts";
import "./cluster.css";

// The masters and what they stand on.
export default function ClusterPage() {
  const { data, error, refetch } = useCluster();
  const { session } = useSession();
  if (error && !data) return <Failure error={error} again={() => void refetch()} />;
  return (
    <>
      <PageHead title={t("nav.cluster")}><span className="q">{data ? t("cluster.answered", { name: data.answered_by }) : ""}</span></PageHead>
      <section className="panel clpanel">
        <div className="ph"><h2>{t("app.masters")}</h2><span className="x q sm">{data?.leader ? t("cluster.leads", { name: data.leader.name, epoch: data.leader.epoch }) : data ? t("app.no_leader") : ""}</span></div>
        <div className="tablebox" tabIndex={0}><table>
          <thead><tr>{["master", "role", "heartbeat", "started", "rest", "grpc", "version"].map((name) => <th key={name} scope="col">{t(`cluster.${name}`)}</th>)}</tr></thead>
          <tbody>
            {data?.masters.map((one) => (
              <tr key={one.name}>
                <td><span className="row g8"><StateMark state={one.state === "alive" ? "success" : "failed"} size={14} title={t(`cluster.${one.state}`)} /><span className="mono m">{one.name}</span></span></td>
                <td>{t(`cluster.role_${one.role}`)}</td><td><Ago at={one.last_heartbeat} /></td><td><Time at={one.started_at} /></td>
                <td className="mono">{one.rest}</td><td className="mono">{one.grpc}</td><td className="mono">{one.version}</td>
              </tr>
            ))}
          </tbody>
        </table></div>
      </section>
      <div className="clcards">
        <ServerCard title={t("app.database")} server={data?.database} />
        <ServerCard title={t("app.queue_none")} server={data?.queue} />
        <Card title={t("cluster.auditor")} good={data ? data.auditor.violations === 0 : true}>
          <p className="q">{data ? t("cluster.audits", { n: count(data.auditor.audits), bad: data.auditor.violations }) : ""}</p>
          {data?.auditor.last_violation ? <pre className="code">{data.auditor.last_violation}</pre> : null}
        </Card>
        <Card title={t("cluster.versions")} good><p className="q">Gale {session?.version}</p><p className="q"><a href="/openapi.json">OpenAPI</a> · <a href="/metrics">Prometheus</a></p></Card>
      </div>
    </>
  );
}

function Card({ title, good, children }: { title: string; good: boolean; children: ReactNode }) {
  return <section className="panel clcard"><div className="row g8"><StateMark state={good ? "success" : "failed"} size={14} title={t(good ? "app.healthy" : "app.unhealthy")} /><h2>{title}</h2></div>{children}</section>;
}

function ServerCard({ title, server }: { title: string; server: Cluster["database"] | undefined }) {
  return (
    <Card title={title} good={server?.status !== "unhealthy"}>
      <p className="mono ell" title={server?.name}>{server?.name}</p>
      <p className="q">{server ? [t(server.status === "healthy" ? "app.healthy" : "app.unhealthy"), server.latency_ms === null ? "" : t("cluster.latency", { n: server.latency_ms.toFixed(2) })].filter(Boolean).join(" · ") : ""}</p>
      {server?.message ? <p className="s-failed clbad">{server.message}</p> : null}
    </Card>
  );
}
