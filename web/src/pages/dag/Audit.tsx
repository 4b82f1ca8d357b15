import { useSearch } from "../../lib/useSearch";
import { EventTable, useEvents } from "../../rows/Events";
import { Bar, FilterField } from "../../rows/Toolbar";
import { t } from "../../texts";
import { Pager, PAGE } from "../../components/Pager";

export default function Audit({ dagId }: { dagId: string }) {
  const [search, set] = useSearch();
  const offset = Math.max(0, Number(search.offset) || 0);
  const filter = { dag_id: dagId, limit: PAGE, offset, ...(search.event ? { event: search.event } : {}), ...(search.owner ? { owner: search.owner } : {}) };
  const events = useEvents(filter);
  return (
    <>
      <Bar>
        <FilterField label={t("dag.col_event")} value={search.event ?? ""} onChange={(event) => set({ event, offset: "" }, { replace: true })} />
        <FilterField label={t("dag.col_owner")} value={search.owner ?? ""} onChange={(owner) => set({ owner, offset: "" }, { replace: true })} />
        <button className="btn s" onClick={() => void events.refetch()}>{t("dag.read_again")}</button>
        <span className="grow" />
        <Pager offset={offset} total={events.data?.total_entries ?? 0} onOffset={(value) => set({ offset: value ? String(value) : "" })} />
      </Bar>
      <EventTable filter={filter} query={events} />
    </>
  );
}
