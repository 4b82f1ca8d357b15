import { Link } from "@tanstack/react-router";
import { useRight } from "../../api/session";
import { failureText } from "../../components/Failure";
import { Icon } from "../../components/Icon";
import { Owners } from "../../components/Owners";
import { Switch } from "../../components/Switch";
import { Ago, Time } from "../../components/Time";
import { duration } from "../../lib/format";
import { onOf, useAct } from "../../rows/actions";
import { t } from "../../texts";
import { useAsked, type DagDetails } from "./useDag";

type Props = { dagId: string; dag: DagDetails | undefined; median: number | null };

export function DagHeader({ dagId, dag, median }: Props) {
  const { asked, error, pause, favor } = useAsked(dagId);
  const act = useAct();
  const run = useRight("run");
  const shown = dag && { ...dag, ...asked };
  return (
    <>
      <div className="hd">
        <Switch on={shown ? !shown.is_paused : false} label={t(shown?.is_paused ? "dag.paused" : "dag.active")} disabled={!dag || !run} pending={asked.is_paused !== undefined} onChange={(on) => pause(!on)} />
        <h1 className="ell" title={dagId}>{dagId}</h1>
        <button className="ib" aria-pressed={shown?.is_favorite ?? false} aria-label={t("dag.favorite")} title={t("dag.favorite")} disabled={!dag} style={asked.is_favorite !== undefined ? { opacity: 0.6 } : undefined}
          onClick={() => favor(!dag?.is_favorite)}><Icon name="star" filled={shown?.is_favorite ?? false} /></button>
        <div className="meta">
          {dag && dag.dag_display_name !== dagId ? <b className="ell" title={dag.dag_display_name}>{dag.dag_display_name}</b> : null}
          {dag?.timetable_summary ? <span className="ell" title={dag.timetable_description ?? undefined}>{t("dag.schedule")} <b className="mono">{dag.timetable_summary}</b></span> : dag ? <span>{t("dag.no_schedule")}</span> : null}
          {dag?.next_dagrun_run_after && !shown?.is_paused ? <span>{t("dag.next")} <b><Time at={dag.next_dagrun_run_after} />, <Ago at={dag.next_dagrun_run_after} /></b></span> : null}
          {dag && dag.owners.length > 0 ? <span className="ell">{t("dag.owner")} <b><Owners owners={dag.owners} links={dag.owner_links} /></b></span> : null}
          {median ? <span>{t("dag.median")} <b>{duration(median)}</b></span> : null}
        </div>
        <span className="grow" />
        <button className="btn p" disabled={!run} onClick={() => act("trigger", onOf(dagId))}><Icon name="play" small />{t("dag.trigger")}</button>
      </div>
      {error ? <p className="hnote" role="alert">{failureText(error)}</p> : null}
      {dag?.is_stale ? <p className="hnote"><Icon name="info" small /> {t("dag.stale")}</p> : null}
      {dag?.has_import_errors ? <p className="hnote"><Icon name="warning" small /> {t("dag.import_error")} <Link to="/import-errors" className="b">{t("dag.see_errors")}</Link></p> : null}
    </>
  );
}
