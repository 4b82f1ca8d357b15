import { StateMark } from "../../components/StateMark";
import type { State } from "../../lib/state";
import { t } from "../../texts";

// Of the states that are seen, in the order of all.
export function Legend({ gantt, seen }: { gantt: boolean; seen: State[] }) {
  return (
    <div className="bar2 foot leg" aria-hidden="true">
      {gantt ? <GanttLegend /> : (
        <>
          {seen.map((state) => <span key={state}><StateMark state={state} size={12} />{t(`state.${state}`)}</span>)}
          <span className="grow" />
          <span className="qq">{t("dag.letters")}</span>
        </>
      )}
    </div>
  );
}

export function GanttLegend() {
  return (
    <>
      <span><i className="gb q lg" />{t("rows.legend_wait")}</span>
      <span><i className="gb s-success lg" />{t("rows.legend_ran")}</span>
      <span><i className="gb loud s-failed lg" />{t("rows.legend_failed")}</span>
      <span><i className="gb w s-up_for_retry lg" />{t("rows.legend_retry")}</span>
      <span><i className="gb e lg" />{t("rows.legend_expected")}</span>
    </>
  );
}
