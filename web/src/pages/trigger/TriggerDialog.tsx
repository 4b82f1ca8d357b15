import { useQuery } from "@tanstack/react-query";
import { get, path, type ApiError } from "../../api/client";
import { useRight } from "../../api/session";
import { Dialog } from "../../components/Dialog";
import { Failure } from "../../components/Failure";
import type { DialogProps } from "../../dialogs";
import { useSearch } from "../../lib/useSearch";
import { t } from "../../texts";
import type { Params } from "./fields";
import { TriggerForm } from "./TriggerForm";
import "./trigger.css";

export type Details = {
  dag_id: string; is_paused: boolean; is_stale: boolean; timetable_summary: string | null; max_active_runs: number; params: Params | null; has_import_errors: boolean;
};

// ?do=trigger&on=DAG&conf={…}: a form of the DAG's params.
export default function TriggerDialog({ close }: DialogProps) {
  const [search] = useSearch();
  const may = useRight("run");
  const id = search.on ?? "";
  const details = useQuery<Details, ApiError>({
    queryKey: ["dag-details", id], enabled: id !== "" && may, queryFn: ({ signal }) => get<Details>(path`/api/v2/dags/${id}/details`, {}, signal),
  });
  if (details.data && may) return <TriggerForm key={id} dag={details.data} given={search.conf} close={close} />;
  return (
    <Dialog title={<>{t("trigger.title")} <span className="mono">{id}</span></>} onClose={close} width={880}>
      <div className="trigwait">
        {may ? null : <p>{t("trigger.no_right")}</p>}
        {details.error ? <Failure error={details.error} again={() => void details.refetch()} /> : null}
      </div>
    </Dialog>
  );
}
