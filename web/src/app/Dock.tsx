import { Link } from "@tanstack/react-router";
import { Icon } from "../components/Icon";
import { t } from "../texts";
import { main, operate } from "./places";

// The rail on a phone.
export function Dock() {
  const four = [...main.slice(0, 3), operate[0]!];
  return (
    <nav className="dock" aria-label={t("nav.main")}>
      {four.map(({ to, icon, text }) => (
        <Link key={to} to={to} activeProps={{ className: "on" }} activeOptions={{ exact: to === "/" }}><Icon name={icon} />{t(text)}</Link>
      ))}
      <Link to="/cluster" activeProps={{ className: "on" }}><Icon name="menu" />{t("nav.more")}</Link>
    </nav>
  );
}
