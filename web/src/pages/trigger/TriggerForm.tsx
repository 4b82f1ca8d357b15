import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useCallback, useMemo, useRef, useState } from "react";
import { ApiError, path, send } from "../../api/client";
import { Dialog } from "../../components/Dialog";
import { failureText } from "../../components/Failure";
import { Icon } from "../../components/Icon";
import { say } from "../../lib/say";
import { t } from "../../texts";
import { check, commandOf, firstForm, formOf, placed, type RunFields } from "./conf";
import { ConfView } from "./ConfView";
import { Earlier } from "./Earlier";
import { fieldsOf, type Typed } from "./fields";
import { Happens } from "./Happens";
import { ParamField } from "./ParamField";
import { RunPart } from "./RunPart";
import type { Details } from "./TriggerDialog";

type Props = { dag: Details; given: string | undefined; close: () => void };

function givenConf(text: string | undefined): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text ?? "");
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined; // nothing, or no conf: the fields as they are
  }
}

export function TriggerForm({ dag, given, close }: Props) {
  const fields = useMemo(() => fieldsOf(dag.params ?? {}), [dag.params]);
  const start = useMemo(() => { const conf = givenConf(given); return conf ? formOf(fields, conf) : { form: firstForm(fields), more: {} }; }, [fields, given]);
  const [form, setForm] = useState(start.form);
  const [more, setMore] = useState(start.more);
  const [run, setRun] = useState<RunFields>({ dag_run_id: "", logical_date: "", note: "" });
  const byHand = !dag.timetable_summary || dag.timetable_summary === "None";
  const [switchOn, setSwitchOn] = useState(dag.is_paused && byHand);
  const [touched, setTouched] = useState<ReadonlySet<string>>(new Set());
  const [served, setServed] = useState<Record<string, string>>({});
  const [failure, setFailure] = useState<string | null>(null);
  const [badJson, setBadJson] = useState(false);
  const [busy, setBusy] = useState(false);
  const body = useRef<HTMLDivElement>(null);
  const navigate = useNavigate();
  const client = useQueryClient();

  const { conf, errors } = check(fields, form, more);
  // What is still to be filled in is told once it was tried, or touched.
  const shown = Object.fromEntries(Object.entries({ ...errors, ...served }).filter(([name]) => touched.has(name) || served[name]));
  const wrong = Object.keys(shown).length + Number(badJson);

  const type = useCallback((name: string, typed: Typed) => {
    setForm((old) => ({ ...old, [name]: typed }));
    setTouched((old) => new Set(old).add(name));
    setServed(({ [name]: _, ...rest }) => rest);
  }, []);
  const take = (next: Record<string, unknown>) => {
    const taken = formOf(fields, next);
    setForm(taken.form);
    setMore(taken.more);
    setTouched(new Set(fields.map((field) => field.name)));
    setServed({});
  };
  const focus = (names: string[]) => requestAnimationFrame(() => {
    const places = [...(body.current?.querySelectorAll<HTMLElement>("[data-field]") ?? [])];
    places.find((place) => names.includes(place.dataset.field!))?.focus();
  });

  const submit = async () => {
    if (busy || badJson) return;
    const names = Object.keys(errors);
    if (names.length) {
      setTouched(new Set(fields.map((field) => field.name)));
      return focus(names);
    }
    setBusy(true);
    setFailure(null);
    try {
      const made = await send<{ dag_run_id: string }>("POST", path`/api/v2/dags/${dag.dag_id}/dagRuns`, {
        conf, ...(run.dag_run_id ? { dag_run_id: run.dag_run_id } : {}), ...(run.logical_date ? { logical_date: run.logical_date } : {}), ...(run.note ? { note: run.note } : {}),
      });
      if (dag.is_paused && switchOn) await send("PATCH", path`/api/v2/dags/${dag.dag_id}`, { is_paused: false }).catch((error: unknown) => say(error instanceof Error ? error.message : String(error)));
      say(t("trigger.done_said", { run: made.dag_run_id }));
      void client.invalidateQueries({ queryKey: ["trigger-runs", dag.dag_id] });
      await navigate({ to: "/dags/$dagId/runs/$runId", params: { dagId: dag.dag_id, runId: made.dag_run_id } });
    } catch (error) {
      const refusal = error instanceof ApiError ? error : new ApiError(0, String(error));
      const at = placed(refusal, fields.map((field) => field.name));
      setServed(at.fields);
      setFailure(at.rest === null ? null : failureText(refusal));
      focus(Object.keys(at.fields));
    } finally {
      setBusy(false);
    }
  };

  const label = busy ? "trigger.busy" : dag.is_paused && switchOn ? "trigger.button_on" : "trigger.button";
  return (
    <Dialog width={880} onClose={close} title={<>{t("trigger.title")} <span className="mono trigname">{dag.dag_id}</span></>}
      foot={
        <>
          <span className="s-failed row g6 wrong" role="status">{failure ?? (wrong ? t("trigger.to_correct", { n: wrong }) : "")}</span>
          <span className="grow" />
          <button type="button" className="btn" onClick={close}>{t("app.cancel")}<span className="kbd wide-only">Esc</span></button>
          <button type="button" className="btn p" disabled={busy || wrong > 0} onClick={() => void submit()}><Icon name="play" small />{t(label)}<span className="kbd wide-only">Ctrl ↵</span></button>
        </>
      }>
      <div className="trig" ref={body} onKeyDown={(event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); void submit(); } }}>
        <div className="trigform">
          <p className="q sm trigfrom">{t(fields.length ? "trigger.from_params" : "trigger.no_params")} <Earlier dag={dag.dag_id} choose={take} /></p>
          <div className="two2">
            {fields.map((field, n) => (
              <Grouped key={field.name} section={field.schema.section} before={fields[n - 1]?.schema.section}>
                <ParamField field={field} typed={form[field.name] ?? field.first} error={shown[field.name]} onChange={type} />
              </Grouped>
            ))}
          </div>
          <RunPart run={run} errors={served} onChange={(next) => { setRun(next); setServed(({ dag_run_id: _, logical_date: __, note: ___, ...rest }) => rest); }} />
        </div>
        <div className="sidep">
          <Happens dag={dag} later={run.logical_date} switchOn={switchOn} onSwitchOn={setSwitchOn} />
          <ConfView conf={conf} command={commandOf(dag.dag_id, conf, run)} onConf={take} onBad={setBadJson} />
        </div>
      </div>
    </Dialog>
  );
}

// Params of one section stand under its name.
function Grouped({ section, before, children }: { section: string | undefined; before: string | undefined; children: React.ReactNode }) {
  return <>{section && section !== before ? <h2 className="wide section">{section}</h2> : null}{children}</>;
}
