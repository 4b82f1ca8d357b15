import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { get, path, send, type ApiError } from "../../api/client";
import { clock } from "../../api/clock";
import { useRight } from "../../api/session";
import type { ApiToken, ApiTokens } from "../../api/shapes";
import { ConfirmDialog } from "../../components/ConfirmDialog";
import { Empty } from "../../components/Empty";
import { Failure } from "../../components/Failure";
import { Icon } from "../../components/Icon";
import { PageHead } from "../../components/PageHead";
import { PAGE, Pager } from "../../components/Pager";
import { Segments } from "../../components/Segments";
import { Ago, Time } from "../../components/Time";
import { useOffset } from "../../lib/useOffset";
import { useSearch } from "../../lib/useSearch";
import { t } from "../../texts";
import { beginOf, curlWith } from "./asText";
import { NewToken } from "./NewToken";
import "../pools/pools.css";

// What programs are let in with: one's own, and for an Admin everybody's. A secret is shown once, when it is made.
export default function Tokens() {
  const [search, set] = useSearch();
  const [offset, setOffset] = useOffset();
  const client = useQueryClient();
  const admin = useRight("administer");
  const all = admin && search.of === "all";
  const [asked, setAsked] = useState<"new" | ApiToken | null>(null);
  const { data, error, refetch } = useQuery<ApiTokens, ApiError>({
    queryKey: ["tokens", all, offset], placeholderData: (before) => before,
    queryFn: ({ signal }) => get("/api/gale/v1/tokens", { limit: PAGE, offset, all_users: all || undefined }, signal),
  });
  const again = () => client.invalidateQueries({ queryKey: ["tokens"] });
  return (
    <>
      <PageHead title={t("nav.tokens")}>
        {admin ? <Segments label={t("tokens.whose")} value={all ? "all" : "own"} onChange={(of) => set({ of: of === "all" ? of : "", offset: "" })}
          items={[{ value: "own", text: t("tokens.own") }, { value: "all", text: t("tokens.all") }]} /> : null}
        <span className="grow" /><Pager offset={offset} total={data?.total_entries ?? 0} onOffset={setOffset} />
        <button className="btn p" onClick={() => setAsked("new")}><Icon name="plus" />{t("tokens.new")}</button>
      </PageHead>
      {error && !data ? <Failure error={error} again={() => void refetch()} /> : null}
      {data && data.total_entries === 0 ? (
        <Empty title={t("tokens.none")}><p className="q">{t("tokens.what")}</p><pre className="code">{curlWith(beginOf(""))}</pre></Empty>
      ) : (
        <section className="panel"><div className="tablebox"><table>
          <thead><tr>
            {all ? <th scope="col">{t("login.username")}</th> : null}
            <th scope="col">{t("tokens.name")}</th><th scope="col">{t("tokens.begins")}</th><th scope="col">{t("tokens.made")}</th><th scope="col">{t("tokens.expires")}</th><th scope="col">{t("tokens.used")}</th>
            <th scope="col"><span className="visually-hidden">{t("app.actions")}</span></th>
          </tr></thead>
          <tbody>
            {data?.tokens.map((one) => (
              <tr key={one.id}>
                {all ? <td className="m ell desc">{one.username}</td> : null}
                <td className="m ell desc">{one.name}</td>
                <td className="mono q nw">{beginOf(one.id)}</td>
                <td className="q"><Time at={one.created_at} /></td>
                <td className="q"><Expiry at={one.expires_at} /></td>
                <td className="q">{one.last_used_at ? <Ago at={one.last_used_at} /> : t("tokens.unused")}</td>
                <td className="r"><button className="ib inrow" aria-label={t("tokens.delete", { name: one.name })} title={t("tokens.delete", { name: one.name })} onClick={() => setAsked(one)}><Icon name="trash" small /></button></td>
              </tr>
            ))}
          </tbody>
        </table></div></section>
      )}
      {asked === "new" ? <NewToken close={() => setAsked(null)} again={again} /> : null}
      {asked && asked !== "new" ? (
        <ConfirmDialog title={t("tokens.delete", { name: asked.name })} button={t("app.delete")} done={t("tokens.deleted", { name: asked.name })} close={() => setAsked(null)}
          act={async () => { await send("DELETE", path`/api/gale/v1/tokens/${asked.id}`); await again(); }}><p className="q">{t("tokens.delete_note")}</p></ConfirmDialog>
      ) : null}
    </>
  );
}

function Expiry({ at }: { at: string | null }) {
  if (!at) return <>{t("tokens.never")}</>;
  return <><Time at={at} />{new Date(at).getTime() <= clock.now() ? <> <span className="tag">{t("tokens.over")}</span></> : null}</>;
}
