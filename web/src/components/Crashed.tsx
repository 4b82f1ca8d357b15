import { t } from "../texts";

// A fault of a page's own code: the frame and the other pages go on.
export function Crashed({ error, reset }: { error: unknown; reset: () => void }) {
  return (
    <div className="empty" role="alert">
      <h1>{t("app.error_title")}</h1>
      <p className="q">{t("app.crashed")}</p>
      <pre className="code">{error instanceof Error ? error.message : String(error)}</pre>
      <button className="btn" onClick={reset}>{t("app.try_again")}</button>
    </div>
  );
}
