import type { ReactNode } from "react";
import { StateMark } from "../components/StateMark";
import { runLabel } from "../lib/run";
import { stateOf } from "../lib/state";
import { t } from "../texts";
import type { On } from "./on";
import "./dialogs.css";

// What is named by a dialog's title: one task, some, or whole runs.
export function TitleOf({ on, of }: { on: On[]; of: "clear" | "mark" | "stop" | "note" }) {
  const tasks = on.flatMap((one) => one.tasks);
  const first = on[0]!;
  if (tasks.length === 0) return <>{on.length === 1 ? t(`dialog.${of}_run`, { run: runLabel(first.runId) }) : t(`dialog.${of}_runs`, { n: on.length })}</>;
  if (tasks.length > 1) return <>{t(`dialog.${of}_tasks`, { n: tasks.length })}</>;
  const name = tasks[0]!.mapIndex === null ? tasks[0]!.taskId : `${tasks[0]!.taskId} [${tasks[0]!.mapIndex}]`;
  return <>{t(`dialog.${of}_task`, { task: name })}</>;
}
export function Where({ on }: { on: On[] }) {
  const first = on[0]!;
  return <div className="q sm where">{on.length === 1 ? t("dialog.where", { run: runLabel(first.runId), dag: first.dagId }) : t("dialog.where_runs", { n: on.length, dag: first.dagId })}</div>;
}

export function Check({ on, label, count, disabled, onChange }: { on: boolean; label: string; count?: number | undefined; disabled?: boolean; onChange: (on: boolean) => void }) {
  return (
    <label className={`choice${disabled ? " off" : ""}`}>
      <input type="checkbox" checked={on} disabled={disabled} onChange={(event) => onChange(event.target.checked)} />
      <span>{label}</span>{count === undefined ? null : <span className="sm qq num n">{count}</span>}
    </label>
  );
}

export interface Line { key: string; name: string; state: string | null; after: string; note: string; run?: string | undefined }
// What will happen to each: its state now, what stops, its state after.
export function Preview({ head, lines, more }: { head: ReactNode; lines: Line[]; more: number }) {
  return (
    <div className="preview">
      <div className="phead">{head}<span className="grow" /><span className="sm qq">{t("dialog.state_after")}</span></div>
      <ul>
        {lines.map((line) => (
          <li key={line.key}>
            <StateMark state={stateOf(line.state)} size={14} />
            <span className="mono m ell" title={line.name}>{line.name}</span>
            {line.run ? <span className="sm qq ell">{line.run}</span> : null}
            <span className="sm ell grow s-restarting stops">{line.note}</span>
            <span className="row g6 sm q nw"><StateMark state={stateOf(line.after)} size={14} />{t(`state.${stateOf(line.after)}`)}</span>
          </li>
        ))}
        {more > 0 ? <li className="qq sm">{t("dialog.more", { n: more })}</li> : null}
      </ul>
    </div>
  );
}
