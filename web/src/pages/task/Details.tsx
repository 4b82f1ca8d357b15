import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { get, path, type ApiError } from "../../api/client";
import type { DagRun, StructureTask } from "../../api/shapes";
import { CopyButton } from "../../components/CopyButton";
import { Markdown } from "../../components/Markdown";
import { StateChip } from "../../components/StateChip";
import { Time } from "../../components/Time";
import { duration } from "../../lib/format";
import { t } from "../../texts";
import type { Instance } from "./data";

interface Task {
  owner: string | null; trigger_rule: string | null; depends_on_past: boolean; wait_for_downstream: boolean; retries: number; weight_rule: string | null; doc_md: string | null;
  retry_delay: Delta | null; execution_timeout: Delta | null; retry_exponential_backoff: number; downstream_task_ids: string[]; template_fields: string[]; params: unknown;
}
type Delta = { days: number; seconds: number; microseconds: number };
const seconds = (delta: Delta | null) => (delta ? delta.days * 86_400 + delta.seconds + delta.microseconds / 1e6 : null);

// The instance and its task's settings, as they are known.
export function Details({ instance, task, run }: { instance: Instance; task: StructureTask | undefined; run: DagRun | undefined }) {
  const { data } = useQuery<Task, ApiError>({
    queryKey: ["task", instance.dag_id, instance.task_id],
    queryFn: ({ signal }) => get<Task>(path`/api/v2/dags/${instance.dag_id}/tasks/${instance.task_id}`, {}, signal),
  });
  const time = (at: string | null | undefined) => (at ? <Time at={at} /> : null);
  const doc = task?.doc_md ?? data?.doc_md;
  const command = `gale tasks state ${[instance.dag_id, instance.dag_run_id, instance.task_id].map(quoted).join(" ")}`;
  return (
    <div className="taskscroll details">
      <Part title={t("task.instance")} rows={[
        ["state", <StateChip key="s" state={instance.state} />], ["try", t("task.try_of", { n: instance.try_number, of: Math.max(instance.max_tries + 1, instance.try_number) })],
        ["map_index", instance.map_index >= 0 ? `${instance.map_index}${instance.rendered_map_index ? ` · ${instance.rendered_map_index}` : ""}` : null],
        ["logical_date", time(instance.logical_date)], ["run_after", time(instance.run_after)], ["scheduled", time(instance.scheduled_when)], ["queued", time(instance.queued_when)],
        ["started", time(instance.start_date)], ["ended", time(instance.end_date)], ["worker", instance.hostname], ["pid", instance.pid], ["queue", instance.queue],
        ["pool", `${instance.pool} · ${t("task.slots", { n: instance.pool_slots })}`], ["priority", instance.priority_weight],
        ["dag_version", instance.dag_version?.version_number], ["note", instance.note], ["run_note", run?.note],
      ]} />
      <Part title={t("task.settings")} rows={data ? [
        ["operator", instance.operator], ["owner", data.owner], ["trigger_rule", data.trigger_rule], ["retries", data.retries], ["retry_delay", data.retry_delay ? duration(seconds(data.retry_delay)) : null],
        ["timeout", data.execution_timeout ? duration(seconds(data.execution_timeout)) : null], ["depends_on_past", t(data.depends_on_past ? "app.yes" : "app.no")],
        ["wait_for_downstream", data.wait_for_downstream ? t("app.yes") : null], ["weight_rule", data.weight_rule],
        ["template_fields", data.template_fields.join(", ")], ["after_it", data.downstream_task_ids.join(", ")],
      ] : []} />
      {doc ? <section><div className="fieldhead"><b className="b">{t("task.doc")}</b></div><div className="taskdoc"><Markdown text={doc} level={4} /></div></section> : null}
      <section><div className="fieldhead"><b className="b">{t("task.same_by_command")}</b><span className="grow" /><CopyButton text={command} /></div><pre className="cd">{command}</pre></section>
    </div>
  );
}
const quoted = (text: string) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replace(/'/g, "'\\''")}'`);

function Part({ title, rows }: { title: string; rows: [string, ReactNode][] }) {
  const known = rows.filter(([, value]) => value !== null && value !== undefined && value !== "");
  if (known.length === 0) return null;
  return (
    <section>
      <div className="fieldhead"><b className="b">{title}</b></div>
      <dl className="dl">{known.map(([name, value]) => <div key={name}><dt>{t(`task.d_${name}`)}</dt><dd>{value}</dd></div>)}</dl>
    </section>
  );
}
