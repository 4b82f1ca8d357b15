import { useId, useState } from "react";
import { Icon } from "../../components/Icon";
import { shortTime } from "../../lib/format";
import { t } from "../../texts";
import { DateTime } from "./Control";
import { NOTE_MAX, type RunFields } from "./conf";

type Props = { run: RunFields; errors: Record<string, string>; onChange: (run: RunFields) => void };

// What belongs to the run, not to its conf: note; id and logical date, which hardly anybody sets.
export function RunPart({ run, errors, onChange }: Props) {
  const id = useId();
  const [opened, setOpened] = useState(run.dag_run_id !== "" || run.logical_date !== "");
  const open = opened || !!errors.dag_run_id || !!errors.logical_date;
  const wrong = (name: keyof RunFields) => (errors[name] ? <div className="er s-failed" id={`${id}-${name}-error`}><Icon name="warning" small /><span>{errors[name]}</span></div> : null);
  return (
    <>
      <div className="fl wide">
        <label htmlFor={`${id}-note`}>{t("trigger.note")}<span className="ty">{t("trigger.optional")}</span></label>
        <input id={`${id}-note`} className={errors.note ? "in err" : "in"} maxLength={NOTE_MAX} placeholder={t("trigger.note_hint")} value={run.note} onChange={(event) => onChange({ ...run, note: event.target.value })} />
        {wrong("note")}
      </div>
      <button type="button" className="row g6 q fold" aria-expanded={open} onClick={() => setOpened(!open)}>
        <Icon name={open ? "down" : "right"} small />{t("trigger.id_and_date")} <span className="qq">{run.dag_run_id || t("trigger.manual")}, {run.logical_date ? shortTime(run.logical_date) : t("time.now")}</span>
      </button>
      {open ? (
        <div className="two2 runpart">
          <div className="fl">
            <label htmlFor={`${id}-id`}>{t("trigger.run_id")}</label>
            <input id={`${id}-id`} className={errors.dag_run_id ? "in mono err" : "in mono"} data-field="dag_run_id" maxLength={250} placeholder="manual__…" value={run.dag_run_id} onChange={(event) => onChange({ ...run, dag_run_id: event.target.value })} />
            {wrong("dag_run_id")}
          </div>
          <div className="fl">
            <label htmlFor={`${id}-date`}>{t("trigger.logical_date")}</label>
            <DateTime id={`${id}-date`} className={errors.logical_date ? "in err" : "in"} text={run.logical_date} onText={(logical_date) => onChange({ ...run, logical_date })} />
            {wrong("logical_date")}
          </div>
        </div>
      ) : null}
    </>
  );
}
