import { Link } from "@tanstack/react-router";
import { useQuery } from "@tanstack/react-query";
import { get } from "../../api/client";
import { useRight } from "../../api/session";
import type { Need, Summary } from "../../api/shapes";
import { Icon } from "../../components/Icon";
import { StateMark } from "../../components/StateMark";
import { Ago } from "../../components/Time";
import { onOf } from "../../dialogs/on";
import { duration } from "../../lib/format";
import { runLabel } from "../../lib/run";
import { stateOf } from "../../lib/state";
import { useNow } from "../../lib/useNow";
import { useSearch } from "../../lib/useSearch";
import { t } from "../../texts";
import { parseTrace } from "../import-errors/trace";
import type { ImportError } from "../import-errors/useFileDags";

// Failures that nobody has cleared and no success has followed, the newest first, and files that can't be imported.
export function Needs({ summary }: { summary: Summary }) {
  const { needs_you: needs, import_errors: broken } = summary;
  return (
    <section className="panel">
      <div className="ph"><h2>{t("home.needs")}</h2>{needs.length + broken ? <span className="tag">{needs.length + (broken ? 1 : 0)}</span> : null}
        <span className="x"><Link className="sm q" to="/tasks" search={{ state: "failed" } as never}>{t("home.all_failures")}</Link></span></div>
      <div className="parts">
        {needs.map((need) => <One key={`${need.dag_id}\n${need.dag_run_id}\n${need.task_id}\n${need.map_index}`} need={need} />)}
        {broken ? <Files key={broken} n={broken} /> : null}
        {needs.length + broken === 0 ? <p className="row g8 q calm"><StateMark state="success" size={14} title="" />{t("home.nothing_needs")}</p> : null}
      </div>
    </section>
  );
}

function One({ need }: { need: Need }) {
  const [, set] = useSearch();
  const may = useRight("run");
  const params = { dagId: need.dag_id, runId: need.dag_run_id, taskId: need.task_id };
  const map = need.map_index >= 0 ? String(need.map_index) : undefined;
  const state = stateOf(need.state);
  const above = state === "upstream_failed";
  const words = need.last_line ?? need.reason;
  return (
    <div className="att">
      <span className="mark"><StateMark state={state} /></span>
      <div className="ell">
        <Link className="mono m" to="/dags/$dagId/runs/$runId" params={params} title={`${need.dag_id} · ${runLabel(need.dag_run_id)}`}>{need.dag_id}</Link> <span className="qq">›</span>{" "}
        <Link className="mono m" to="/dags/$dagId/runs/$runId/tasks/$taskId" params={params} search={(map ? { map } : {}) as never}>{need.task_id}{map ? `[${map}]` : ""}</Link>{" "}
        <span className="qq sm">{need.try_number && !above ? <>{t("home.try", { n: need.try_number, of: Math.max(need.try_number, need.max_tries + 1) })} · </> : null}<Ago at={need.end_date} /></span>
      </div>
      <span className="act row g6">
        {above ? <Link className="btn s" to="/dags/$dagId/runs/$runId" params={params}>{t("home.see_cause")}</Link>
          : <Link className="btn s" to="/dags/$dagId/runs/$runId/tasks/$taskId" params={params} search={{ tab: "log", ...(map ? { map } : {}) } as never}>{t("home.open_log")}</Link>}
        {may ? <button className="btn s" onClick={() => set({ do: "clear", on: onOf(need.dag_id, need.dag_run_id, need.task_id, ...(map ? [map] : [])) })}>{t(state === "up_for_retry" ? "home.retry_now" : "home.clear")}</button> : null}
      </span>
      <div className={above ? "e ell n" : "e ell"} title={words ?? undefined}>{words ?? t(above ? "home.above_failed" : "home.no_words")}{need.next_retry_at ? <NextTry at={need.next_retry_at} /> : null}</div>
    </div>
  );
}

function NextTry({ at }: { at: string }) {
  const now = useNow();
  return <> · {t("home.next_try", { t: duration(Math.max(0, (Date.parse(at) - now) / 1000)) })}</>;
}

function Files({ n }: { n: number }) {
  const first = useQuery({ queryKey: ["first-import-error", n], queryFn: ({ signal }) => get<{ import_errors: ImportError[] }>("/api/v2/importErrors", { limit: 1, order_by: "-timestamp" }, signal) }).data?.import_errors[0];
  const trace = first ? parseTrace(first.stack_trace, first.filename) : undefined;
  return (
    <div className="att">
      <span className="mark s-failed broken"><Icon name="warning" /></span>
      <div className="ell"><Link className="m" to="/import-errors">{t("home.files", { n })}</Link> {first ? <span className="qq sm"><Ago at={first.timestamp} /></span> : null}</div>
      <span className="act row g6"><Link className="btn s" to="/import-errors">{t("home.open")}</Link></span>
      <div className="e ell">{first && trace ? `${first.filename.slice(first.filename.lastIndexOf("/") + 1)}${trace.line ? `:${trace.line}` : ""} · ${trace.type ? `${trace.type}: ` : ""}${trace.message.split("\n")[0]}` : "\u00a0"}</div>
    </div>
  );
}
