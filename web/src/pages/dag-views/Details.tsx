import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Failure } from "../../components/Failure";
import { Markdown } from "../../components/Markdown";
import { Owners } from "../../components/Owners";
import { Time } from "../../components/Time";
import { useStructure } from "../../graph/data";
import { count } from "../../lib/format";
import { t } from "../../texts";
import { useDag, type DagDetails } from "../dag/useDag";
import "./details/details.css";
import { TaskTable } from "./details/TaskTable";
import { Warnings } from "./details/Warnings";

type Dag = DagDetails & {
  bundle_name?: string | null; bundle_version?: string | null; timezone: string | null; start_date: string | null; end_date: string | null; catchup: boolean; max_active_runs: number;
  max_active_tasks: number; max_consecutive_failed_dag_runs: number; dag_run_timeout: string | null; last_parsed?: string | null; last_parsed_time?: string | null; doc_md: string | null;
  params: Record<string, unknown> | null;
};

// All that is known of a DAG and of each of its tasks.
export default function Details({ dagId }: { dagId: string }) {
  const { data, error: failed, isPending, refetch } = useDag(dagId);
  const dag = data as Dag | undefined;
  const structure = useStructure(dagId);
  const error = dag ? null : failed;
  return (
    <section className="det" aria-label={t("details.title")}>
      {error ? <Failure error={error} again={() => void refetch()} /> : null}
      <div className="det-top">
        <dl className="det-facts" aria-busy={isPending}>{dag ? facts(dag).map(([name, value]) => <div key={name}><dt>{t(`details.${name}`)}</dt><dd>{value}</dd></div>) : null}</dl>
        {dag?.doc_md ? <div className="det-doc"><Markdown text={dag.doc_md} level={2} /></div> : null}
      </div>
      <Warnings dagId={dagId} version={dag?.latest_dag_version?.version_number} />
      {structure.error && !structure.data ? <Failure error={structure.error} again={() => void structure.refetch()} /> : null}
      {structure.data ? <TaskTable dagId={dagId} structure={structure.data} /> : <div className="det-wait" />}
    </section>
  );
}

function facts(dag: Dag): [string, ReactNode][] {
  const version = dag.latest_dag_version?.version_number;
  const params = Object.keys(dag.params ?? {});
  const all: [string, ReactNode][] = [
    ["name", dag.dag_display_name === dag.dag_id ? null : dag.dag_display_name], ["description", dag.description],
    ["schedule", dag.timetable_summary ? <><span className="mono">{dag.timetable_summary}</span>{dag.timetable_description && dag.timetable_description !== dag.timetable_summary ? <span className="qq"> {dag.timetable_description}</span> : null}</> : t("details.no_schedule")],
    ["timezone", dag.timezone], ["start_date", dag.start_date ? <Time at={dag.start_date} /> : null], ["end_date", dag.end_date ? <Time at={dag.end_date} /> : null],
    ["catchup", t(dag.catchup ? "app.yes" : "app.no")], ["paused", t(dag.is_paused ? "app.yes" : "app.no")],
    ["max_active_runs", dag.max_active_runs ? count(dag.max_active_runs) : null], ["max_active_tasks", dag.max_active_tasks ? count(dag.max_active_tasks) : null],
    ["max_failed", dag.max_consecutive_failed_dag_runs > 0 ? count(dag.max_consecutive_failed_dag_runs) : null], ["timeout", dag.dag_run_timeout],
    ["owners", dag.owners.length > 0 ? <Owners owners={dag.owners} links={dag.owner_links} /> : null],
    ["tags", dag.tags.length > 0 ? <span className="row g4 det-tags">{dag.tags.map(({ name }) => <Link key={name} className="tag" to="/dags" search={{ tag: name }}>{name}</Link>)}</span> : null],
    ["params", params.length > 0 ? <span className="mono">{params.join(", ")}</span> : null],
    ["file", <span key="file" className="mono det-any">{dag.fileloc}</span>], ["bundle", [dag.bundle_name, dag.bundle_version].filter(Boolean).join(" ")],
    ["version", version === undefined ? null : <Link to="/dags/$dagId/code" params={{ dagId: dag.dag_id }}>v{version}</Link>],
    ["parsed", dag.last_parsed ?? dag.last_parsed_time ? <Time at={dag.last_parsed ?? dag.last_parsed_time} /> : null],
  ];
  return all.filter(([, value]) => value !== null && value !== undefined && value !== "");
}
