import { useQuery } from "@tanstack/react-query";
import { get, type ApiError } from "../../../api/client";
import type { components } from "../../../api/types";
import { Icon } from "../../../components/Icon";
import { t } from "../../../texts";

type Answer = components["schemas"]["DAGWarningCollectionResponse"];
const SHOWN_MAX = 100;

// What the DAG's file asks for and isn't done, in the file's reader's words.
export function Warnings({ dagId, version }: { dagId: string; version: number | undefined }) {
  const { data } = useQuery<Answer, ApiError>({
    queryKey: ["dag-warnings", dagId, version ?? 0],
    queryFn: ({ signal }) => get<Answer>("/api/v2/dagWarnings", { dag_id: dagId, limit: SHOWN_MAX }, signal),
    enabled: version !== undefined,
  });
  if (!data || data.dag_warnings.length === 0) return null;
  return (
    <section className="det-warn" aria-label={t("details.warnings")}>
      <h2 className="row g6"><Icon name="warning" small /> {t("details.warnings")}</h2>
      <ul>{data.dag_warnings.map(({ message }, n) => <li key={n}>{message}</li>)}</ul>
      {data.total_entries > data.dag_warnings.length ? <p className="q">{t("details.warnings_more", { n: data.total_entries - data.dag_warnings.length })}</p> : null}
    </section>
  );
}
