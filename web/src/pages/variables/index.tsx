import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { get, path, send, type ApiError } from "../../api/client";
import { ConfirmDialog } from "../../components/ConfirmDialog";
import { Empty } from "../../components/Empty";
import { Failure } from "../../components/Failure";
import { FormDialog } from "../../components/FormDialog";
import { Icon } from "../../components/Icon";
import { PageHead } from "../../components/PageHead";
import { PAGE, Pager } from "../../components/Pager";
import { useOffset } from "../../lib/useOffset";
import { useSearch } from "../../lib/useSearch";
import { FilterField } from "../../rows/Toolbar";
import { t } from "../../texts";
import "../pools/pools.css";

interface Variable { key: string; value: string; description: string | null; is_encrypted: boolean }
type Asked = { what: "new" } | { what: "edit" | "delete"; variable: Variable } | null;
const MASKED = "***"; // what the server shows of one whose name says that it is secret

export default function Variables() {
  const [search, set] = useSearch();
  const [offset, setOffset] = useOffset();
  const client = useQueryClient();
  const [asked, setAsked] = useState<Asked>(null);
  const close = () => setAsked(null);
  const { data, error, refetch } = useQuery<{ variables: Variable[]; total_entries: number }, ApiError>({
    queryKey: ["variables", search.q ?? "", offset], placeholderData: (before) => before,
    queryFn: ({ signal }) => get("/api/v2/variables", { limit: PAGE, offset, variable_key_pattern: search.q, order_by: "key" }, signal),
  });
  const again = () => client.invalidateQueries({ queryKey: ["variables"] });
  return (
    <>
      <PageHead title={t("nav.variables")}>
        <FilterField label={t("variables.find")} value={search.q ?? ""} onChange={(q) => set({ q, offset: "" }, { replace: true })} />
        <span className="grow" /><Pager offset={offset} total={data?.total_entries ?? 0} onOffset={setOffset} />
        <button className="btn p" onClick={() => setAsked({ what: "new" })}><Icon name="plus" />{t("variables.new")}</button>
      </PageHead>
      {error && !data ? <Failure error={error} again={() => void refetch()} /> : null}
      {data && data.total_entries === 0 && !search.q ? <Empty title={t("variables.none")}><p className="q">{t("variables.what")}</p><pre className="code">{'from airflow.models import Variable\nVariable.get("model_bucket")'}</pre></Empty> : (
        <section className="panel"><div className="tablebox" tabIndex={0}><table>
          <thead><tr><th scope="col">{t("variables.key")}</th><th scope="col">{t("variables.value")}</th><th scope="col">{t("pools.description")}</th><th scope="col"><span className="visually-hidden">{t("app.actions")}</span></th></tr></thead>
          <tbody>
            {data?.variables.map((one) => (
              <tr key={one.key}>
                <td className="mono m ell desc">{one.key}</td><td className="mono ell desc" title={one.value.slice(0, 2000)}>{one.value.slice(0, 300)}</td><td className="ell desc">{one.description}</td>
                <td className="r">
                  <button className="ib inrow" aria-label={t("variables.edit", { key: one.key })} title={t("variables.edit", { key: one.key })} onClick={() => setAsked({ what: "edit", variable: one })}><Icon name="edit" small /></button>
                  <button className="ib inrow" aria-label={t("variables.delete", { key: one.key })} title={t("variables.delete", { key: one.key })} onClick={() => setAsked({ what: "delete", variable: one })}><Icon name="trash" small /></button>
                </td>
              </tr>
            ))}
          </tbody>
        </table></div></section>
      )}
      {asked?.what === "new" || asked?.what === "edit" ? <VariableForm variable={asked.what === "edit" ? asked.variable : undefined} close={close} again={again} /> : null}
      {asked?.what === "delete" ? (
        <ConfirmDialog title={t("variables.delete", { key: asked.variable.key })} button={t("app.delete")} done={t("variables.deleted", { key: asked.variable.key })} close={close}
          act={async () => { await send("DELETE", path`/api/v2/variables/${asked.variable.key}`); await again(); }}><p className="q">{t("variables.delete_note")}</p></ConfirmDialog>
      ) : null}
    </>
  );
}

function VariableForm({ variable, close, again }: { variable: Variable | undefined; close: () => void; again: () => Promise<void> }) {
  const masked = variable?.value === MASKED;
  return (
    <FormDialog title={variable ? t("variables.edit", { key: variable.key }) : t("variables.new")} button={t("app.save")} done={t("variables.saved")} close={close}
      fields={[
        { name: "key", label: t("variables.key"), value: variable?.key ?? "", required: true, fixed: !!variable },
        { name: "value", label: t("variables.value"), value: masked ? "" : (variable?.value ?? ""), kind: "area", hint: masked ? t("variables.masked") : t("variables.value_hint") },
        { name: "description", label: t("pools.description"), value: variable?.description ?? "" },
      ]}
      act={async ({ key, value, description }) => {
        const keep = masked && !value; // what isn't shown stays what it is
        const body = { key, ...(keep ? {} : { value }), description: description || null };
        if (variable) await send("PATCH", `${path`/api/v2/variables/${variable.key}`}${keep ? "?update_mask=description" : ""}`, keep ? { ...body, value: "" } : body);
        else await send("POST", "/api/v2/variables", body);
        await again();
      }} />
  );
}
