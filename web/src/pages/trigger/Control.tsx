import { Segments } from "../../components/Segments";
import { Switch } from "../../components/Switch";
import { timeZone } from "../../lib/format";
import { fromZoned, toZoned } from "../../lib/zoned";
import { t } from "../../texts";
import { high, labelOf, low, type Field, type Typed } from "./fields";
import { Tokens } from "./Tokens";

type Props = { id: string; field: Field; typed: Typed; bad: boolean; describedBy?: string; onChange: (typed: Typed) => void };

// What a param is typed or chosen in.
export function Control({ id, field, typed, bad, describedBy, onChange }: Props) {
  const { kind, schema } = field;
  const text = "text" in typed ? typed.text : "";
  const value = "value" in typed ? typed.value : undefined;
  const common = { id, "aria-invalid": bad, "aria-describedby": describedBy, "data-field": field.name };
  const box = (more = "") => `in${more}${bad ? " err" : ""}`;
  switch (kind) {
    case "segments":
      return <div data-field={field.name} tabIndex={-1}><Segments label={field.name} value={String(schema.enum!.findIndex((one) => one === value))} items={schema.enum!.map((one, n) => ({ value: String(n), text: labelOf(schema, one) }))} onChange={(n) => onChange({ value: schema.enum![Number(n)] })} /></div>;
    case "select":
      return (
        <select {...common} className={box()} value={schema.enum!.findIndex((one) => JSON.stringify(one) === JSON.stringify(value))} onChange={(event) => onChange({ value: Number(event.target.value) < 0 ? null : schema.enum![Number(event.target.value)] })}>
          {value === null && !schema.enum!.includes(null) ? <option value={-1}>{t("trigger.choose")}</option> : null}
          {schema.enum!.map((one, n) => <option key={n} value={n}>{labelOf(schema, one)}</option>)}
        </select>
      );
    case "switch":
      return <span className="row g8" style={{ height: 24 }} data-field={field.name}><Switch on={value === true} label={field.name} onChange={(on) => onChange({ value: on })} />{t(value === true ? "trigger.on" : value === false ? "trigger.off" : "trigger.unset")}</span>;
    case "slider": {
      const [from, to] = [low(schema)!, high(schema)!];
      const at = Number(text);
      return (
        <span className="row g12 slide">
          <input type="range" className="grow" aria-label={field.name} min={from} max={to} step={schema.multipleOf ?? 1} value={Number.isFinite(at) ? at : from} onChange={(event) => onChange({ text: event.target.value })} />
          <input {...common} className={box(" mono")} style={{ width: 84 }} inputMode="numeric" value={text} onChange={(event) => onChange({ text: event.target.value })} />
        </span>
      );
    }
    case "tokens": return <Tokens id={id} schema={schema} list={value as unknown[]} bad={bad} onChange={(list) => onChange({ value: list })} />;
    case "multi":
      return (
        <span className="row g6 multi" data-field={field.name} tabIndex={-1}>
          {[...new Set([...(schema.examples as string[]), ...(value as string[])])].map((one) => {
            const on = (value as unknown[]).includes(one);
            return <button type="button" key={one} className={on ? "fc on" : "fc"} aria-pressed={on} onClick={() => onChange({ value: on ? (value as unknown[]).filter((other) => other !== one) : [...(value as unknown[]), one] })}>{labelOf(schema, one)}</button>;
          })}
        </span>
      );
    case "const": return <span className="mono sm">{JSON.stringify(schema.const)}</span>;
    case "date": return <input {...common} type="date" className={box()} value={text} onChange={(event) => onChange({ text: event.target.value })} />;
    case "date-time": return <DateTime {...common} className={box()} text={text} onText={(next) => onChange({ text: next })} />;
    case "lines": return <textarea {...common} className={box()} rows={4} value={text} onChange={(event) => onChange({ text: event.target.value })} />;
    case "json": return <textarea {...common} className={box(" mono")} spellCheck={false} rows={Math.min(10, Math.max(3, text.split("\n").length))} value={text} onChange={(event) => onChange({ text: event.target.value })} />;
    default:
      return (
        <>
          <input {...common} className={box(kind === "text" ? "" : " mono")} inputMode={kind === "integer" ? "numeric" : kind === "number" ? "decimal" : undefined} list={schema.examples ? `${id}-examples` : undefined}
            value={text} onChange={(event) => onChange({ text: event.target.value })} />
          {schema.examples ? <datalist id={`${id}-examples`}>{schema.examples.map((one, n) => <option key={n} value={String(one)} />)}</datalist> : null}
        </>
      );
  }
}

type Picked = { id?: string; className: string; text: string; onText: (text: string) => void };

// A date and time by the clock of the reader's zone; a text that is no time stays a text.
export function DateTime({ text, onText, ...rest }: Picked) {
  const local = text === "" ? "" : toZoned(text, timeZone());
  if (local === undefined) return <input {...rest} value={text} onChange={(event) => onText(event.target.value)} />;
  return <input {...rest} type="datetime-local" step={1} value={local} onChange={(event) => onText(event.target.value === "" ? "" : fromZoned(event.target.value, timeZone()) ?? "")} />;
}
