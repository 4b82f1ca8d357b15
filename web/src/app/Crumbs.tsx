import { Link, useLocation, useParams } from "@tanstack/react-router";
import { everywhere } from "./places";
import { runLabel } from "../lib/run";
import { t } from "../texts";

// Where one is. A page names it by its address only, so that nothing jumps while it loads.
export function Crumbs() {
  const { pathname } = useLocation();
  const { dagId, runId, taskId, name, id } = useParams({ strict: false }) as Record<string, string | undefined>;
  const place = everywhere.find(({ to }) => (to === "/" ? pathname === "/" : pathname === to || pathname.startsWith(`${to}/`)));
  const last = taskId ?? (runId ? runLabel(runId) : undefined) ?? dagId ?? name ?? id;
  return (
    <nav className="crumb grow" aria-label={t("nav.crumbs")}>
      {place ? (last ? <Link to={place.to}>{t(place.text)}</Link> : <b className="ell">{t(place.text)}</b>) : null}
      {dagId && last !== dagId ? <><span className="sep">/</span><Link className="mono ell" to="/dags/$dagId" params={{ dagId }}>{dagId}</Link></> : null}
      {runId && taskId ? <><span className="sep">/</span><Link className="ell" to="/dags/$dagId/runs/$runId" params={{ dagId: dagId!, runId }}>{runLabel(runId)}</Link></> : null}
      {last ? <><span className="sep">/</span><b className={runId && !taskId ? "ell" : "mono ell"}>{last}</b></> : null}
    </nav>
  );
}
