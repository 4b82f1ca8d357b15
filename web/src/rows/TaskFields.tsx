import { Link } from "@tanstack/react-router";
import { get, path } from "../api/client";
import { watchRun } from "../api/live";
import type { StateCounts } from "../api/shapes";
import { useLiveQuery } from "../api/useLiveQuery";
import { Failure } from "../components/Failure";
import { Markdown } from "../components/Markdown";
import { StateChip } from "../components/StateChip";
import { Time, Took } from "../components/Time";
import { duration } from "../lib/format";
import { t } from "../texts";
import { Counts } from "./CellTip";
import { Fields } from "./Fields";
import type { Row } from "./rows";

type Instance = {
  state: string | null; try_number: number; max_tries: number; start_date: string | null; end_date: string | null; queued_when: string | null; scheduled_when: string | null;
  hostname: string | null; pool: string; pool_slots: number; queue: string; priority_weight: number; operator_name: string | null; note: string | null; rendered_map_index: string | null;
};
type Props = { dagId: string; runId: string; row: Row; counts: StateCounts | null; children?: React.ReactNode };

// What is known of a task, in one run.
export function TaskFields({ dagId, runId, row, counts, children }: Props) {
  const mapped = row.kind === "task" && (row.maps > 0 || row.task?.is_mapped === true); // many: none to tell of
  const { data: one, error, refetch } = useLiveQuery<Instance>({
    key: ["instance", dagId, runId, row.id, row.map],
    read: (signal) => get<Instance>(path`/api/v2/dags/${dagId}/dagRuns/${runId}/taskInstances/${row.id}` + (row.map >= 0 ? `/${row.map}` : ""), {}, signal),
    watches: [watchRun(dagId, runId)],
    concerns: (change) => change.kind === "tasks" && change.dag_run_id === runId && (change.read_again || [...change.task_instances, ...change.notes].some((task) => task.task_id === row.id && task.map_index === row.map)),
    enabled: !mapped && runId !== "",
  });
  const task = row.task;
  return (
    <div className="insp">
      <div className="row g8"><b className="mono brk">{row.key}</b>{one ? <StateChip state={one.state} /> : null}</div>
      {one?.rendered_map_index ? <p className="brk">{one.rendered_map_index}</p> : null}
      {row.removed ? <p className="q">{t("rows.removed", { id: row.id })}</p> : null}
      {children}
      {counts ? <Counts counts={counts} /> : null}
      {error && error.status !== 404 ? <Failure error={error} again={() => void refetch()} /> : error ? <p className="q">{t("rows.absent")}</p> : null}
      {one?.note ? <p className="note">{one.note}</p> : null}
      <Fields items={[
        [t("rows.tries_head"), one && one.try_number > 0 ? t("rows.try", { n: one.try_number, of: Math.max(one.max_tries, one.try_number) }) : null],
        [t("rows.scheduled_head"), one?.scheduled_when && <Time key="c" at={one.scheduled_when} />],
        [t("run.queued"), one?.queued_when && <Time key="q" at={one.queued_when} />],
        [t("run.started"), one?.start_date && <Time key="s" at={one.start_date} />],
        [t("run.ended"), one?.end_date && <Time key="e" at={one.end_date} />],
        [t("run.took"), one?.start_date && <Took key="t" from={one.start_date} to={one.end_date} />],
        [t("rows.usual"), task?.usual_seconds ? duration(task.usual_seconds) : null],
        [t("rows.host_head"), one?.hostname && <Link key="h" className="mono" to="/workers/$name" params={{ name: one.hostname }}>{one.hostname}</Link>],
        [t("rows.pool"), (one?.pool ?? task?.pool) && <span key="p"><Link className="mono" to="/pools/$name" params={{ name: (one?.pool ?? task?.pool)! }}>{one?.pool ?? task?.pool}</Link>{one && one.pool_slots > 1 ? ` ×${one.pool_slots}` : ""}</span>],
        [t("rows.queue"), (one?.queue ?? task?.queue) && <Link key="u" className="mono" to="/queues/$name" params={{ name: (one?.queue ?? task?.queue)! }}>{one?.queue ?? task?.queue}</Link>],
        [t("rows.operator"), one?.operator_name ?? task?.operator_name],
        [t("rows.rule"), task ? <span key="r" className="mono">{task.trigger_rule}</span> : null],
      ]} />
      {task?.doc_md ? <div className="doc"><Markdown text={task.doc_md} level={4} /></div> : null}
    </div>
  );
}
