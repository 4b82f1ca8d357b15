import { path, send } from "../../api/client";
import type { Worker } from "../../api/shapes";
import { ConfirmDialog } from "../../components/ConfirmDialog";
import { FormDialog } from "../../components/FormDialog";
import { t } from "../../texts";

export function DrainDialog({ worker, close }: { worker: Worker; close: () => void }) {
  return (
    <FormDialog title={t("workers.drain_title", { name: worker.name })} button={t("workers.drain")} done={t("workers.drained_said", { name: worker.name })} close={close}
      note={<p className="q drainnote">{t("workers.drain_note", { n: worker.tasks_total })}</p>}
      fields={[{ name: "reason", label: t("workers.reason"), value: "", hint: t("workers.reason_hint") }]}
      act={(values) => send("POST", path`/api/gale/v1/workers/${worker.name}/drain`, values.reason ? { reason: values.reason } : {})} />
  );
}

export function ForgetDialog({ worker, close }: { worker: Worker; close: () => void }) {
  return (
    <ConfirmDialog title={t("workers.forget_title", { name: worker.name })} button={t("workers.forget")} danger={false} done={t("workers.forgotten_said", { name: worker.name })} close={close}
      act={() => send("DELETE", path`/api/gale/v1/workers/${worker.name}`)}>
      <p className="q">{t("workers.forget_note")}</p>
    </ConfirmDialog>
  );
}
