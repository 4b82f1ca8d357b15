import { Link } from "@tanstack/react-router";
import { Icon } from "../components/Icon";
import { t } from "../texts";
import type { Row } from "./rows";

type Props = { row: Row; count?: number | null | undefined; onFold?: (row: Row) => void; of?: { dagId: string; runId: string } };

// A row's name: a group's with its fold, a task's with how many it is mapped to; `of` a run, it leads to the task.
export function RowName({ row, count, onFold, of }: Props) {
  const hint = row.removed ? t("rows.removed", { id: row.id }) : row.group?.tooltip ? `${row.id}\n${row.group.tooltip}` : row.id;
  return (
    <span className={`tn${row.kind === "group" ? " grp" : ""}${row.removed ? " gone" : ""}`} style={{ paddingLeft: 10 + row.depth * 16 }} title={hint}>
      {row.kind === "group" ? (
        <span className="cv fold" onClick={onFold && ((event) => { event.stopPropagation(); onFold(row); })}><Icon name={row.folded ? "right" : "down"} /></span>
      ) : <span className="cv" />}
      {of && row.kind === "task" ? (
        <Link className="ell" tabIndex={-1} to="/dags/$dagId/runs/$runId/tasks/$taskId" params={{ ...of, taskId: row.id }} onClick={(event) => event.stopPropagation()}>{row.label}</Link>
      ) : <span className="ell">{row.label}</span>}
      {row.kind === "group" && row.folded ? <span className="x">{row.tasks.length}</span> : null}
      {row.task?.is_mapped ? <span className="x">{count ? `×${count}` : "×"}</span> : null}
    </span>
  );
}
