import { Spotlight, useSpotlight, type SpotlightActionData, type SpotlightActionGroupData } from "@mantine/spotlight";
import "@mantine/core/styles/Modal.css";
import "@mantine/core/styles/ModalBase.css";
import "@mantine/core/styles/Overlay.css";
import "@mantine/core/styles/ScrollArea.css";
import "@mantine/core/styles/Input.css";
import "@mantine/spotlight/styles.css";
import { useNavigate, useParams } from "@tanstack/react-router";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { get, path } from "../../api/client";
import type { DagItem, Gantt } from "../../api/shapes";
import { useSession } from "../../api/session";
import { everywhere } from "../../app/places";
import { paletteStore } from "../../app/palette";
import { change, settings } from "../../app/settings";
import { Icon, type IconName } from "../../components/Icon";
import { StateMark } from "../../components/StateMark";
import { stateOf } from "../../lib/state";
import { useSearch } from "../../lib/useSearch";
import { onOf } from "../../rows/actions";
import { t } from "../../texts";
import "./palette.css";

const DAGS_SHOWN = 8, TASKS_MAX = 500;

// Enter takes the first, if none is chosen: what was found since one typed has taken the choice away.
function enterFirst(event: React.KeyboardEvent) {
  if (event.key !== "Enter") return;
  const all = [...document.querySelectorAll<HTMLElement>(".mantine-Spotlight-action")];
  if (all.some((one) => one.hasAttribute("data-selected"))) return;
  event.preventDefault();
  all[0]?.click();
}

// All that can be done and reached, by typing: what concerns this page first.
export default function Palette() {
  const [typed, setTyped] = useState("");
  const { opened } = useSpotlight(paletteStore);
  const navigate = useNavigate();
  const [, set] = useSearch();
  const { dagId, runId, taskId } = useParams({ strict: false }) as Record<string, string | undefined>;
  const rights = useSession().session?.rights ?? [];
  const dags = useQuery<{ dags: Pick<DagItem, "dag_id" | "is_paused">[] }>({
    queryKey: ["palette-dags", typed], enabled: opened, placeholderData: (before) => before,
    queryFn: ({ signal }) => get("/api/v2/dags", { dag_id_pattern: typed.trim() || undefined, limit: DAGS_SHOWN }, signal),
  });
  const run = useQuery({ queryKey: ["gantt", dagId, runId], enabled: opened && !!dagId && !!runId, queryFn: ({ signal }) => get<Gantt>(path`/api/gale/v1/dags/${dagId!}/dagRuns/${runId!}/gantt`, {}, signal) });

  const act = (id: string, icon: IconName, label: string, onClick: () => void, hint?: string): SpotlightActionData => ({ id, label, onClick, leftSection: <Icon name={icon} />, ...(hint ? { rightSection: <span className="kbd">{hint}</span> } : {}) });
  const dialog = (kind: string, on: string) => () => set({ do: kind, on });
  const here: SpotlightActionData[] = [];
  if (dagId && rights.includes("run")) {
    here.push(act("trigger", "play", t("palette.trigger", { dag: dagId }), dialog("trigger", onOf(dagId)), "T"));
    const of = taskId ?? runId;
    if (runId && of) {
      const on = taskId ? onOf(dagId, runId, taskId) : onOf(dagId, runId);
      here.push(act("clear", "again", t("palette.clear", { what: taskId ?? t("palette.this_run") }), dialog("clear", on), "C"), act("mark", "check", t("palette.mark", { what: taskId ?? t("palette.this_run") }), dialog("mark", on), "M"), act("note", "note", t("palette.note"), dialog("note", onOf(dagId, runId)), "N"));
    }
  }
  const dark = settings.get().theme === "dark";
  here.push(act("theme", dark ? "sun" : "moon", t(dark ? "app.theme_light" : "app.theme_dark"), () => void change("theme", dark ? "light" : "dark"), "Shift D"), act("password", "key", t("palette.password"), dialog("password", "")));

  const tasks = (run.data?.rows ?? []).slice(0, TASKS_MAX).map((row): SpotlightActionData => ({
    id: `task ${row.task_id}`, label: row.task_id, leftSection: <StateMark state={stateOf(row.state)} />,
    onClick: () => void navigate({ to: "/dags/$dagId/runs/$runId/tasks/$taskId", params: { dagId: dagId!, runId: runId!, taskId: row.task_id } as never }),
  }));
  const found = (dags.data?.dags ?? []).map((dag): SpotlightActionData => ({
    id: `dag ${dag.dag_id}`, label: dag.dag_id, leftSection: <Icon name="dags" />, ...(dag.is_paused ? { description: t("palette.paused") } : {}),
    onClick: () => void navigate({ to: "/dags/$dagId", params: { dagId: dag.dag_id } as never }),
  }));
  const pages = everywhere.filter((place) => !place.right || rights.includes(place.right)).map((place) => act(`page ${place.to}`, place.icon, t(place.text), () => void navigate({ to: place.to as never })));
  const groups: SpotlightActionGroupData[] = [
    { group: t("palette.do"), actions: here }, { group: t("palette.tasks"), actions: tasks }, { group: t("nav.dags"), actions: found }, { group: t("palette.pages"), actions: pages },
  ].filter((group) => group.actions.length > 0);
  return (
    <Spotlight store={paletteStore} actions={groups} query={typed} onQueryChange={setTyped} shortcut={null} limit={30} scrollable maxHeight={420} clearQueryOnClose nothingFound={t("palette.nothing", { q: typed })}
      searchProps={{ leftSection: <Icon name="search" />, placeholder: t("app.search"), "aria-label": t("app.search"), onKeyDown: enterFirst }} highlightQuery={false} />
  );
}
