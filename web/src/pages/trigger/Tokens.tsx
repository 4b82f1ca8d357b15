import { useState } from "react";
import { Icon } from "../../components/Icon";
import { t } from "../../texts";
import { itemError, itemOf } from "./check";
import type { Schema } from "./fields";

type Props = { id: string; schema: Schema; list: unknown[]; bad: boolean; onChange: (list: unknown[]) => void };

// A list, a token an item: Enter or a comma ends one, Backspace takes the last away.
export function Tokens({ id, schema, list, bad, onChange }: Props) {
  const [typed, setTyped] = useState("");
  const add = (texts: string[]) => {
    const items = texts.map((text) => itemOf(schema, text)).filter((item) => item !== undefined);
    if (items.length) onChange([...list, ...items]);
    setTyped("");
  };
  const end = () => { if (typed.trim() !== "" && itemOf(schema, typed.trim()) !== undefined) add([typed.trim()]); };
  const numbers = [schema.items?.type].flat()[0] !== "string";
  return (
    <span className={bad ? "in tokens err" : "in tokens"}>
      {list.map((item, n) => (
        <span key={n} className={itemError(schema, item) ? "tk bad" : "tk"}>{String(item)}
          <button type="button" aria-label={t("trigger.remove", { item: String(item) })} onClick={() => onChange(list.filter((_, other) => other !== n))}><Icon name="close" small /></button>
        </span>
      ))}
      <input id={id} className="grow bareinput" inputMode={numbers ? "decimal" : "text"} placeholder={t("trigger.add")} value={typed} onChange={(event) => setTyped(event.target.value)} onBlur={end}
        onPaste={(event) => {
          const pasted = event.clipboardData.getData("text").split(/[\n,]/).map((text) => text.trim()).filter(Boolean);
          if (pasted.length > 1) { event.preventDefault(); add(pasted); }
        }}
        onKeyDown={(event) => {
          if (event.nativeEvent.isComposing) return; // Korean is being composed
          if ((event.key === "Enter" && !event.ctrlKey && !event.metaKey) || event.key === ",") { event.preventDefault(); end(); }
          else if (event.key === "Backspace" && typed === "" && list.length) onChange(list.slice(0, -1));
        }} />
    </span>
  );
}
