import { useState } from "react";
import { send } from "../../api/client";
import { clock } from "../../api/clock";
import type { NewApiToken } from "../../api/shapes";
import { CopyButton } from "../../components/CopyButton";
import { Dialog } from "../../components/Dialog";
import { FormDialog } from "../../components/FormDialog";
import { t } from "../../texts";
import { curlWith } from "./asText";
import "./tokens.css";

const days = [30, 90, 365];
const DAY_MS = 86_400_000;
const FIRST = 90;

// Makes one, then shows it: the only time.
export function NewToken({ close, again }: { close: () => void; again: () => Promise<void> }) {
  const [made, setMade] = useState<NewApiToken | null>(null);
  const [asking, setAsking] = useState(true);
  const lives = new Map<string, number | null>([...days.map((n): [string, number] => [t("tokens.days", { n }), n]), [t("tokens.never"), null]]);
  if (made) {
    return (
      <Dialog title={t("tokens.made_title", { name: made.name })} onClose={close} width={620} foot={<><span className="grow" /><button className="btn p" onClick={close}>{t("tokens.kept")}</button></>}>
        <p>{t("tokens.once")}</p>
        <div className="row g6 secret">
          <input className="in mono grow" readOnly aria-label={t("tokens.token")} value={made.token} onFocus={(event) => event.target.select()} />
          <CopyButton text={made.token} label={t("app.copy")} />
        </div>
        <pre className="code secret">{curlWith(made.token)}</pre>
      </Dialog>
    );
  }
  return asking ? (
    <FormDialog title={t("tokens.new")} button={t("tokens.make")} done={t("tokens.made_said")} close={() => { setAsking(false); }} note={<p className="q">{t("tokens.may")}</p>}
      fields={[
        { name: "name", label: t("tokens.name"), value: "", required: true, hint: t("tokens.name_hint") },
        { name: "life", label: t("tokens.life"), value: t("tokens.days", { n: FIRST }), kind: "choice", choices: [...lives.keys()] },
      ]}
      act={async ({ name, life }) => {
        const n = lives.get(life!);
        setMade(await send<NewApiToken>("POST", "/api/gale/v1/tokens", { name, expires_at: n ? new Date(clock.now() + n * DAY_MS).toISOString() : null }));
        await again();
      }} />
  ) : null;
}
