import { Link } from "@tanstack/react-router";
import { useSession } from "../api/session";
import { Icon } from "../components/Icon";
import { t } from "../texts";
import { Pulse } from "./Pulse";
import { administer, main, operate, type Place } from "./places";
import { useCounts } from "./useCounts";

export function Brand() {
  return (
    <svg viewBox="0 0 22 22" fill="none" stroke="currentColor" strokeWidth="2.2" strokeLinecap="round" aria-hidden="true">
      <path d="M2.5 8h10.2a2.7 2.7 0 1 0-2.6-3.4" /><path d="M2.5 12h14.3a2.6 2.6 0 1 1-2.5 3.3" /><path d="M2.5 16h6.3a2 2 0 1 1-1.9 2.6" />
    </svg>
  );
}

export function Rail() {
  const counts = useCounts();
  const rights = useSession().session?.rights ?? [];
  const link = ({ to, icon, text, right }: Place) => {
    if (right && !rights.includes(right)) return null;
    const n = counts[to];
    return (
      <Link key={to} to={to} className="n" activeProps={{ className: "n on" }} activeOptions={{ exact: to === "/" }} title={t(text)}>
        <Icon name={icon} /><span>{t(text)}</span>
        {n ? <span className={n.bad ? "c bad" : "c"}>{n.text}</span> : null}
      </Link>
    );
  };
  return (
    <nav className="rail" aria-label={t("nav.main")}>
      <Link to="/" className="brand" aria-label="gale"><Brand /><span>gale</span></Link>
      {main.map(link)}
      <div className="sec">{t("nav.operate")}</div>
      {operate.map(link)}
      <div className="sec">{t("nav.settings")}</div>
      {administer.map(link)}
      <Pulse />
    </nav>
  );
}
