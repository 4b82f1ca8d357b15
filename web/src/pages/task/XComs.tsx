import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { get, path, type ApiError } from "../../api/client";
import { watchRun } from "../../api/live";
import { useLiveQuery } from "../../api/useLiveQuery";
import { CopyButton } from "../../components/CopyButton";
import { Empty } from "../../components/Empty";
import { Failure } from "../../components/Failure";
import { Icon } from "../../components/Icon";
import { Segments } from "../../components/Segments";
import { Time } from "../../components/Time";
import { bytes } from "../../lib/format";
import { useSearch } from "../../lib/useSearch";
import { t } from "../../texts";
import { CutText } from "./CutText";
import { PAGE, type Instance } from "./data";
import { JsonTree } from "./JsonTree";

interface Entry { key: string; timestamp: string; map_index: number }
interface Entries { xcom_entries: Entry[]; total_entries: number }

// What the task has handed on: of this instance, or of all of a mapped task.
export function XComs({ instance }: { instance: Instance }) {
  const [search, set] = useSearch();
  const mapped = instance.map_index >= 0;
  const all = mapped && search.maps === "all";
  const [page, setPage] = useState(0);
  const base = path`/api/v2/dags/${instance.dag_id}/dagRuns/${instance.dag_run_id}/taskInstances/${instance.task_id}/xcomEntries`;
  const list = useLiveQuery<Entries>({
    key: ["xcoms", base, all ? "all" : instance.map_index, page], watches: [watchRun(instance.dag_id, instance.dag_run_id)],
    concerns: (change) => change.kind === "tasks" && change.dag_run_id === instance.dag_run_id && (change.read_again || change.task_instances.some((one) => one.task_id === instance.task_id)),
    read: (signal) => get<Entries>(base, { limit: PAGE, offset: page * PAGE, map_index: all ? undefined : instance.map_index }, signal),
  });
  const entries = list.data?.xcom_entries ?? [];
  const total = list.data?.total_entries ?? 0;
  const named = (entry: Entry) => entry.key === search.key && (!all || String(entry.map_index) === (search.xmap ?? String(instance.map_index)));
  const chosen = entries.find(named) ?? entries.find((entry) => entry.key === "return_value") ?? entries[0];
  if (list.error && !list.data) return <div className="taskpart"><Failure error={list.error} again={() => void list.refetch()} /></div>;
  return (
    <div className="xcoms">
      <div className="ph">
        <h2>{t("task.tab_xcom")}</h2>{list.data ? <span className="tag">{total}</span> : null}
        <span className="x">
          {mapped ? <Segments label={t("task.instances_which")} value={all ? "all" : "one"} onChange={(to) => { setPage(0); set({ maps: to === "all" ? "all" : undefined, xmap: undefined }); }}
            items={[{ value: "one", text: t("task.this_instance", { n: instance.map_index }) }, { value: "all", text: t("task.all_instances") }]} /> : null}
        </span>
      </div>
      {list.data && entries.length === 0 ? <Empty title={t("task.xcom_none_title")}><p className="q">{t("task.xcom_none")}</p></Empty> : null}
      {entries.length > 0 ? (
        <div className="xtable">
          <table>
            <thead><tr><th>{t("task.key")}</th>{all ? <th>{t("task.map_index")}</th> : null}<th>{t("task.written")}</th></tr></thead>
            <tbody>
              {entries.map((entry) => (
                <tr key={`${entry.key} ${entry.map_index}`} className={entry === chosen ? "sel" : undefined}>
                  <td className="mono m"><button className="cellb ell" aria-current={entry === chosen ? "true" : undefined} onClick={() => set({ key: entry.key, xmap: all ? String(entry.map_index) : undefined }, { replace: true })}>{entry.key}</button></td>
                  {all ? <td className="num q">{entry.map_index}</td> : null}
                  <td className="qq"><Time at={entry.timestamp} /></td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ) : null}
      {total > PAGE ? (
        <div className="row g4 sm qq pager">
          <button className="ib" disabled={page === 0} aria-label={t("app.older")} onClick={() => setPage(page - 1)}><Icon name="left" small /></button>
          <span className="num">{t("app.of", { from: page * PAGE + 1, to: Math.min(total, (page + 1) * PAGE), total })}</span>
          <button className="ib" disabled={(page + 1) * PAGE >= total} aria-label={t("app.newer")} onClick={() => setPage(page + 1)}><Icon name="right" small /></button>
        </div>
      ) : null}
      {chosen ? <Value key={`${chosen.key} ${chosen.map_index}`} base={base} entry={chosen} /> : null}
    </div>
  );
}

function Value({ base, entry }: { base: string; entry: Entry }) {
  const [raw, setRaw] = useState(false);
  const value = useQuery<{ value: unknown }, ApiError>({
    queryKey: ["xcom", base, entry.key, entry.map_index, entry.timestamp],
    queryFn: ({ signal }) => get(base + path`/${entry.key}`, { map_index: entry.map_index }, signal),
  });
  if (value.error) return <div className="taskpart"><Failure error={value.error} again={() => void value.refetch()} /></div>;
  if (!value.data) return null;
  const text = JSON.stringify(value.data.value, null, 2) ?? "null";
  return (
    <>
      <div className="fieldhead">
        <b className="mono m ell">{entry.key}</b>
        <span className="sm qq nw">{typeOf(value.data.value)} · {bytes(new TextEncoder().encode(JSON.stringify(value.data.value) ?? "").length)}</span>
        <span className="grow" />
        <Segments label={t("task.view")} value={raw ? "raw" : "tree"} onChange={(to) => setRaw(to === "raw")} items={[{ value: "tree", text: t("task.tree") }, { value: "raw", text: t("task.raw") }]} />
        <CopyButton text={text} label={t("app.copy")} />
      </div>
      {raw ? <CutText text={text} /> : <JsonTree value={value.data.value} />}
    </>
  );
}
const typeOf = (value: unknown) => (value === null ? "null" : Array.isArray(value) ? "array" : typeof value);
