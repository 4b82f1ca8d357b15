import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { get, path, send, type ApiError } from "../api/client";
import type { DagRun } from "../api/shapes";
import { Dialog } from "../components/Dialog";
import { Failure } from "../components/Failure";
import { useSearch } from "../lib/useSearch";
import { t } from "../texts";
import type { DialogProps } from ".";
import { Lost } from "./Lost";
import { readOn, type On } from "./on";
import { TitleOf, Where } from "./parts";
import { useAction, useCtrlEnter } from "./useAction";

const LONGEST = 1000; // the API's

// A run's note. Tasks have none: for a task it is its run's.
export default function NoteDialog({ close }: DialogProps) {
  const [search] = useSearch();
  const [on] = useState(() => readOn(search.on, undefined)[0]);
  const run = useQuery<DagRun, ApiError>({
    queryKey: ["run-note", on?.dagId, on?.runId], enabled: !!on, gcTime: 0,
    queryFn: ({ signal }) => get<DagRun>(path`/api/v2/dags/${on!.dagId}/dagRuns/${on!.runId}`, {}, signal),
  });
  if (!on) return <Lost close={close} />;
  if (run.error) return <Dialog title={t("dialog.note_title")} onClose={close}><Failure error={run.error} again={() => void run.refetch()} /></Dialog>;
  return run.data ? <Note on={{ ...on, tasks: [] }} before={run.data.note ?? ""} close={close} /> : null;
}

function Note({ on, before, close }: { on: On; before: string } & DialogProps) {
  const client = useQueryClient();
  const [text, setText] = useState(before);
  const { busy, error, act } = useAction(close);
  const long = [...text].length > LONGEST;
  const submit = () => {
    if (busy || long) return;
    void act(async () => {
      await send("PATCH", path`/api/v2/dags/${on.dagId}/dagRuns/${on.runId}`, { note: text.trim() || null });
      void client.invalidateQueries({ queryKey: ["gantt", on.dagId, on.runId] });
      return t(text.trim() ? "dialog.note_saved" : "dialog.note_removed");
    });
  };
  useCtrlEnter(submit);
  return (
    <Dialog title={<><TitleOf on={[on]} of="note" /><Where on={[on]} /></>} onClose={close} foot={
      <>
        <span className={`sm num${long ? " s-failed toolong" : " qq"}`}>{t("dialog.characters", { n: [...text].length, of: LONGEST })}</span><span className="grow" />
        <button className="btn" onClick={close}>{t("app.cancel")}<span className="kbd wide-only">Esc</span></button>
        <button className="btn p" disabled={busy || long || text === before} onClick={submit}>{t(busy ? "dialog.saving" : "app.save")}<span className="kbd wide-only">Ctrl ↵</span></button>
      </>
    }>
      <textarea className="in" data-autofocus rows={6} aria-label={t("dialog.note_title")} placeholder={t("dialog.note_hint")} value={text} onChange={(event) => setText(event.target.value)} />
      {error ? <Failure error={error} /> : null}
    </Dialog>
  );
}
