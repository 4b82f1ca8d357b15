import { Link } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useMemo, useRef, useState } from "react";
import type { Structure, StructureTask } from "../../../api/shapes";
import { Dialog } from "../../../components/Dialog";
import { Icon } from "../../../components/Icon";
import { Markdown } from "../../../components/Markdown";
import { ruleText } from "../../../graph/words";
import { count, duration } from "../../../lib/format";
import { useSearch } from "../../../lib/useSearch";
import { t } from "../../../texts";

const ROW_PX = 32;
const columns = ["task", "operator", "rule", "retries", "pool", "queue", "usual"] as const;

// The tasks of a DAG, of which the rows in sight are there.
export function TaskTable({ dagId, structure }: { dagId: string; structure: Structure }) {
  const [search, set] = useSearch();
  const [doc, setDoc] = useState<StructureTask | null>(null);
  const frame = useRef<HTMLDivElement>(null);
  const wanted = (search.q ?? "").toLowerCase();
  const tasks = useMemo(() => (wanted === "" ? structure.tasks : structure.tasks.filter((task) =>
    [task.task_id, task.operator_name, task.trigger_rule, task.pool, task.queue].some((text) => text.toLowerCase().includes(wanted)))), [structure, wanted]);
  const rows = useVirtualizer({ count: tasks.length, getScrollElement: () => frame.current, estimateSize: () => ROW_PX, overscan: 12 });
  const seen = rows.getVirtualItems();
  const above = seen[0]?.start ?? 0, below = rows.getTotalSize() - (seen.at(-1)?.end ?? 0);
  return (
    <>
      <div className="bar2 det-bar">
        <b>{t("details.tasks", { n: structure.tasks.length })}</b>
        <div className="in det-find"><Icon name="search" small /><input data-search className="grow" type="search" aria-label={t("details.filter")} placeholder={t("details.filter")} value={search.q ?? ""} onChange={(event) => set({ q: event.target.value }, { replace: true })} /></div>
        {wanted ? <span className="sm q num">{t("details.found", { n: count(tasks.length) })}</span> : null}
        {wanted && tasks.length === 0 ? <button className="btn s" onClick={() => set({ q: "" })}>{t("app.clear_filters")}</button> : null}
      </div>
      <div className="det-table" ref={frame} tabIndex={0} role="region" aria-label={t("details.tasks", { n: structure.tasks.length })}>
        <table aria-rowcount={tasks.length + 1}>
          <thead><tr>{columns.map((name) => <th key={name} scope="col" className={name === "retries" || name === "usual" ? "r" : undefined}>{t(`details.col_${name}`)}</th>)}</tr></thead>
          <tbody>
            {above > 0 ? <tr aria-hidden="true"><td colSpan={columns.length} style={{ height: above, padding: 0, border: 0 }} /></tr> : null}
            {seen.map(({ index }) => <Row key={tasks[index]!.task_id} dagId={dagId} task={tasks[index]!} index={index} onDoc={setDoc} />)}
            {below > 0 ? <tr aria-hidden="true"><td colSpan={columns.length} style={{ height: below, padding: 0, border: 0 }} /></tr> : null}
          </tbody>
        </table>
      </div>
      {doc ? <Dialog title={<span className="mono">{doc.task_id}</span>} width={720} onClose={() => setDoc(null)}><Markdown text={doc.doc_md ?? ""} level={2} /></Dialog> : null}
    </>
  );
}

function Row({ dagId, task, index, onDoc }: { dagId: string; task: StructureTask; index: number; onDoc: (task: StructureTask) => void }) {
  const kinds = [task.is_mapped ? t("details.mapped") : "", task.is_setup ? t("details.setup") : "", task.is_teardown ? t("details.teardown") : ""].filter(Boolean);
  return (
    <tr aria-rowindex={index + 2}>
      <td><span className="row g6">
        <Link className="mono ell det-id" title={task.task_id} to="/dags/$dagId" params={{ dagId }} search={{ sel: task.task_id }}>{task.task_id}</Link>
        {kinds.map((kind) => <span key={kind} className="tag">{kind}</span>)}
        {task.doc_md ? <button className="btn s q" onClick={() => onDoc(task)}><Icon name="note" small />{t("details.doc")}</button> : null}
      </span></td>
      <td className="ell det-op" title={task.operator_name}>{task.operator_name}</td>
      <td title={task.trigger_rule}>{task.trigger_rule === "all_success" ? <span className="qq">{task.trigger_rule}</span> : <>{task.trigger_rule} <span className="qq sm">{ruleText(task.trigger_rule)}</span></>}</td>
      <td className="r num">{task.retries}</td>
      <td><Link to="/pools/$name" params={{ name: task.pool }} className="ell">{task.pool}</Link></td>
      <td><Link to="/queues/$name" params={{ name: task.queue }} className="ell">{task.queue}</Link></td>
      <td className="r num">{task.usual_seconds === null ? <span className="qq">–</span> : duration(task.usual_seconds)}</td>
    </tr>
  );
}
