import type { ApiError } from "../api/client";
import { useSession } from "../api/session";
import { t } from "../texts";

// What went wrong, in its own part of the page: the server's words, and a way on.
export function failureText(error: ApiError, role = ""): string {
  if (error.status === 0) return t("app.error_away");
  if (error.status === 403) return t("app.forbidden", { role, detail: error.detail });
  return t("app.error_server", { status: error.status, detail: error.detail });
}

export function Failure({ error, again }: { error: ApiError; again?: () => void }) {
  const { session } = useSession();
  return (
    <div className="failure" role="alert">
      <b>{t("app.error_title")}</b>
      <span className="q">{failureText(error, session?.role)}</span>
      {again ? <button className="btn s" onClick={again}>{t("app.try_again")}</button> : null}
    </div>
  );
}
