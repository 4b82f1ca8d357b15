import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { path, send } from "../api/client";
import type { DagRun, TaskInstance } from "../api/shapes";
import { Dialog } from "../components/Dialog";
import { Failure } from "../components/Failure";
import { StateMark } from "../components/StateMark";
import { useGantt, useStructure } from "../graph/data";
import type { State } from "../lib/state";
import { t } from "../texts";
import { showAnswer } from "./changes";
import { effectOf } from "./closure";
import type { On } from "./on";
import { Check, Preview, TitleOf, Where } from "./parts";
import { useAction, useCtrlEnter } from "./useAction";

type To = "success" | "failed" | "skipped";
const SHOWN = 200;

// The form of marking and of stopping. With a preview of the first run; more runs are changed in the same way.
export function MarkForm({ on, close, stop }: { on: On[]; close: () => void; stop: boolean }) {
  const client = useQueryClient();
  const first = on[0]!;
  const whole = first.tasks.length === 0;
  const [to, setTo] = useState<To>(stop ? "failed" : "success");
  const [before, setBefore] = useState(false);
  const [after, setAfter] = useState(false);
  const { busy, error, act } = useAction(close);
  const gantt = useGantt(first.dagId, first.runId);
  const structure = useStructure(first.dagId, gantt.data?.run.dag_versions.at(-1)?.version_number, !!gantt.data);
  const effect = gantt.data && structure.data
    ? effectOf(gantt.data, structure.data, first.tasks, to, before, after, (n, host) => t("dialog.stopped", { n, host })) : undefined;
  const submit = () => {
    if (busy) return;
    void act(async () => {
      for (const one of on) await mark(one);
      return stop ? t("dialog.stopped_said", { n: on.length }) : t("dialog.marked", { state: t(`state.${to}`) });
    });
  };
  async function mark(one: On) {
    const run = path`/api/v2/dags/${one.dagId}/dagRuns/${one.runId}`;
    if (one.tasks.length === 0) {
      const answered = await send<DagRun>("PATCH", run, { state: to });
      client.setQueryData(["gantt", one.dagId, one.runId], (data: typeof gantt.data) => data && { ...data, run: { ...data.run, state: answered.state, end_date: answered.end_date } });
      return;
    }
    for (const { taskId, mapIndex } of one.tasks) {
      const url = run + path`/taskInstances/${taskId}` + (mapIndex === null ? "" : `/${mapIndex}`);
      const { task_instances: answered } = await send<{ task_instances: TaskInstance[] }>("PATCH", url, { new_state: to, include_upstream: before, include_downstream: after });
      showAnswer(client, one.dagId, one.runId, answered);
    }
  }
  useCtrlEnter(submit);
  const states: To[] = whole ? ["success", "failed"] : ["success", "failed", "skipped"];
  const named = effect?.changed ?? first.tasks.length;
  const button = busy ? t(stop ? "dialog.stopping" : "dialog.marking") : stop
    ? t(whole ? "dialog.stop_button_run" : "dialog.stop_button", { n: effect?.stops ?? 0 })
    : effect && effect.stops > 0 && !whole ? t("dialog.stop_and_mark", { s: effect.stops, n: named, state: t(`state.${to}`) }) : whole
      ? t("dialog.mark_button_run", { n: on.length, state: t(`state.${to}`) }) : t("dialog.mark_button", { n: named, state: t(`state.${to}`) });
  return (
    <Dialog title={<><TitleOf on={on} of={stop ? "stop" : "mark"} /><Where on={on} /></>} width={stop ? 620 : 820} onClose={close} foot={
      <>
        <span className="q sm">{t(stop ? "dialog.stop_note" : "dialog.mark_note")}</span><span className="grow" />
        <button className="btn" data-autofocus={stop || undefined} onClick={close}>{t("app.cancel")}<span className="kbd wide-only">Esc</span></button>
        <button className="btn p" data-autofocus={!stop || undefined} disabled={busy} onClick={submit}>{button}<span className="kbd wide-only">Ctrl ↵</span></button>
      </>
    }>
      <div className={stop ? "choose one" : "choose"}>
        {stop ? null : (
          <div className="choices">
            <fieldset>
              <legend>{t("dialog.mark_as")}</legend>
              {states.map((state) => (
                <label key={state} className="choice">
                  <input type="radio" name="to" checked={state === to} onChange={() => setTo(state)} /><StateMark state={state as State} size={14} /><span>{t(`state.${state}`)}</span>
                </label>
              ))}
            </fieldset>
            {whole ? null : (
              <fieldset>
                <legend>{t("dialog.also_mark")}</legend>
                <Check on={after} label={t("dialog.after_it")} onChange={setAfter} />
                <Check on={before} label={t("dialog.before_it")} onChange={setBefore} />
              </fieldset>
            )}
          </div>
        )}
        <div className="effect">
          {gantt.error && !gantt.data ? <Failure error={gantt.error} /> : null}
          {effect ? (
            <Preview head={<b className="b">{t("dialog.changes", { n: effect.changed })}</b>} lines={effect.lines.slice(0, SHOWN)} more={effect.lines.length - SHOWN} />
          ) : null}
          {effect && effect.lines.length === 0 ? <p className="q effectnote">{t("dialog.nothing_changes")}</p> : null}
          {on.length > 1 ? <p className="q effectnote sm">{t("dialog.same_in_others", { n: on.length - 1 })}</p> : null}
          {error ? <Failure error={error} /> : null}
        </div>
      </div>
    </Dialog>
  );
}
