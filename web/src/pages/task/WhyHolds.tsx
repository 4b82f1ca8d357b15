import { Link } from "@tanstack/react-router";
import { get, path } from "../../api/client";
import type { Check, GanttRow, Holder, Holders, Queues } from "../../api/shapes";
import { useFigures } from "../../api/useFigures";
import { Failure } from "../../components/Failure";
import { StateMark } from "../../components/StateMark";
import { Ago } from "../../components/Time";
import { stateOf } from "../../lib/state";
import { t } from "../../texts";
import type { Instance } from "./data";

const LINE_SHOWN = 8, CELLS_MAX = 64;

// What a waiting task is held by: a pool's slots and the line for them, a queue and its workers, tasks before it, runs.
export function WhyHolds({ check, instance, rows }: { check: Check | undefined; instance: Instance; rows: GanttRow[] }) {
  if (!check) return null;
  if (/^pool_(full|too_small)$/.test(check.kind) && check.subject) return <Pool name={check.subject} slots={check.limit} instance={instance} />;
  if (check.kind === "no_worker" || check.kind === "queue") return <Queue name={instance.queue} />;
  const { dag_id: dagId, dag_run_id: runId } = instance;
  if (check.kind === "trigger_rule" && check.names.length > 0) {
    const known = new Map(rows.map((row) => [row.task_id, row.state]));
    return (
      <aside className="wrside">
        <h3>{t("task.before_it")}</h3>
        {check.names.map((name) => (
          <Link key={name} className="lineitem" to="/dags/$dagId/runs/$runId/tasks/$taskId" params={{ dagId, runId, taskId: name }}><StateMark state={stateOf(known.get(name) ?? null)} size={14} /><span className="mono ell grow">{name}</span></Link>
        ))}
      </aside>
    );
  }
  if (/^(max_active_runs|previous_run)$/.test(check.kind) && (check.names.length > 0 || check.kind === "previous_run")) {
    const runs = check.names.length > 0 ? check.names : check.subject ? [check.subject] : [];
    return (
      <aside className="wrside">
        <h3>{t("task.runs_before_it")}</h3>
        {runs.map((name) => <Link key={name} className="lineitem" to="/dags/$dagId/runs/$runId" params={{ dagId, runId: name }}><span className="mono ell grow">{name}</span></Link>)}
      </aside>
    );
  }
  return null;
}

function Pool({ name, slots, instance }: { name: string; slots: number | null; instance: Instance }) {
  const { data, error } = useFigures({ key: ["holders", name], read: (signal) => get<Holders>(path`/api/gale/v1/pools/${name}/holders`, { limit: 100 }, signal) });
  if (error && !data) return <aside className="wrside"><Failure error={error} /></aside>;
  if (!data) return <aside className="wrside" />;
  const held = data.holders.reduce((sum, one) => sum + one.pool_slots, 0);
  const dags = new Map<string, number>();
  for (const one of data.holders) dags.set(one.dag_id, (dags.get(one.dag_id) ?? 0) + one.pool_slots);
  const short = initials([...dags.keys()]);
  const cells = data.holders.flatMap((one) => Array.from({ length: one.pool_slots }, (_, n) => ({ one, n })));
  const free = Math.max(0, (slots ?? held) - held);
  const mine = (one: Holder) => one.dag_id === instance.dag_id && one.dag_run_id === instance.dag_run_id && one.task_id === instance.task_id && one.map_index === instance.map_index;
  return (
    <aside className="wrside">
      <div className="row between"><h3>{t("task.pool_named")} <span className="mono">{name}</span></h3>{slots !== null ? <span className="num sm q">{t("task.n_of", { n: held, of: slots })}</span> : null}</div>
      <div className="slots">
        {cells.slice(0, CELLS_MAX).map(({ one, n }, at) => <Link key={at} className="slot" title={`${one.dag_id} · ${one.task_id}${n ? "" : ` · ${one.hostname ?? ""}`}`} to="/dags/$dagId/runs/$runId/tasks/$taskId" params={{ dagId: one.dag_id, runId: one.dag_run_id, taskId: one.task_id }}>{short.get(one.dag_id)}</Link>)}
        {Array.from({ length: Math.min(free, Math.max(0, CELLS_MAX - cells.length)) }, (_, n) => <span key={`f${n}`} className="slot free" />)}
      </div>
      {[...dags].map(([dag, n]) => <div key={dag} className="sm q row g6"><b className="mono m">{short.get(dag)}</b><span className="ell">{dag}</span> ×{n}</div>)}
      <Link className="btn s" style={{ justifySelf: "start" }} to="/pools/$name" params={{ name }}>{t("task.open_pool")}</Link>
      <h3>{t("task.in_line")} <span className="qq">{t("task.n_tasks", { n: data.waiting_total })}</span></h3>
      {shownLine(data.waiting, mine).map(({ one, n }) => (
        <div key={n} className={`lineitem${mine(one) ? " mine" : ""}`}>
          <span className="num qq r pos">{n + 1}</span><StateMark state={stateOf(one.state)} size={14} />
          <span className="mono ell grow" title={`${one.dag_id} · ${one.task_id}`}>{one.dag_id} · {one.task_id}</span>
          <span className="mi qq nw">{t("task.line_prio", { p: one.priority_weight, n: one.pool_slots })}</span>
        </div>
      ))}
      {data.waiting_total > LINE_SHOWN ? <div className="sm qq">{t("task.and_more", { n: data.waiting_total - LINE_SHOWN })}</div> : null}
    </aside>
  );
}

// The line's beginning, and this task's own place.
function shownLine(waiting: Holder[], mine: (one: Holder) => boolean) {
  const all = waiting.map((one, n) => ({ one, n }));
  const own = all.findIndex(({ one }) => mine(one));
  return own < LINE_SHOWN ? all.slice(0, LINE_SHOWN) : [...all.slice(0, LINE_SHOWN - 1), all[own]!];
}

function Queue({ name }: { name: string }) {
  const { data, error } = useFigures({ key: ["queues"], read: (signal) => get<Queues>("/api/gale/v1/queues", {}, signal) });
  if (error && !data) return <aside className="wrside"><Failure error={error} /></aside>;
  const queue = data?.queues.find((one) => one.name === name);
  return (
    <aside className="wrside">
      <h3>{t("task.queue_named")} <span className="mono">{name}</span></h3>
      {queue ? (
        <dl className="dl">
          <div><dt>{t("task.q_waiting")}</dt><dd className="num">{queue.queued}</dd></div>
          <div><dt>{t("task.q_oldest")}</dt><dd><Ago at={queue.oldest} /></dd></div>
          <div><dt>{t("task.q_slots")}</dt><dd className="num">{t("task.n_of", { n: queue.running, of: queue.slots })}</dd></div>
        </dl>
      ) : null}
      <h3>{t("task.q_workers")}</h3>
      {queue && queue.workers.length > 0 ? queue.workers.map((one) => <Link key={one} className="lineitem" to="/workers/$name" params={{ name: one }}><span className="mono ell grow">{one}</span></Link>) : (
        <p className="sm q">{t("task.q_nobody")} <span className="mono">gale worker --queues {name}</span></p>
      )}
      <Link className="btn s" style={{ justifySelf: "start" }} to="/queues/$name" params={{ name }}>{t("task.open_queue")}</Link>
    </aside>
  );
}

// Two letters a DAG, other ones for each where that can be had.
export function initials(ids: string[]): Map<string, string> {
  const found = new Map<string, string>(), used = new Set<string>();
  for (const id of ids) {
    const words = id.split(/[^\p{L}\p{N}]+/u).filter(Boolean);
    const letters = [...id.replace(/[^\p{L}\p{N}]+/gu, "")];
    const tries = [words.length > 1 ? [...words[0]!][0]! + [...words[1]!][0]! : letters.slice(0, 2).join(""), ...letters.slice(1).map((letter) => letters[0]! + letter)];
    const free = tries.find((two) => two && !used.has(two)) ?? tries[0] ?? "?";
    used.add(free);
    found.set(id, free);
  }
  return found;
}
