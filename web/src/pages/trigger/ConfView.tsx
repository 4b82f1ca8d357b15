import { useState } from "react";
import { CopyButton } from "../../components/CopyButton";
import { t } from "../../texts";

type Props = { conf: Record<string, unknown>; command: string; onConf: (conf: Record<string, unknown>) => void; onBad: (bad: boolean) => void };

// The conf as JSON: what is sent; typed here it goes into the fields.
export function ConfView({ conf, command, onConf, onBad }: Props) {
  const [text, setText] = useState<string | null>(null);
  const [wrong, setWrong] = useState("");
  const shown = JSON.stringify(conf, null, 2);
  const type = (next: string) => {
    setText(next);
    const why = take(next, onConf);
    setWrong(why);
    onBad(why !== "");
  };
  return (
    <>
      <div className="row between confhead">
        <h2>conf</h2>
        <span className="row g4">
          {text === null ? <button type="button" className="btn s q" onClick={() => setText(shown)}>{t("trigger.edit_json")}</button>
            : <button type="button" className="btn s q" disabled={wrong !== ""} onClick={() => setText(null)}>{t("trigger.done")}</button>}
          <CopyButton text={text ?? shown} />
        </span>
      </div>
      {text === null ? <pre className="code">{shown}</pre>
        : <textarea className={wrong ? "in mono confedit err" : "in mono confedit"} aria-label="conf" aria-invalid={wrong !== ""} spellCheck={false} rows={Math.min(20, Math.max(6, text.split("\n").length + 1))} value={text} onChange={(event) => type(event.target.value)} />}
      {wrong ? <div className="er s-failed">{wrong}</div> : null}
      <div className="row g6 q commandline"><CopyButton text={command} label={t("trigger.copy_command")} /></div>
    </>
  );
}

function take(text: string, onConf: Props["onConf"]): string {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return t("trigger.conf_object");
    onConf(value as Record<string, unknown>);
    return "";
  } catch (error) {
    return t("trigger.json", { why: error instanceof Error ? error.message : String(error) });
  }
}
