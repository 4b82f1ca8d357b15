import { useQueries, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { path, send, type ApiError } from "../api/client";
import { useLive, watchRun } from "../api/live";
import type { TaskInstance } from "../api/shapes";
import { Dialog } from "../components/Dialog";
import { Failure } from "../components/Failure";
import { Icon } from "../components/Icon";
import { runLabel } from "../lib/run";
import { useSearch } from "../lib/useSearch";
import { t } from "../texts";
import type { DialogProps } from ".";
import { showAnswer } from "./changes";
import { namesOf, readOn, type On } from "./on";
import { Check, Preview, TitleOf, Where, type Line } from "./parts";
import { Lost } from "./Lost";
import { useAction, useCtrlEnter } from "./useAction";

const SHOWN = 200, AGAIN_MS = 500;
type Choice = { after: boolean; before: boolean; past: boolean; future: boolean; failed: boolean; running: boolean };
const none: Choice = { after: false, before: false, past: false, future: false, failed: false, running: false };
const others = (choice: Choice) => choice.past || choice.future;

const ask = (one: On, choice: Choice, dry: boolean) =>
  send<{ task_instances: TaskInstance[] }>("POST", path`/api/v2/dags/${one.dagId}/clearTaskInstances`, {
    dag_run_id: one.runId, dry_run: dry, ...(one.tasks.length > 0 ? { task_ids: namesOf(one.tasks) } : {}),
    only_failed: choice.failed, only_running: choice.running, include_downstream: choice.after, include_upstream: choice.before,
    include_past: choice.past, include_future: choice.future,
  });

// What is cleared runs again: which tasks that would be is asked of the server, for each choice, and kept up to date.
export default function ClearDialog({ close }: DialogProps) {
  const [search] = useSearch();
  const on = readOn(search.on, search.tasks);
  if (on.length === 0) return <Lost close={close} />;
  return <Clear on={on} close={close} />;
}

function usePreview(on: On[], choice: Choice, enabled = true) {
  const queries = useQueries({
    queries: on.map((one) => ({
      // Other runs are many: they are asked for once a choice, not at each change.
      queryKey: [others(choice) ? "clear-others" : "clear", one.dagId, one.runId, JSON.stringify(one.tasks), JSON.stringify(choice)], gcTime: 5000, enabled,
      queryFn: async () => (await ask(one, choice, true)).task_instances,
    })),
  });
  const error = (queries.find((query) => query.error && !query.data)?.error ?? null) as ApiError | null;
  return { ready: queries.every((query) => query.data), all: queries.flatMap((query) => query.data ?? []), error };
}

function Clear({ on, close }: { on: On[] } & DialogProps) {
  const client = useQueryClient();
  const tasks = on.some((one) => one.tasks.length > 0);
  const [choice, setChoice] = useState<Choice>({ ...none, after: tasks });
  const { busy, error, act } = useAction(close);
  const own = usePreview(on, none), withAfter = usePreview(on, { ...none, after: true }), withBefore = usePreview(on, { ...none, before: true });
  // Earlier and later ones than which: only of one run. Counted once they are chosen: to look through all runs isn't for who only opens the dialog.
  const [one] = on.length === 1 ? on : [];
  const past = usePreview(on, { ...choice, past: true, future: false }, !!one && choice.past);
  const future = usePreview(on, { ...choice, past: false, future: true }, !!one && choice.future);
  const here = usePreview(on, { ...choice, past: false, future: false });
  const more = (with_: typeof past) => (with_.ready && here.ready ? with_.all.length - here.all.length : undefined);
  const unfiltered = usePreview(on, { ...choice, failed: false, running: false });
  const preview = usePreview(on, choice);
  const [timer] = useState<{ at?: ReturnType<typeof setTimeout> | undefined }>({});
  useLive([...new Set(on.map((one) => watchRun(one.dagId, one.runId)))], (event) => {
    if (event.kind === "log" || (event.kind === "changes" && !event.changes.some((change) => change.kind === "tasks"))) return;
    timer.at ??= setTimeout(() => { timer.at = undefined; void client.invalidateQueries({ queryKey: ["clear"] }); }, AGAIN_MS);
  });
  const n = preview.all.length, stops = preview.all.filter((one) => one.state === "running").length;
  const submit = () => {
    if (busy || n === 0) return;
    void act(async () => {
      let cleared = 0;
      for (const one of on) {
        const { task_instances: answered } = await ask(one, choice, false);
        cleared += answered.length;
        for (const runId of new Set(answered.map((each) => each.dag_run_id))) {
          showAnswer(client, one.dagId, runId, answered.filter((each) => each.dag_run_id === runId));
        }
      }
      return t("dialog.cleared", { n: cleared });
    });
  };
  useCtrlEnter(submit);
  // Cancel has the focus until it is known that nothing is stopped.
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (preview.ready && n > 0 && stops === 0 && document.activeElement?.hasAttribute("data-autofocus")) button.current?.focus();
  }, [preview.ready]);
  const runs = new Set(preview.all.map((each) => each.dag_run_id)).size;
  const many = on.length > 1 || runs > 1;
  const lines: Line[] = preview.all.slice(0, SHOWN).map((one) => ({
    key: `${one.dag_run_id} ${one.task_id} ${one.map_index}`, name: one.map_index >= 0 ? `${one.task_id} [${one.map_index}]` : one.task_id, state: one.state,
    run: many ? runLabel(one.dag_run_id) : undefined, after: one.state === "running" || one.state === "restarting" ? "restarting" : "none",
    note: one.state === "running" ? t("dialog.stopped_first", { n: one.try_number, host: one.hostname ?? "" }) : "",
  }));
  const text = busy ? t("dialog.clearing", { n }) : stops > 0 ? t("dialog.stop_and_clear", { s: stops, n }) : t("dialog.clear_n", { n });
  return (
    <Dialog title={<><TitleOf on={on} of="clear" /><Where on={on} /></>} width={820} onClose={close} foot={
      <>
        <span className="q sm">{t("dialog.clear_note")}</span><span className="grow" />
        <button className="btn" data-autofocus onClick={close}>{t("app.cancel")}<span className="kbd wide-only">Esc</span></button>
        <button className="btn p" ref={button} disabled={busy || n === 0 || !preview.ready} onClick={submit}><Icon name="again" small />{text}<span className="kbd wide-only">Ctrl ↵</span></button>
      </>
    }>
      <div className="choose">
        <div className="choices">
          {tasks ? (
            <fieldset>
              <legend>{t("dialog.also_clear")}</legend>
              <Check on={choice.after} label={t("dialog.after_it")} count={withAfter.ready && own.ready ? withAfter.all.length - own.all.length : undefined} onChange={(after) => setChoice({ ...choice, after })} />
              <Check on={choice.before} label={t("dialog.before_it")} count={withBefore.ready && own.ready ? withBefore.all.length - own.all.length : undefined} onChange={(before) => setChoice({ ...choice, before })} />
            </fieldset>
          ) : null}
          {one ? (
            <fieldset>
              <legend>{t("dialog.the_same_in")}</legend>
              <Check on={choice.past} label={t("dialog.in_past")} count={choice.past ? more(past) : undefined} onChange={(on) => setChoice({ ...choice, past: on })} />
              <Check on={choice.future} label={t("dialog.in_future")} count={choice.future ? more(future) : undefined} onChange={(on) => setChoice({ ...choice, future: on })} />
            </fieldset>
          ) : null}
          <fieldset>
            <legend>{t("dialog.but_only")}</legend>
            <Check on={choice.failed} label={t("dialog.failed_ones")} count={unfiltered.all.filter((one) => one.state === "failed" || one.state === "upstream_failed").length} onChange={(failed) => setChoice({ ...choice, failed, running: false })} />
            <Check on={choice.running} label={t("dialog.running_ones")} count={unfiltered.all.filter((one) => one.state === "running").length} onChange={(running) => setChoice({ ...choice, running, failed: false })} />
          </fieldset>
        </div>
        <div className="effect">
          {preview.error ? <Failure error={preview.error} /> : (
            <Preview head={<><b className="b">{preview.ready ? t("dialog.in_runs", { n, runs: others(choice) ? runs : on.length }) : t("app.loading")}</b>{others(choice) ? null : <span className="sm qq">{t("dialog.live")}</span>}</>} lines={lines} more={n - lines.length} />
          )}
          {preview.ready && n === 0 ? <p className="q effectnote">{t("dialog.nothing_to_clear")}</p> : null}
          {error ? <Failure error={error} /> : null}
        </div>
      </div>
    </Dialog>
  );
}
