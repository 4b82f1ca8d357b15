import { useRight } from "../../api/session";
import { Icon } from "../../components/Icon";
import { StateMark } from "../../components/StateMark";
import { Ago, Time, Took } from "../../components/Time";
import { duration, secondsBetween } from "../../lib/format";
import { isFinished, stateOf } from "../../lib/state";
import { useSearch } from "../../lib/useSearch";
import { t } from "../../texts";
import type { Instance } from "./data";

// Which task, in short, and what can be done with it: beside its log.
export function Head({ instance, on, usual }: { instance: Instance; on: string; usual: number | null }) {
  const [, set] = useSearch();
  const may = useRight("run");
  const state = stateOf(instance.state);
  const act = (action: string) => set({ do: action, on });
  const slot = secondsBetween(instance.scheduled_when, instance.queued_when);
  const waited = secondsBetween(instance.queued_when, instance.start_date);
  const tries = Math.max(instance.max_tries + 1, instance.try_number);
  return (
    <>
      <div className="th">
        <StateMark state={state} size={20} />
        <h1 className="ell" title={instance.task_id}>{instance.task_id}</h1>
        {instance.map_index >= 0 ? <span className="tag mono">{instance.rendered_map_index ?? instance.map_index}</span> : null}
        <span className="tag wide-only">{instance.operator_name}</span>
        <span className="grow" />
        {may ? (
          <>
            <button className="btn s" onClick={() => act("note")}><Icon name="note" small /><span className="wide-only">{t("task.note")}</span></button>
            <button className="btn s" onClick={() => act("clear")}><Icon name="again" small />{t("task.clear")}</button>
            <button className="btn s" onClick={() => act("mark")}>{t("task.mark")}</button>
            {state === "running" || state === "queued" ? <button className="btn s" onClick={() => act("stop")}><Icon name="stop" small />{t("task.stop")}</button> : null}
          </>
        ) : null}
      </div>
      {instance.note ? <p className="note">{instance.note}</p> : null}
      <div className="facts">
        {instance.try_number > 0 ? <span>{t("task.try")} <b className="num">{t("task.try_of", { n: instance.try_number, of: tries })}</b></span> : null}
        {instance.hostname ? <span>{t("task.worker")} <b className="mono">{instance.hostname}</b></span> : null}
        {instance.start_date ? <span>{t("task.ran")} <b><Took from={instance.start_date} to={instance.end_date} /></b></span> : null}
        {slot !== null && slot >= 1 ? <span>{t("task.waited_slot")} <b className="num">{duration(slot)}</b></span> : null}
        {waited !== null && waited >= 0 ? <span>{t("task.waited")} <b className="num">{duration(waited)}</b></span> : null}
        <span>{t("task.queue")} <b className="mono">{instance.queue}</b></span>
        <span>{t("task.pool")} <b className="mono">{instance.pool}</b>{instance.pool_slots > 1 ? ` ${t("task.slots", { n: instance.pool_slots })}` : ""}</span>
        {usual !== null ? <span>{t("task.usually")} <b className="num">{duration(usual)}</b></span> : null}
        {isFinished(state) && instance.end_date ? <span>{t("task.ended")} <b><Time at={instance.end_date} /></b> <Ago at={instance.end_date} /></span> : null}
      </div>
    </>
  );
}
