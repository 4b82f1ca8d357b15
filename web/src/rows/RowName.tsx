import type { ReactNode } from "react";
import { Icon } from "../components/Icon";
import { t } from "../texts";
import type { Row } from "./rows";

type Props = { row: Row; count?: number | null | undefined; onFold?: (row: Row) => void; children?: ReactNode };

// A row's name: a group's with its fold, a task's with how many it is mapped to.
export function RowName({ row, count, onFold, children }: Props) {
  const hint = row.removed ? t("rows.removed", { id: row.id }) : row.group?.tooltip ? `${row.id}\n${row.group.tooltip}` : row.id;
  return (
    <span className={`tn${row.kind === "group" ? " grp" : ""}${row.removed ? " gone" : ""}`} style={{ paddingLeft: 10 + row.depth * 16 }} title={hint}>
      {row.kind === "group" ? (
        <span className="cv fold" onClick={onFold && ((event) => { event.stopPropagation(); onFold(row); })}><Icon name={row.folded ? "right" : "down"} /></span>
      ) : <span className="cv" />}
      <span className="ell">{row.label}</span>
      {row.kind === "group" && row.folded ? <span className="x">{row.tasks.length}</span> : null}
      {row.task?.is_mapped ? <span className="x">{count ? `×${count}` : "×"}</span> : null}
      {children}
    </span>
  );
}
