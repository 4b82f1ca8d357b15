import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ApiError, get, path, send } from "../api/client";
import type { TaskInstance } from "../api/shapes";
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

// Where the note stands: a run, or a task of it (of a mapped one without an index: all its instances).
function placeOf({ dagId, runId, tasks }: On): string {
  const run = path`/api/v2/dags/${dagId}/dagRuns/${runId}`, [task] = tasks;
  if (!task) return run;
  return run + path`/taskInstances/${task.taskId}` + (task.mapIndex === null ? "" : `/${task.mapIndex}`);
}

async function noteOf(on: On, signal: AbortSignal): Promise<string> {
  const [task] = on.tasks;
  if (!task || task.mapIndex !== null) return (await get<{ note: string | null }>(placeOf(on), {}, signal)).note ?? "";
  const all = await get<{ task_instances: TaskInstance[] }>(path`/api/v2/dags/${on.dagId}/dagRuns/${on.runId}/taskInstances`, { task_id: task.taskId, limit: 1 }, signal);
  if (!all.task_instances[0]) throw new ApiError(404, `no task '${task.taskId}' in run '${on.runId}'`);
  return all.task_instances[0].note ?? "";
}

// A run's note, or one task's; of several tasks that are chosen: their run's.
export default function NoteDialog({ close }: DialogProps) {
  const [search] = useSearch();
  const [on] = useState(() => {
    const first = readOn(search.on, search.tasks)[0];
    return first && first.tasks.length > 1 ? { ...first, tasks: [] } : first;
  });
  const note = useQuery<string, ApiError>({ queryKey: ["note", on], enabled: !!on, gcTime: 0, queryFn: ({ signal }) => noteOf(on!, signal) });
  if (!on) return <Lost close={close} />;
  if (note.error) return <Dialog title={t("dialog.note_title")} onClose={close}><Failure error={note.error} again={() => void note.refetch()} /></Dialog>;
  return note.data !== undefined ? <Note on={on} before={note.data} close={close} /> : null;
}

function Note({ on, before, close }: { on: On; before: string } & DialogProps) {
  const client = useQueryClient();
  const [text, setText] = useState(before);
  const { busy, error, act } = useAction(close);
  const long = [...text].length > LONGEST;
  const submit = () => {
    if (busy || long) return;
    void act(async () => {
      await send("PATCH", placeOf(on), { note: text.trim() || null });
      void client.invalidateQueries({ queryKey: [on.tasks.length > 0 ? "instance" : "gantt", on.dagId, on.runId] });
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
      <textarea className="in" data-autofocus rows={6} aria-label={t("dialog.note_title")} placeholder={t(on.tasks.length > 0 ? "dialog.note_hint_task" : "dialog.note_hint")} value={text} onChange={(event) => setText(event.target.value)} />
      {error ? <Failure error={error} /> : null}
    </Dialog>
  );
}
