import { Link } from "@tanstack/react-router";
import type { Summary, WaitGroup } from "../../api/shapes";
import { StateMark } from "../../components/StateMark";
import { Took } from "../../components/Time";
import { count } from "../../lib/format";
import { whyMark, whySentence } from "../../lib/why";
import { t } from "../../texts";

// All that waits, by what it waits for.
export function Waits({ summary }: { summary: Summary }) {
  return (
    <section className="panel">
      <div className="ph"><h2>{t("home.waiting")}</h2>{summary.waiting_tasks ? <span className="tag num">{count(summary.waiting_tasks)}</span> : null}</div>
      <div className="parts">
        {summary.waits.map((wait, n) => <Wait key={`${wait.check.kind} ${wait.check.subject ?? n}`} wait={wait} />)}
        {summary.waits.length === 0 ? <p className="row g8 q calm"><StateMark state="success" size={14} title="" />{t("home.nothing_waits")}</p> : null}
      </div>
    </section>
  );
}

const ofDag = ["max_active_runs", "max_active_tasks"];

function Wait({ wait }: { wait: WaitGroup }) {
  const check = { ...wait.check, met: false, position: null };
  const text = `${ofDag.includes(check.kind) && check.subject ? `${check.subject}: ` : ""}${whySentence(check)}`;
  const more = wait.dags - wait.dag_ids.length;
  return (
    <div className="why">
      <span className="k num">{count(wait.count)}</span>
      <div className="ell">
        <div className="row g6"><StateMark state={whyMark(check)} size={14} /><span className="ell" title={text}>{text}</span></div>
        <div className="sm qq ell">{wait.oldest ? <>{t("home.oldest")} <Took from={wait.oldest} /> · </> : null}<span className="mono">{wait.dag_ids.join(", ")}</span>{more > 0 ? t("home.more_dags", { n: more }) : ""}</div>
      </div>
      <Concerns wait={wait} />
    </div>
  );
}

// Whom it concerns.
function Concerns({ wait: { check, dag_ids: dags, examples } }: { wait: WaitGroup }) {
  const name = check.subject ?? "";
  const example = examples[0];
  const run = example ? { dagId: example.dag_id, runId: example.dag_run_id } : undefined;
  switch (check.kind) {
    case "pool_full": case "pool_missing": case "pool_too_small": return name ? <Link className="btn s q" to="/pools/$name" params={{ name }}>{t("home.who_holds")}</Link> : null;
    case "no_worker": return <Link className="btn s q" to="/workers">{t("nav.workers")}</Link>;
    case "queue": return name ? <Link className="btn s q" to="/queues/$name" params={{ name }}>{t("home.to_queue")}</Link> : null;
    case "retry_at": return <Link className="btn s q" to="/tasks" search={{ state: "up_for_retry" } as never}>{t("home.to_list")}</Link>;
    case "reschedule_at": return <Link className="btn s q" to="/tasks" search={{ state: "up_for_reschedule" } as never}>{t("home.to_list")}</Link>;
    case "trigger": return <Link className="btn s q" to="/tasks" search={{ state: "deferred" } as never}>{t("home.to_list")}</Link>;
    case "dag_paused": return dags[0] ? <Link className="btn s q" to="/dags/$dagId" params={{ dagId: dags[0] }}>DAG</Link> : null;
    default:
      if (!run) return null;
      return example!.task_id ? <Link className="btn s q" to="/dags/$dagId/runs/$runId/tasks/$taskId" params={{ ...run, taskId: example!.task_id }} search={{ tab: "why" } as never}>{t("home.to_task")}</Link>
        : <Link className="btn s q" to="/dags/$dagId/runs/$runId" params={run}>{t("home.to_run")}</Link>;
  }
}
