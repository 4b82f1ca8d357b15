import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { get, path, send, type ApiError } from "../../api/client";
import { useSession } from "../../api/session";
import { ConfirmDialog } from "../../components/ConfirmDialog";
import { Failure } from "../../components/Failure";
import { FormDialog } from "../../components/FormDialog";
import { Icon } from "../../components/Icon";
import { PageHead } from "../../components/PageHead";
import { t } from "../../texts";
import "../pools/pools.css";

interface User { username: string; role: string }
type Asked = { what: "new" } | { what: "edit" | "delete"; user: User } | null;
const roles = ["Viewer", "User", "Op", "Admin"];

export default function Users() {
  const client = useQueryClient();
  const { session } = useSession();
  const [asked, setAsked] = useState<Asked>(null);
  const close = () => setAsked(null);
  const { data, error, refetch } = useQuery<{ users: User[] }, ApiError>({ queryKey: ["users"], queryFn: ({ signal }) => get("/api/gale/v1/users", {}, signal) });
  const again = () => client.invalidateQueries({ queryKey: ["users"] });
  const user = asked?.what === "edit" ? asked.user : undefined;
  return (
    <>
      <PageHead title={t("nav.users")}><span className="grow" /><Link className="btn" to="/tokens" search={{ of: "all" }}><Icon name="key" />{t("nav.tokens")}</Link><button className="btn p" onClick={() => setAsked({ what: "new" })}><Icon name="plus" />{t("users.new")}</button></PageHead>
      {error && !data ? <Failure error={error} again={() => void refetch()} /> : null}
      <section className="panel"><div className="tablebox" tabIndex={0}><table>
        <thead><tr><th scope="col">{t("login.username")}</th><th scope="col">{t("users.role")}</th><th scope="col">{t("users.may")}</th><th scope="col"><span className="visually-hidden">{t("app.actions")}</span></th></tr></thead>
        <tbody>
          {data?.users.map((one) => (
            <tr key={one.username}>
              <td className="m">{one.username}{one.username === session?.username ? <> <span className="tag">{t("users.you")}</span></> : null}</td><td>{one.role}</td><td className="q">{roles.includes(one.role) ? t(`users.may_${one.role}`) : ""}</td>
              <td className="r">
                <button className="ib inrow" aria-label={t("users.edit", { name: one.username })} title={t("users.edit", { name: one.username })} onClick={() => setAsked({ what: "edit", user: one })}><Icon name="edit" small /></button>
                <button className="ib inrow" aria-label={t("users.delete", { name: one.username })} title={t("users.delete", { name: one.username })} onClick={() => setAsked({ what: "delete", user: one })}><Icon name="trash" small /></button>
              </td>
            </tr>
          ))}
        </tbody>
      </table></div></section>
      {asked?.what === "new" || asked?.what === "edit" ? (
        <FormDialog title={user ? t("users.edit", { name: user.username }) : t("users.new")} button={t("app.save")} done={t("users.saved")} close={close}
          fields={[
            { name: "username", label: t("login.username"), value: user?.username ?? "", required: true, fixed: !!user },
            { name: "role", label: t("users.role"), value: user?.role ?? "User", kind: "choice", choices: roles },
            { name: "password", label: t("login.password"), value: "", kind: "password", required: !user, autoComplete: "new-password", ...(user ? { hint: t("users.password_kept") } : {}) },
          ]}
          act={async ({ username, role, password }) => {
            if (user) await send("PATCH", path`/api/gale/v1/users/${user.username}`, { role, ...(password ? { password } : {}) });
            else await send("POST", "/api/gale/v1/users", { username, role, password });
            await again();
          }} />
      ) : null}
      {asked?.what === "delete" ? (
        <ConfirmDialog title={t("users.delete", { name: asked.user.username })} button={t("app.delete")} done={t("users.deleted", { name: asked.user.username })} close={close}
          act={async () => { await send("DELETE", path`/api/gale/v1/users/${asked.user.username}`); await again(); }}><p className="q">{t("users.delete_note")}</p></ConfirmDialog>
      ) : null}
    </>
  );
}
