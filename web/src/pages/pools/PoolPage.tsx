import { get, path } from "../../api/client";
import type { Holder, Holders } from "../../api/shapes";
import { useFigures } from "../../api/useFigures";
import { Failure } from "../../components/Failure";
import { InstanceLink } from "../../components/InstanceLink";
import { PageHead } from "../../components/PageHead";
import { StateMark } from "../../components/StateMark";
import { Took } from "../../components/Time";
import { count } from "../../lib/format";
import { stateOf } from "../../lib/state";
import { t } from "../../texts";
import { Meter, usePools } from "./PoolTable";

// One pool: who holds its slots, and who waits for them, in the order in which they will be given.
export function PoolPage({ name }: { name: string }) {
  const pool = usePools().data?.pools.find((one) => one.name === name);
  const { data, error, refetch } = useFigures({ key: ["holders", name], read: (signal) => get<Holders>(path`/api/gale/v1/pools/${name}/holders`, { limit: 200 }, signal) });
  return (
    <>
      <PageHead title={name}>
        {pool ? <><Meter pool={pool} /><span className="q num">{pool.slots < 0 ? t("pools.unlimited", { n: count(pool.occupied_slots) }) : t("workers.n_of", { n: count(pool.occupied_slots), of: count(pool.slots) })}</span><span className="q ell grow">{pool.description}</span></> : null}
      </PageHead>
      {error && !data ? <Failure error={error} again={() => void refetch()} /> : null}
      <div className="holds">
        <HolderTable title={t("pools.holders")} rows={data?.holders} total={data?.holders.length ?? 0} none={t("pools.no_holders")} />
        <HolderTable title={t("pools.waiting")} rows={data?.waiting} total={data?.waiting_total ?? 0} none={t("pools.no_waiting")} line />
      </div>
    </>
  );
}

function HolderTable({ title, rows, total, none, line }: { title: string; rows: Holder[] | undefined; total: number; none: string; line?: boolean }) {
  return (
    <section className="panel">
      <div className="ph"><h2>{title}</h2><span className="tag num">{count(total)}</span></div>
      <div className="tablebox" tabIndex={0}>
        <table>
          <thead><tr><th scope="col">{t("pools.task")}</th><th scope="col" className="r">{t("pools.slots")}</th>{line ? <th scope="col" className="r">{t("pools.priority")}</th> : <th scope="col">{t("pools.worker")}</th>}<th scope="col" className="r">{t("pools.since")}</th></tr></thead>
          <tbody>
            {rows?.map((one) => (
              <tr key={`${one.dag_id} ${one.dag_run_id} ${one.task_id} ${one.map_index}`}>
                <td><span className="row g6 min0"><StateMark state={stateOf(one.state)} size={14} /><InstanceLink of={one} /></span></td>
                <td className="r num">{one.pool_slots}</td>
                {line ? <td className="r num">{one.priority_weight}</td> : <td className="mono">{one.hostname}</td>}
                <td className="r"><Took from={one.since} /></td>
              </tr>
            ))}
          </tbody>
        </table>
        {rows && rows.length === 0 ? <div className="empty small"><p>{none}</p></div> : null}
      </div>
    </section>
  );
}
