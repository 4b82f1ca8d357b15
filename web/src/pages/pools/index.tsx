import { useQueryClient } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useState } from "react";
import { path, send } from "../../api/client";
import { useRight } from "../../api/session";
import { ConfirmDialog } from "../../components/ConfirmDialog";
import { FormDialog } from "../../components/FormDialog";
import { Icon } from "../../components/Icon";
import { PageHead } from "../../components/PageHead";
import { t } from "../../texts";
import { PoolPage } from "./PoolPage";
import { PoolTable, type Pool } from "./PoolTable";

type Asked = { what: "new" } | { what: "edit" | "delete"; pool: Pool } | null;

export default function Pools() {
  const { name } = useParams({ strict: false }) as { name?: string };
  const client = useQueryClient();
  const may = useRight("operate");
  const [asked, setAsked] = useState<Asked>(null);
  const close = () => setAsked(null);
  const again = () => client.invalidateQueries({ queryKey: ["pools"] });
  if (name) return <PoolPage name={name} />;
  return (
    <>
      <PageHead title={t("nav.pools")}>
        <span className="grow" />
        {may ? <button className="btn p" onClick={() => setAsked({ what: "new" })}><Icon name="plus" />{t("pools.new")}</button> : null}
      </PageHead>
      <section className="panel"><PoolTable onEdit={may ? (pool) => setAsked({ what: "edit", pool }) : undefined} onDelete={(pool) => setAsked({ what: "delete", pool })} /></section>
      {asked?.what === "new" || asked?.what === "edit" ? <PoolForm pool={asked.what === "edit" ? asked.pool : undefined} close={close} again={again} /> : null}
      {asked?.what === "delete" ? (
        <ConfirmDialog title={t("pools.delete", { name: asked.pool.name })} button={t("app.delete")} done={t("pools.deleted", { name: asked.pool.name })} close={close}
          act={async () => { await send("DELETE", path`/api/v2/pools/${asked.pool.name}`); await again(); }}>
          <p className="q">{t("pools.delete_note")}</p>
        </ConfirmDialog>
      ) : null}
    </>
  );
}

function PoolForm({ pool, close, again }: { pool: Pool | undefined; close: () => void; again: () => Promise<void> }) {
  return (
    <FormDialog title={pool ? t("pools.edit", { name: pool.name }) : t("pools.new")} button={t("app.save")} done={t("pools.saved")} close={close}
      fields={[
        { name: "name", label: t("pools.name"), value: pool?.name ?? "", required: true, fixed: !!pool },
        { name: "slots", label: t("pools.slots"), value: String(pool?.slots ?? 16), kind: "number", required: true, hint: t("pools.slots_hint") },
        { name: "description", label: t("pools.description"), value: pool?.description ?? "" },
        { name: "include_deferred", label: t("pools.include_deferred"), value: String(pool?.include_deferred ?? false), kind: "check" },
      ]}
      act={async (values) => {
        const body = { name: values.name, slots: Number(values.slots), description: values.description ?? "", include_deferred: values.include_deferred === "true" };
        await send(pool ? "PATCH" : "POST", pool ? path`/api/v2/pools/${pool.name}` : "/api/v2/pools", body);
        await again();
      }} />
  );
}
