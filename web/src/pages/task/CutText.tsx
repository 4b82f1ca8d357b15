import { useState } from "react";
import { bytes } from "../../lib/format";
import { visible } from "../../log/line";
import { t } from "../../texts";

const SHOWN = 16 * 1024;

// Text as code; of a long one its beginning, until all of it is asked for.
export function CutText({ text }: { text: string }) {
  const [whole, setWhole] = useState(false);
  const cut = text.length > SHOWN && !whole;
  const shown = cut ? text.slice(0, SHOWN) : text;
  return (
    <>
      <pre className="cd">{shown.split("\n").map(visible).join("\n")}{cut ? "…" : ""}</pre>
      {cut ? <button className="btn s cutmore" onClick={() => setWhole(true)}>{t("task.show_all", { size: bytes(text.length) })}</button> : null}
    </>
  );
}
