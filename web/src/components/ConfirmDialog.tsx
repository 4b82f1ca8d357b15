import type { ReactNode } from "react";
import { useAction } from "../dialogs/useAction";
import { t } from "../texts";
import { Dialog } from "./Dialog";
import { Failure } from "./Failure";

type Props = { title: string; children?: ReactNode; button: string; danger?: boolean; act: () => Promise<unknown>; done: string; close: () => void };

// Asks before something is taken away: names it, and what goes with it. The safe choice has the focus.
export function ConfirmDialog({ title, children, button, danger = true, act, done, close }: Props) {
  const { busy, error, act: run } = useAction(close);
  return (
    <Dialog title={title} onClose={close} width={460} foot={
      <>
        <span className="grow" />
        <button className="btn" data-autofocus onClick={close}>{t("app.cancel")}</button>
        <button className={danger ? "btn d" : "btn p"} disabled={busy} onClick={() => void run(async () => { await act(); return done; })}>{button}</button>
      </>
    }>
      {children}
      {error ? <Failure error={error} /> : null}
    </Dialog>
  );
}
