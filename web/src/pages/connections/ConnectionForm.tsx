import { useState } from "react";
import { ApiError, path, send } from "../../api/client";
import { FormDialog } from "../../components/FormDialog";
import { t } from "../../texts";

export interface Connection {
  connection_id: string; conn_type: string; description: string | null; host: string | null; login: string | null; schema: string | null; port: number | null;
  password: string | null; extra: string | null;
}
const secret = (value: string | null | undefined) => value === "***";

function bodyOf(values: Record<string, string>): Record<string, unknown> {
  const text = (name: string) => values[name] || null;
  return {
    connection_id: values.connection_id, conn_type: values.conn_type, description: text("description"), host: text("host"), login: text("login"),
    schema: text("schema"), port: values.port ? Number(values.port) : null, password: text("password"), extra: text("extra"),
  };
}

// Secrets never come to the browser: an empty field leaves them as they are.
export function ConnectionForm({ connection, close, again }: { connection: Connection | undefined; close: () => void; again: () => Promise<void> }) {
  const kept = (name: "password" | "extra") => !!connection && secret(connection[name]);
  return (
    <FormDialog title={connection ? t("connections.edit", { id: connection.connection_id }) : t("connections.new")} button={t("app.save")} done={t("connections.saved")} close={close}
      extra={(values) => <Test values={values} />}
      fields={[
        { name: "connection_id", label: t("connections.id"), value: connection?.connection_id ?? "", required: true, fixed: !!connection },
        { name: "conn_type", label: t("connections.type"), value: connection?.conn_type ?? "", required: true, hint: t("connections.type_hint") },
        { name: "host", label: t("connections.host"), value: connection?.host ?? "" },
        { name: "port", label: t("connections.port"), value: connection?.port === null || connection?.port === undefined ? "" : String(connection.port), kind: "number" },
        { name: "login", label: t("connections.login"), value: connection?.login ?? "" },
        { name: "password", label: t("login.password"), value: "", kind: "password", autoComplete: "new-password", ...(kept("password") ? { hint: t("connections.kept") } : {}) },
        { name: "schema", label: t("connections.schema"), value: connection?.schema ?? "" },
        { name: "extra", label: t("connections.extra"), value: kept("extra") ? "" : (connection?.extra ?? ""), kind: "area", hint: t(kept("extra") ? "connections.kept" : "connections.extra_hint") },
        { name: "description", label: t("pools.description"), value: connection?.description ?? "" },
      ]}
      act={async (values) => {
        const body = bodyOf(values);
        if (!connection) {
          await send("POST", "/api/v2/connections", body);
        } else {
          const mask = Object.keys(body).filter((name) => !((name === "password" || name === "extra") && kept(name) && !values[name]) && name !== "connection_id");
          await send("PATCH", `${path`/api/v2/connections/${connection.connection_id}`}?${new URLSearchParams(mask.map((name) => ["update_mask", name]))}`, body);
        }
        await again();
      }} />
  );
}

function Test({ values }: { values: Record<string, string> }) {
  const [said, setSaid] = useState("");
  const test = async () => {
    setSaid("…");
    try {
      setSaid((await send<{ message: string }>("POST", "/api/v2/connections/test", bodyOf(values))).message);
    } catch (error) {
      setSaid(error instanceof ApiError ? error.detail : String(error));
    }
  };
  return <><button type="button" className="btn" onClick={() => void test()}>{t("connections.test")}</button><span className="sm q ell desc" role="status" title={said}>{said}</span></>;
}
