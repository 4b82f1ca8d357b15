import { useState } from "react";
import { visible } from "../../log/line";
import { t } from "../../texts";

const STRING_SHOWN = 2000, ITEMS_SHOWN = 100, OPEN_ITEMS = 12;

// A JSON value as a tree: large parts are closed, long ones cut until they are asked for.
export function JsonTree({ value }: { value: unknown }) {
  return <div className="cd jt"><Node value={value} depth={0} name={null} last /></div>;
}

type Props = { value: unknown; depth: number; name: string | null; last: boolean };

function Node({ value, depth, name, last }: Props) {
  const isList = Array.isArray(value);
  const items: [string | null, unknown][] = isList ? value.map((one) => [null, one]) : value !== null && typeof value === "object" ? Object.entries(value) : [];
  const [open, setOpen] = useState(depth === 0 || (depth < 3 && items.length <= OPEN_ITEMS));
  const [shown, setShown] = useState(ITEMS_SHOWN);
  const label = name === null ? null : <><b>{JSON.stringify(visible(name))}</b>: </>;
  const comma = last ? "" : ",";
  const indent = { paddingLeft: depth * 18 };
  if (value === null || typeof value !== "object") return <div style={indent}>{label}<Leaf value={value} />{comma}</div>;
  const [begin, end] = isList ? ["[", "]"] : ["{", "}"];
  if (items.length === 0) return <div style={indent}>{label}<span className="qq">{begin}{end}</span>{comma}</div>;
  if (!open) {
    return (
      <div style={indent}>{label}<button className="jtmore" aria-expanded="false" onClick={() => setOpen(true)}>▸ {t("task.items", { n: items.length })}</button>{comma}</div>
    );
  }
  return (
    <>
      <div style={indent}>{label}{depth === 0 ? <span className="qq">{begin}</span> : <button className="jtmore" aria-expanded="true" onClick={() => setOpen(false)}>{begin}</button>}</div>
      {items.slice(0, shown).map(([key, one], n) => <Node key={key ?? n} name={key} value={one} depth={depth + 1} last={n === items.length - 1} />)}
      {items.length > shown ? <div style={{ paddingLeft: (depth + 1) * 18 }}><button className="btn s" onClick={() => setShown(shown + 1000)}>{t("task.more_items", { n: items.length - shown })}</button></div> : null}
      <div style={indent}><span className="qq">{end}</span>{comma}</div>
    </>
  );
}

function Leaf({ value }: { value: unknown }) {
  const [whole, setWhole] = useState(false);
  if (typeof value !== "string") return <>{String(value)}</>;
  const cut = value.length > STRING_SHOWN && !whole;
  return (
    <>
      <span className="jts">{JSON.stringify(cut ? value.slice(0, STRING_SHOWN) : value)}</span>
      {cut ? <button className="jtmore" onClick={() => setWhole(true)}> {t("task.more_characters", { n: value.length - STRING_SHOWN })}</button> : null}
    </>
  );
}
