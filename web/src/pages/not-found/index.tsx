import { Link, useLocation } from "@tanstack/react-router";
import { Empty } from "../../components/Empty";
import { t } from "../../texts";

export default function NotFound() {
  const { pathname } = useLocation();
  return (
    <Empty page title={t("app.not_found_title")}>
      <p className="q">{t("app.not_found", { path: pathname })}</p>
      <Link className="btn" to="/dags">{t("app.to_dags")}</Link>
    </Empty>
  );
}
