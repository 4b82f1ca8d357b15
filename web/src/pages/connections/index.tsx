import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { get, path, send, type ApiError } from "../../api/client";
import { ConfirmDialog } from "../../components/ConfirmDialog";
import { Empty } from "../../components/Empty";
import { Failure } from "../../components/Failure";
import { Icon } from "../../components/Icon";
import { PageHead } from "../../components/PageHead";
import { PAGE, Pager } from "../../components/Pager";
import { useOffset } from "../../lib/useOffset";
import { useSearch } from "../../lib/useSearch";
import { FilterField } from "../../rows/Toolbar";
import { t } from "../../texts";
import { ConnectionForm, type Connection } from "./ConnectionForm";
import "../pools/pools.css";

type Asked = { what: "new" } | { what: "edit" | "delete"; connection: Connection } | null;

export default function Connections() {
  const [search, set] = useSearch();
  const [offset, setOffset] = useOffset();
  const client = useQueryClient();
  const [asked, setAsked] = useState<Asked>(null);
  const close = () => setAsked(null);
  const { data, error, refetch } = useQuery<{ connections: Connection[]; total_entries: number }, ApiError>({
    queryKey: ["connections", search.q ?? "", offset], placeholderData: (before) => before,
    queryFn: ({ signal }) => get("/api/v2/connections", { limit: PAGE, offset, connection_id_pattern: search.q, order_by: "connection_id" }, signal),
  });
  const again = () => client.invalidateQueries({ queryKey: ["connections"] });
  return (
    <>
      <PageHead title={t("nav.connections")}>
        <FilterField label={t("connections.find")} value={search.q ?? ""} onChange={(q) => set({ q, offset: "" }, { replace: true })} />
        <span className="grow" /><Pager offset={offset} total={data?.total_entries ?? 0} onOffset={setOffset} />
        <button className="btn p" onClick={() => setAsked({ what: "new" })}><Icon name="plus" />{t("connections.new")}</button>
      </PageHead>
      {error && !data ? <Failure error={error} again={() => void refetch()} /> : null}
      {data && data.total_entries === 0 && !search.q ? <Empty title={t("connections.none")}><p className="q">{t("connections.what")}</p></Empty> : (
        <section className="panel"><div className="tablebox" tabIndex={0}><table>
          <thead><tr>{["id", "type", "host", "login", "schema"].map((name) => <th key={name} scope="col">{t(`connections.${name}`)}</th>)}<th scope="col">{t("pools.description")}</th><th scope="col"><span className="visually-hidden">{t("app.actions")}</span></th></tr></thead>
          <tbody>
            {data?.connections.map((one) => (
              <tr key={one.connection_id}>
                <td className="mono m ell desc">{one.connection_id}</td><td className="mono">{one.conn_type}</td>
                <td className="mono ell desc">{one.host}{one.port === null ? "" : `:${one.port}`}</td><td className="mono ell">{one.login}</td><td className="mono ell">{one.schema}</td><td className="ell desc">{one.description}</td>
                <td className="r">
                  <button className="ib inrow" aria-label={t("connections.edit", { id: one.connection_id })} title={t("connections.edit", { id: one.connection_id })} onClick={() => setAsked({ what: "edit", connection: one })}><Icon name="edit" small /></button>
                  <button className="ib inrow" aria-label={t("connections.delete", { id: one.connection_id })} title={t("connections.delete", { id: one.connection_id })} onClick={() => setAsked({ what: "delete", connection: one })}><Icon name="trash" small /></button>
                </td>
              </tr>
            ))}
          </tbody>
        </table></div></section>
      )}
      {asked?.what === "new" || asked?.what === "edit" ? <ConnectionForm connection={asked.what === "edit" ? asked.connection : undefined} close={close} again={again} /> : null}
      {asked?.what === "delete" ? (
        <ConfirmDialog title={t("connections.delete", { id: asked.connection.connection_id })} button={t("app.delete")} done={t("connections.deleted", { id: asked.connection.connection_id })} close={close}
          act={async () => { await send("DELETE", path`/api/v2/connections/${asked.connection.connection_id}`); await again(); }}><p className="q">{t("connections.delete_note")}</p></ConfirmDialog>
      ) : null}
    </>
  );
}
