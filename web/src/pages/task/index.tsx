import { useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { useKeys } from "../../app/keys";
import { Failure } from "../../components/Failure";
import { onOf } from "../../dialogs/on";
import { useGantt, useStructure } from "../../graph/data";
import { useSearch } from "../../lib/useSearch";
import { t } from "../../texts";
import { isWaiting, tabsOf, useInstance, useTries, type Tab, type Where } from "./data";
import { Details } from "./Details";
import { Head } from "./Head";
import { LogTab } from "./LogTab";
import { MapPicker } from "./MapPicker";
import { Rendered } from "./Rendered";
import { Resources } from "./Resources";
import { TaskList } from "./TaskList";
import { TriesTab } from "./TriesTab";
import { Why } from "./Why";
import { XComs } from "./XComs";
import "./task.css";

// A task of a run: the run's rows at the left, what it did at the right. Tab, map index, tries, search and line are in the
// address.
export default function TaskPage() {
  const { dagId, runId, taskId } = useParams({ strict: false }) as unknown as Where;
  return <Page key={`${dagId}\n${runId}\n${taskId}`} where={{ dagId, runId, taskId }} />;
}

function Page({ where }: { where: Where }) {
  const { dagId, runId, taskId } = where;
  const [search, set] = useSearch();
  const navigate = useNavigate();
  const [full, setFull] = useState(false);
  const map = /^\d+$/.test(search.map ?? "") ? Number(search.map) : undefined;
  const query = useInstance(where, map);
  const instance = query.data;
  const tries = useTries(instance);
  const gantt = useGantt(dagId, runId);
  const version = gantt.data?.run.dag_versions.at(-1)?.version_number ?? instance?.dag_version?.version_number;
  const structure = useStructure(dagId, version, version !== undefined);
  const row = gantt.data?.rows.find((one) => one.task_id === taskId);

  const shown = instance ? tabsOf(instance.state) : [];
  const tab: Tab | undefined = shown.find((one) => one === search.tab) ?? (instance && isWaiting(instance.state) ? "why" : "log");
  const onTab = (to: Tab) => set({ tab: to === "log" && !(instance && isWaiting(instance.state)) ? undefined : to });
  const on = onOf(dagId, runId, taskId, ...(instance && instance.map_index >= 0 ? [instance.map_index] : []));
  const go = (step: number) => {
    const ids = (structure.data?.tasks ?? gantt.data?.rows ?? []).map((one) => one.task_id);
    const to = ids[ids.indexOf(taskId) + step];
    if (to) void navigate({ to: "/dags/$dagId/runs/$runId/tasks/$taskId", params: { dagId, runId, taskId: to }, search: (search.tab ? { tab: search.tab } : {}) as never });
  };
  useKeys({
    J: () => go(1), K: () => go(-1), C: () => set({ do: "clear", on }), M: () => set({ do: "mark", on }),
    ...(tab === "log" && search.q ? {} : { N: () => set({ do: "note", on }) }),
    Escape: (event) => {
      if ((event.target as HTMLElement | null)?.closest(".dlg")) return; // it has closed a dialog
      if (full) setFull(false);
      else document.querySelector<HTMLElement>(".trow.sel")?.focus();
    },
  });

  return (
    <div className={`wb task${full ? " full" : ""}`}>
      <TaskList where={where} gantt={gantt} structure={structure.data} />
      <div className="rgt">
        {query.error && !instance ? <div className="taskpart"><Failure error={query.error} again={() => void query.refetch()} /></div> : null}
        {instance ? (
          <>
            <Head instance={instance} on={on} usual={row?.usual_seconds ?? null} />
            {instance.map_index >= 0 ? <MapPicker where={where} instance={instance} counts={row?.counts ?? null} onMap={(to) => set({ map: String(to), line: undefined, try: undefined, key: undefined })} /> : null}
            <div className="tabs" role="tablist" aria-label={t("task.tabs")}>
              {shown.map((one) => (
                <button key={one} role="tab" aria-selected={one === tab} className={one === tab ? "on" : undefined} onClick={() => onTab(one)}>
                  {t(`task.tab_${one}`)}<Count n={countOf(one, instance.rendered_fields, tries.data?.length)} />
                </button>
              ))}
            </div>
            <div className="taskbody" role="tabpanel" key={`${tab} ${instance.map_index}`}>
              {tab === "log" ? <LogTab instance={instance} tries={tries} row={row} full={full} onFull={() => setFull(!full)} onWhy={() => onTab("why")} /> : null}
              {tab === "why" ? <Why instance={instance} rows={gantt.data?.rows ?? []} /> : null}
              {tab === "rendered" ? <Rendered instance={instance} /> : null}
              {tab === "xcom" ? <XComs instance={instance} /> : null}
              {tab === "details" ? <Details instance={instance} task={structure.data?.tasks.find((one) => one.task_id === taskId)} run={gantt.data?.run} /> : null}
              {tab === "tries" ? <TriesTab tries={tries} row={row} instance={instance} /> : null}
              {tab === "resources" ? <Resources tries={tries} /> : null}
            </div>
          </>
        ) : null}
      </div>
    </div>
  );
}

const countOf = (tab: Tab, fields: Record<string, unknown>, tries: number | undefined) =>
  tab === "rendered" ? Object.keys(fields ?? {}).length : tab === "tries" ? tries ?? 0 : 0;
const Count = ({ n }: { n: number }) => (n > 0 ? <span className="c">{n}</span> : null);
