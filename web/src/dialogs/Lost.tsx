import { Dialog } from "../components/Dialog";
import { t } from "../texts";

// An address that names nothing a dialog could be about.
export function Lost({ close }: { close: () => void }) {
  return (
    <Dialog title={t("dialog.lost_title")} onClose={close} foot={<><span className="grow" /><button className="btn" onClick={close}>{t("app.close")}</button></>}>
      <p className="q">{t("dialog.lost")}</p>
    </Dialog>
  );
}
