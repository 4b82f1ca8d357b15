import { Link } from "@tanstack/react-router";
import { get } from "../../api/client";
import { useFigures } from "../../api/useFigures";
import { Failure } from "../../components/Failure";
import { Icon } from "../../components/Icon";
import { count } from "../../lib/format";
import { t } from "../../texts";
import "./pools.css";

export interface Pool { name: string; slots: number; description: string | null; include_deferred: boolean; occupied_slots: number; running_slots: number; queued_slots: number; scheduled_slots: number; deferred_slots: number; open_slots: number }
export const usePools = () => useFigures({ key: ["pools"], read: (signal) => get<{ pools: Pool[] }>("/api/v2/pools", { limit: 1000 }, signal) });

type Props = { onEdit?: ((pool: Pool) => void) | undefined; onDelete?: ((pool: Pool) => void) | undefined };

export function PoolTable({ onEdit, onDelete }: Props) {
  const { data, error, refetch } = usePools();
  if (error && !data) return <Failure error={error} again={() => void refetch()} />;
  return (
    <div className="tablebox" tabIndex={0}>
      <table>
        <thead><tr><th scope="col">{t("pools.pool")}</th><th scope="col">{t("pools.held")}</th><th scope="col" className="r">{t("pools.slots")}</th><th scope="col" className="r">{t("pools.line")}</th>{onEdit ? <><th scope="col">{t("pools.description")}</th><th scope="col"><span className="visually-hidden">{t("app.actions")}</span></th></> : null}</tr></thead>
        <tbody>
          {data?.pools.map((pool) => (
            <tr key={pool.name}>
              <td><Link className="mono" to="/pools/$name" params={{ name: pool.name }}>{pool.name}</Link></td>
              <td><Meter pool={pool} /></td>
              <td className="r num">{pool.slots < 0 ? t("pools.unlimited", { n: count(pool.occupied_slots) }) : t("workers.n_of", { n: count(pool.occupied_slots), of: count(pool.slots) })}</td>
              <td className={pool.scheduled_slots ? "r num b" : "r num qq"}>{count(pool.scheduled_slots)}</td>
              {onEdit ? (
                <>
                  <td className="ell desc" title={pool.description ?? ""}>{pool.description}</td>
                  <td className="r">
                    <button className="ib inrow" aria-label={t("pools.edit", { name: pool.name })} title={t("pools.edit", { name: pool.name })} onClick={() => onEdit(pool)}><Icon name="edit" small /></button>
                    {pool.name === "default_pool" ? null : <button className="ib inrow" aria-label={t("pools.delete", { name: pool.name })} title={t("pools.delete", { name: pool.name })} onClick={() => onDelete?.(pool)}><Icon name="trash" small /></button>}
                  </td>
                </>
              ) : null}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

// What runs, then what is queued, of all slots.
export function Meter({ pool }: { pool: Pool }) {
  const of = pool.slots < 0 ? Math.max(1, pool.occupied_slots) : Math.max(1, pool.slots);
  const part = (n: number) => `${Math.min(100, (n / of) * 100)}%`;
  return (
    <div className="pm" role="img" aria-label={t("pools.meter", { running: pool.running_slots, queued: pool.queued_slots })} title={t("pools.meter", { running: pool.running_slots, queued: pool.queued_slots })}>
      <u style={{ width: part(pool.running_slots) }} /><u className="w" style={{ width: part(pool.queued_slots + (pool.include_deferred ? pool.deferred_slots : 0)) }} />
    </div>
  );
}
