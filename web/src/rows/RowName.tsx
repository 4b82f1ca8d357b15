import { Link } from "@tanstack/react-router";
import { Icon } from "../components/Icon";
import { t } from "../texts";
import { isFoldable, type Row } from "./rows";

type Props = { row: Row; count?: number | null | undefined; onFold?: (row: Row) => void; of?: { dagId: string; runId: string }; name?: string | null | undefined };

// A row's name: a group's and a mapped task's with its fold and how many are in it, an instance's with its index and `name`;
// `of` a run, it leads to the task.
export function RowName({ row, count, onFold, of, name }: Props) {
  const hint = row.kind === "instance" ? `${row.key}${name ? `\n${name}` : ""}` : row.removed ? t("rows.removed", { id: row.id }) : row.group?.tooltip ? `${row.id}\n${row.group.tooltip}` : row.id;
  const text = row.kind === "more" ? t("rows.more", { n: row.maps }) : name || row.label;
  return (
    <span className={`tn${row.kind === "group" ? " grp" : ""}${row.removed ? " gone" : ""}`} style={{ paddingLeft: 10 + row.depth * 16 }} title={hint}>
      {isFoldable(row) ? (
        <span className="cv fold" onClick={onFold && ((event) => { event.stopPropagation(); onFold(row); })}><Icon name={row.folded ? "right" : "down"} /></span>
      ) : <span className="cv" />}
      {row.kind === "instance" && name ? <span className="x">{row.map}</span> : null}
      {of && row.kind !== "group" ? (
        <Link className="ell" tabIndex={-1} to="/dags/$dagId/runs/$runId/tasks/$taskId" params={{ ...of, taskId: row.id }} search={(row.map >= 0 ? { map: String(row.map) } : {}) as never} onClick={(event) => event.stopPropagation()}>{text}</Link>
      ) : <span className="ell">{text}</span>}
      {row.kind === "group" && row.folded ? <span className="x">{row.tasks.length}</span> : null}
      {row.kind === "task" && (row.maps > 0 || row.task?.is_mapped) ? <span className="x">{count ? `×${count}` : "×"}</span> : null}
    </span>
  );
}
