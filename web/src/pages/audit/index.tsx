import { PageHead } from "../../components/PageHead";
import { PAGE, Pager } from "../../components/Pager";
import { useOffset } from "../../lib/useOffset";
import { useSearch } from "../../lib/useSearch";
import { EventTable, useEvents } from "../../rows/Events";
import { FilterField } from "../../rows/Toolbar";
import { t } from "../../texts";
import "../pools/pools.css";

const filters = ["event", "owner", "dag_id"] as const;

// Who did what.
export default function Audit() {
  const [search, set] = useSearch();
  const [offset, setOffset] = useOffset();
  const wanted = Object.fromEntries(filters.filter((name) => search[name]).map((name) => [name, search[name]]));
  const events = useEvents({ ...wanted, limit: PAGE, offset });
  return (
    <>
      <PageHead title={t("nav.audit")}>
        {filters.map((name) => <FilterField key={name} label={t(`audit.${name}`)} value={search[name] ?? ""} onChange={(text) => set({ [name]: text, offset: "" }, { replace: true })} />)}
        <span className="grow" /><Pager offset={offset} total={events.data?.total_entries ?? 0} onOffset={setOffset} />
        <button className="btn" onClick={() => void events.refetch()}>{t("dag.read_again")}</button>
      </PageHead>
      <section className="panel"><EventTable filter={{ limit: PAGE, offset }} query={events} /* the column of DAGs stays, whatever is typed */ /></section>
    </>
  );
}
