import { Segments } from "../../components/Segments";
import { listOf, textOf, type Search } from "../../lib/useSearch";
import type { Wanted } from "../../rows/grid-data";
import { foldAll, hasFolded } from "../../rows/rows";
import { Bar, FilterField, Pick } from "../../rows/Toolbar";
import { t } from "../../texts";

const COUNTS = ["24", "50", "100", "200", "400"];
const TYPES = ["scheduled", "manual", "backfill", "asset_triggered"];
export const RUN_STATES = ["queued", "running", "success", "failed"];

export const runsWanted = (search: Search): Wanted => ({
  limit: COUNTS.includes(search.runs ?? "") ? Number(search.runs) : 24,
  types: listOf(search.type).filter((type) => TYPES.includes(type)),
  states: listOf(search.state).filter((state) => RUN_STATES.includes(state)),
});

export const typeChoices = () => [{ value: "", text: t("dag.all_types") }, ...TYPES.map((value) => ({ value, text: t(`dag.type_${value}`) }))];
export const stateChoices = () => [{ value: "", text: t("dag.all_states") }, ...RUN_STATES.map((value) => ({ value, text: t(`state.${value}`) }))];

type Props = { search: Search; set: (change: Record<string, string | undefined>, how?: { replace?: boolean }) => void; fold: string[] };

export function OverviewBar({ search, set, fold }: Props) {
  return (
    <Bar>
      <FilterField value={search.task ?? ""} onChange={(text) => set({ task: text }, { replace: true })} />
      <Pick label={t("dag.how_many")} value={COUNTS.includes(search.runs ?? "") ? search.runs! : "24"} choices={COUNTS.map((value) => ({ value, text: t("dag.runs_n", { n: value }) }))} onChange={(value) => set({ runs: value === "24" ? "" : value })} />
      <Pick label={t("dag.types")} value={search.type ?? ""} choices={typeChoices()} onChange={(value) => set({ type: value })} />
      <Pick label={t("dag.states")} value={search.state ?? ""} choices={stateChoices()} onChange={(value) => set({ state: value })} />
      <span className="grow" />
      <button className="btn s q" onClick={() => set({ fold: textOf(foldAll(fold, !hasFolded(fold))) }, { replace: true })}>{t(hasFolded(fold) ? "dag.expand" : "dag.collapse")}</button>
      <Segments label={t("dag.view")} value={search.view === "gantt" ? "gantt" : "grid"} items={[{ value: "grid", text: t("dag.grid") }, { value: "gantt", text: t("dag.gantt") }]} onChange={(value) => set({ view: value === "grid" ? "" : value })} />
    </Bar>
  );
}
