import { Modal } from "@mantine/core";
import "@mantine/core/styles/Modal.css";
import "@mantine/core/styles/ModalBase.css";
import "@mantine/core/styles/Overlay.css";
import "@mantine/core/styles/ScrollArea.css";
import "@mantine/core/styles/CloseButton.css";
import { useEffect, useState, type ReactNode } from "react";
import { Icon } from "./Icon";
import { t } from "../texts";

type Props = { title: ReactNode; onClose: () => void; width?: number; children: ReactNode; foot?: ReactNode };

// A dialog: the focus stays in it and goes back to where it came from.
export function Dialog({ title, onClose, width = 560, children, foot }: Props) {
  const [before] = useState(() => document.activeElement);
  useEffect(() => () => { setTimeout(() => { if (before instanceof HTMLElement && before.isConnected) before.focus(); }); }, [before]);
  return (
    <Modal.Root opened onClose={onClose} size={width} centered transitionProps={{ duration: 90 }} classNames={{ content: "dlg", inner: "dlginner" }} scrollAreaComponent={Whole}>
      <Modal.Overlay style={{ background: "var(--scrim)" }} />
      <Modal.Content radius={12}>
        <div className="dh">
          <Modal.Title component="h1" className="grow">{title}</Modal.Title>
          <button className="ib" aria-label={t("app.close")} onClick={onClose}><Icon name="close" /></button>
        </div>
        <div className="db">{children}</div>
        {foot ? <div className="ft">{foot}</div> : null}
      </Modal.Content>
    </Modal.Root>
  );
}

// The dialog's body scrolls, not all of it.
function Whole({ children }: { children?: ReactNode }) {
  return <>{children}</>;
}
