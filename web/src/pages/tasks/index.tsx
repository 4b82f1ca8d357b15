import { Link } from "@tanstack/react-router";
import { get } from "../../api/client";
import type { InstanceName } from "../../api/shapes";
import { useFigures } from "../../api/useFigures";
import { Failure } from "../../components/Failure";
import { InstanceLink } from "../../components/InstanceLink";
import { PageHead } from "../../components/PageHead";
import { PAGE, Pager } from "../../components/Pager";
import { StateChip } from "../../components/StateChip";
import { Time, Took } from "../../components/Time";
import { runLabel } from "../../lib/run";
import { states } from "../../lib/state";
import { useOffset } from "../../lib/useOffset";
import { useSearch } from "../../lib/useSearch";
import { FilterField, Pick } from "../../rows/Toolbar";
import { t } from "../../texts";
import "../pools/pools.css";

interface Instance extends InstanceName { state: string | null; try_number: number; max_tries: number; queued_when: string | null; start_date: string | null; end_date: string | null; hostname: string; pool: string; queue: string; operator_name: string }
const order = (state: string | undefined) => (state === "queued" ? "queued_when" : "-start_date");

// Task instances of all runs, by state, pool and queue.
export default function Tasks() {
  const [search, set] = useSearch();
  const [offset, setOffset] = useOffset();
  const filter = { state: search.state, pool: search.pool, queue: search.queue, task_id: search.task };
  const dag = search.dag?.trim();
  const { data, error, refetch } = useFigures({
    key: ["tasks", filter, dag ?? "", offset],
    read: (signal) => get<{ task_instances: Instance[]; total_entries: number }>(`/api/v2/dags/${dag ? encodeURIComponent(dag) : "~"}/dagRuns/~/taskInstances`, { ...filter, limit: PAGE, offset, order_by: order(search.state) }, signal),
  });
  const filtered = Object.values(filter).some(Boolean) || !!dag;
  const field = (name: "dag" | "task" | "pool" | "queue") => <FilterField key={name} label={t(`tasks.${name}`)} value={search[name] ?? ""} onChange={(value) => set({ [name]: value, offset: "" }, { replace: true })} />;
  return (
    <>
      <PageHead title={t("nav.tasks")}>
        <Pick label={t("dag.states")} value={search.state ?? ""} choices={[{ value: "", text: t("dag.all_states") }, ...states.map((value) => ({ value, text: t(`state.${value}`) }))]} onChange={(state) => set({ state, offset: "" })} />
        {field("dag")}{field("task")}{field("pool")}{field("queue")}
        <span className="grow" /><Pager offset={offset} total={data?.total_entries ?? 0} onOffset={setOffset} />
      </PageHead>
      {error ? <Failure error={error} again={() => void refetch()} /> : null}
      <section className="panel"><div className="tablebox" tabIndex={0}><table>
        <thead><tr>{["state", "instance", "run", "try", "queued", "started", "took", "worker", "pool", "queue", "operator"].map((name) => <th key={name} scope="col">{t(`tasks.${name}`)}</th>)}</tr></thead>
        <tbody>
          {data?.task_instances.map((one) => (
            <tr key={`${one.dag_id} ${one.dag_run_id} ${one.task_id} ${one.map_index}`}>
              <td><StateChip state={one.state} /></td><td className="ell desc"><InstanceLink of={one} /></td>
              <td className="ell desc" title={one.dag_run_id}><Link to="/dags/$dagId/runs/$runId" params={{ dagId: one.dag_id, runId: one.dag_run_id }}>{runLabel(one.dag_run_id)}</Link></td>
              <td className="num">{one.try_number}</td><td><Time at={one.queued_when} /></td><td><Time at={one.start_date} /></td><td>{one.start_date ? <Took from={one.start_date} to={one.end_date} /> : ""}</td>
              <td className="mono">{one.hostname}</td><td className="mono"><Link to="/pools/$name" params={{ name: one.pool }}>{one.pool}</Link></td><td className="mono"><Link to="/queues/$name" params={{ name: one.queue }}>{one.queue}</Link></td><td>{one.operator_name}</td>
            </tr>
          ))}
        </tbody>
      </table>{data && data.task_instances.length === 0 ? <div className="empty small"><p>{t(filtered ? "tasks.none_such" : "tasks.none")}</p>{filtered ? <button className="btn" onClick={() => set({ state: "", dag: "", task: "", pool: "", queue: "", offset: "" })}>{t("app.clear_filters")}</button> : null}</div> : null}</div></section>
    </>
  );
}
