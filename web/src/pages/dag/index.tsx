import { Link, useLocation, useParams } from "@tanstack/react-router";
import { Suspense, lazy } from "react";
import { encodePart } from "../../api/client";
import { useKeys } from "../../app/keys";
import { Failure } from "../../components/Failure";
import { onOf, useAct } from "../../rows/actions";
import { useMedian } from "../../rows/data";
import { t } from "../../texts";
import { DagHeader } from "./DagHeader";
import { Overview } from "./Overview";
import { useDag } from "./useDag";
import "./dag.css";

const tabs = {
  runs: lazy(() => import("./Runs")),
  durations: lazy(() => import("../dag-views/Durations")),
  calendar: lazy(() => import("../dag-views/Calendar")),
  code: lazy(() => import("../dag-views/Code")),
  audit: lazy(() => import("./Audit")),
  details: lazy(() => import("../dag-views/Details")),
};
type Tab = keyof typeof tabs;

// A DAG: its header, and one of its views under it.
export default function DagPage() {
  const { dagId } = useParams({ strict: false }) as { dagId: string };
  const { pathname } = useLocation();
  const dag = useDag(dagId);
  const act = useAct();
  useKeys({ T: () => act("trigger", onOf(dagId)) });
  const last = pathname.split("/")[3] ?? "";
  const tab = Object.hasOwn(tabs, last) ? (last as Tab) : null;
  const View = tab && tabs[tab];
  const median = useMedian(dagId);
  if (dag.error?.status === 404 && !dag.data) return <div className="empty"><h1>{t("dag.missing_title")}</h1><p className="q">{t("dag.missing", { dag: dagId })}</p><Link to="/dags" className="btn">{t("app.to_dags")}</Link></div>;
  return (
    <div className="dagpage" key={dagId}>
      <DagHeader dagId={dagId} dag={dag.data} median={median} />
      {dag.error ? <Failure error={dag.error} again={() => void dag.refetch()} /> : null}
      <div className="wb" data-tab={tab ?? "overview"}>
        <nav className="tabs" aria-label={t("dag.tabs")}>
          <TabLink dagId={dagId} to="" on={!tab} text={t("dag.overview")} />
          {(Object.keys(tabs) as Tab[]).map((name) => (
            <TabLink key={name} dagId={dagId} to={`/${name}`} on={name === tab} text={t(`dag.tab_${name}`)} count={name === "code" && dag.data?.latest_dag_version ? `v${dag.data.latest_dag_version.version_number}` : ""} />
          ))}
        </nav>
        <Suspense fallback={<div className="grow" />}>{View ? <div className="tabbody"><View dagId={dagId} /></div> : <Overview dagId={dagId} />}</Suspense>
      </div>
    </div>
  );
}

function TabLink({ dagId, to, on, text, count = "" }: { dagId: string; to: string; on: boolean; text: string; count?: string }) {
  return <Link to={`/dags/${encodePart(dagId)}${to}`} className={on ? "on" : ""} aria-current={on ? "page" : undefined}>{text}{count ? <span className="c">{count}</span> : null}</Link>;
}
