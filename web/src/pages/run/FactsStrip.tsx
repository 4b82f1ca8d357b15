import { useMemo } from "react";
import type { Gantt, Structure } from "../../api/shapes";
import { StateMark } from "../../components/StateMark";
import { Took } from "../../components/Time";
import { duration, shortTime } from "../../lib/format";
import { isFinished, stateOf } from "../../lib/state";
import { useNow } from "../../lib/useNow";
import { factsOf } from "../../rows/facts";
import { expectedOf } from "../../rows/gantt-data";
import { t } from "../../texts";

type Props = { gantt: Gantt; structure: Structure };

// What one wants to know of a run first.
export function FactsStrip(props: Props) {
  return isFinished(stateOf(props.gantt.run.state)) ? <Strip {...props} now={Date.parse(props.gantt.run.end_date ?? props.gantt.run.run_after)} /> : <Live {...props} />;
}
const Live = (props: Props) => <Strip {...props} now={useNow()} />;

function Strip({ gantt, structure, now }: Props & { now: number }) {
  const { run } = gantt;
  const state = stateOf(run.state);
  const live = !isFinished(state);
  const facts = useMemo(() => factsOf(gantt, structure.edges, live ? expectedOf(gantt.rows, structure.edges, now) : new Map(), now), [gantt, structure, live, now]);
  const pool = facts.waited && facts.waitedForPool ? Math.round((facts.waitedForPool / facts.waited) * 100) : 0;
  const who = run.triggering_user_name;
  const labels = new Map(structure.tasks.map((task) => [task.task_id, task.label]));
  return (
    <div className="stat" tabIndex={0}>
      <Fact name={t("run.state")}><StateMark state={state} size={14} />{t(`state.${state}`)}{live && run.start_date ? <Took from={run.start_date} /> : null}</Fact>
      {!live && run.start_date ? <Fact name={t("run.took")}><Took from={run.start_date} to={run.end_date} /></Fact> : null}
      <Fact name={t("run.done")}>{t("run.done_of", { done: facts.done, of: facts.of })}</Fact>
      {live && facts.expectedEnd !== null ? <Fact name={t("run.expected")}>{shortTime(new Date(facts.expectedEnd))}</Fact> : null}
      {facts.waited !== null ? <Fact name={t("run.waited")}>{duration(facts.waited)}{pool >= 5 ? <span className="q">{t("run.waited_pool", { n: pool })}</span> : null}</Fact> : null}
      {facts.longest.length > 1 && gantt.rows.length > 3 ? <Fact name={t("run.longest")}><span className="mono ell" title={facts.longest.join(" → ")}>{facts.longest.map((id) => labels.get(id) ?? id).join(" → ")}</span></Fact> : null}
      {who && !live ? <Fact name={t("run.by")}>{who}</Fact> : null}
      {!live && facts.hosts.length > 0 ? <Fact name={t("run.worker", { n: facts.hosts.length })}><span className="mono ell" title={facts.hosts.join(", ")}>{facts.hosts.slice(0, 3).join(", ")}{facts.hosts.length > 3 ? "…" : ""}</span></Fact> : null}
      {live ? <Fact name={t("run.now")}>{nowText(facts)}</Fact> : null}
      <span />
    </div>
  );
}

function nowText({ running, runningOn, waiting }: ReturnType<typeof factsOf>): string {
  if (running.length === 0) return t("run.now_waiting", { n: waiting });
  return t("run.now_running", { n: running.length, where: runningOn.slice(0, 2).join(", ") || "…", waiting });
}
const Fact = ({ name, children }: { name: string; children: React.ReactNode }) => <div><div className="l">{name}</div><div className="v">{children}</div></div>;
