import { useQuery } from "@tanstack/react-query";
import { get, path } from "../../api/client";
import type { Structure } from "../../api/shapes";
import { Icon } from "../../components/Icon";
import { StateMark } from "../../components/StateMark";
import { clockTime, duration } from "../../lib/format";
import { useNow } from "../../lib/useNow";
import { t } from "../../texts";
import { useRuns } from "./Earlier";
import type { Details } from "./TriggerDialog";

type Props = { dag: Details; later: string; switchOn: boolean; onSwitchOn: (on: boolean) => void };

// What triggering will do.
export function Happens({ dag, later, switchOn, onSwitchOn }: Props) {
  const now = useNow();
  const runs = useRuns(dag.dag_id);
  const structure = useQuery({ queryKey: ["structure", dag.dag_id], retry: false, queryFn: ({ signal }) => get<Structure>(path`/api/gale/v1/dags/${dag.dag_id}/structure`, {}, signal) }).data;
  const last = runs?.find((run) => run.state === "success" && run.duration);
  const active = runs?.filter((run) => run.state === "running").length ?? 0;
  const waits = dag.is_paused && !switchOn;
  const full = active >= dag.max_active_runs;
  const start = later ? Date.parse(later) : now;
  const future = start > now;
  return (
    <>
      <h2>{t("trigger.happens")}</h2>
      <ul>
        <li><Icon name="play" small /><span>{structure ? t(waits ? "trigger.starts_paused" : future ? "trigger.starts_later" : "trigger.starts", { tasks: structure.tasks.length, groups: structure.groups.length }) : t(waits ? "trigger.starts_paused_plain" : "trigger.starts_plain")}</span></li>
        {dag.is_paused ? (
          <li><StateMark state="queued" size={14} /><span>{t("trigger.paused")}
            <label className="row g6 chk"><input type="checkbox" checked={switchOn} onChange={(event) => onSwitchOn(event.target.checked)} />{t("trigger.switch_on")}</label>
            {dag.timetable_summary && dag.timetable_summary !== "None" && switchOn ? <span className="qq">{t("trigger.schedule_too", { schedule: dag.timetable_summary })}</span> : null}</span></li>
        ) : null}
        {last ? <li><Icon name="clock" small /><span>{t("trigger.last_time", { took: duration(last.duration) })}{waits ? "" : ` ${t("trigger.expected", { at: clockTime(new Date(Math.max(start, now) + last.duration! * 1000)) })}`}</span></li> : null}
        <li>{full ? <StateMark state="queued" size={14} /> : <Icon name="info" small />}<span>{t(full ? "trigger.active_full" : "trigger.active", { n: active, max: dag.max_active_runs })}</span></li>
      </ul>
    </>
  );
}
