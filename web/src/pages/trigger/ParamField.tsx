import { memo, useId } from "react";
import { Icon } from "../../components/Icon";
import { ruleOf } from "./check";
import { Control } from "./Control";
import type { Field, Typed } from "./fields";

type Props = { field: Field; typed: Typed; error: string | undefined; onChange: (name: string, typed: Typed) => void };

const wide = ["json", "tokens", "lines", "multi"];

export const ParamField = memo(function ParamField({ field, typed, error, onChange }: Props) {
  const id = useId();
  const said = error ? `${id}-error` : field.help ? `${id}-help` : undefined;
  return (
    <div className={wide.includes(field.kind) ? "fl wide" : "fl"}>
      <label htmlFor={id}><span className="ell" title={field.name}>{field.schema.title ?? field.name}</span><span className="ty ell" title={ruleOf(field)}>{ruleOf(field)}</span></label>
      <Control id={id} field={field} typed={typed} bad={!!error} describedBy={said} onChange={(next) => onChange(field.name, next)} />
      {error ? <div className="er s-failed" id={`${id}-error`}><Icon name="warning" small /><span>{error}</span></div> : null}
      {field.help ? <div className="hp" id={`${id}-help`}>{field.help}</div> : null}
    </div>
  );
});
