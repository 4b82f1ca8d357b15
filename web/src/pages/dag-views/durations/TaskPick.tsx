import { useId, useState } from "react";
import type { StructureTask } from "../../../api/shapes";
import { t } from "../../../texts";

const OFFERED_MAX = 50;

// One task of the DAG by its id, or none: as one types, those that fit are offered.
export function TaskPick({ tasks, value, onChange }: { tasks: StructureTask[]; value: string; onChange: (task: string) => void }) {
  const id = useId();
  const [text, setText] = useState<string | null>(null);
  const typed = text ?? value;
  const fit = tasks.filter((task) => task.task_id.toLowerCase().includes(typed.toLowerCase())).slice(0, OFFERED_MAX);
  const choose = (next: string) => {
    setText(next);
    if (next === "" || tasks.some((task) => task.task_id === next)) {
      onChange(next);
      setText(null);
    }
  };
  return (
    <>
      <input data-search className="in dur-task mono" type="search" list={id} aria-label={t("durations.task")} placeholder={t("durations.task")} value={typed}
        aria-invalid={text !== null && text !== "" && fit.length === 0} onChange={(event) => choose(event.target.value)} onBlur={() => setText(null)} />
      <datalist id={id}>{fit.map((task) => <option key={task.task_id} value={task.task_id} />)}</datalist>
    </>
  );
}
