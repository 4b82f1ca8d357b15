import { useMemo } from "react";
import { Empty } from "../../components/Empty";
import { Failure } from "../../components/Failure";
import { useSearch } from "../../lib/useSearch";
import { t } from "../../texts";
import { DagTable } from "./DagTable";
import { NoDags } from "./NoDags";
import { filterNames, filterWords, filtered, queryOf } from "./filters";
import { Toolbar } from "./Toolbar";
import { useDags } from "./useDags";
import "./dags.css";

export default function Dags() {
  const [search, set] = useSearch();
  const text = JSON.stringify(queryOf(search));
  const query = useMemo(() => JSON.parse(text) as ReturnType<typeof queryOf>, [text]);
  const dags = useDags(query);
  if (dags.first && dags.first.counts.all === 0 && !filtered(search)) return <NoDags broken={dags.first.counts.import_errors} />;
  const words = {
    tag: t("dags.tag"), owner: t("dags.owner"), failed: t("dags.failing"), running: t("dags.running"), queued: t("state.queued"), success: t("state.success"), never: t("dags.never"),
    waiting: t("dags.waiting"), paused: t("dags.paused_filter"), on: t("dags.on"), favorite: t("dags.favorites"),
  };
  return (
    <>
      <Toolbar list={dags.first} />
      {dags.error ? <Failure error={dags.error} again={dags.again} /> : null}
      {dags.first && !dags.old && dags.total === 0 ? (
        <Empty title={t("dags.no_match", { filters: filterWords(query, words) })}>
          <button className="btn" onClick={() => set(Object.fromEntries(filterNames.map((name) => [name, undefined])))}>{t("app.clear_filters")}</button>
        </Empty>
      ) : dags.error && !dags.first ? null : <DagTable dags={dags} />}
    </>
  );
}
