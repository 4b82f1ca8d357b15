import { useId, useState, type FormEvent, type ReactNode } from "react";
import { useAction } from "../dialogs/useAction";
import { t } from "../texts";
import { Dialog } from "./Dialog";
import { Failure } from "./Failure";

export type Field = {
  name: string; label: string; hint?: string; value: string; required?: boolean; fixed?: boolean;
  kind?: "text" | "number" | "password" | "area" | "choice" | "check"; choices?: string[]; autoComplete?: string;
};
type Props = {
  title: string; fields: Field[]; button: string; done: string; close: () => void; note?: ReactNode;
  act: (values: Record<string, string>) => Promise<unknown>; extra?: (values: Record<string, string>) => ReactNode;
};

// A few fields and a button. What the server says of a field stands under it.
export function FormDialog({ title, fields, button, done, close, act, note, extra }: Props) {
  const id = useId();
  const [values, setValues] = useState<Record<string, string>>(() => Object.fromEntries(fields.map((field) => [field.name, field.value])));
  const { busy, error, act: run } = useAction(close);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void run(async () => { await act(values); return done; });
  };
  const first = fields.find((field) => !field.fixed);
  const known = new Set(fields.map((field) => field.name));
  const elsewhere = error && !Object.keys(error.fields).some((name) => known.has(name));
  return (
    <Dialog title={title} onClose={close} width={520} foot={
      <>
        {extra?.(values)}
        <span className="grow" />
        <button className="btn" onClick={close}>{t("app.cancel")}</button>
        <button className="btn p" form={id} disabled={busy}>{button}</button>
      </>
    }>
      <form id={id} onSubmit={submit}>
        {note ? <div className="formnote">{note}</div> : null}
        {fields.map((field) => (
          <FieldOf key={field.name} id={`${id}-${field.name}`} field={field} first={field === first} value={values[field.name] ?? ""} error={error?.fields[field.name]} onChange={(value) => setValues((now) => ({ ...now, [field.name]: value }))} />
        ))}
        {error && elsewhere ? <Failure error={error} /> : null}
      </form>
    </Dialog>
  );
}

function FieldOf({ id, field, first, value, error, onChange }: { id: string; field: Field; first: boolean; value: string; error: string | undefined; onChange: (value: string) => void }) {
  const common = { "data-autofocus": first || undefined, id, className: error ? "in err" : "in", value, disabled: field.fixed, required: field.required, "aria-invalid": !!error, "aria-describedby": error ? `${id}-why` : undefined };
  if (field.kind === "check") {
    return <label className="row g8" style={{ margin: "8px 0" }}><input type="checkbox" checked={value === "true"} onChange={(event) => onChange(String(event.target.checked))} />{field.label}</label>;
  }
  return (
    <div className="fl">
      <label htmlFor={id}>{field.label}</label>
      {field.kind === "area" ? <textarea {...common} rows={4} className={`${common.className} mono`} onChange={(event) => onChange(event.target.value)} />
        : field.kind === "choice" ? <select {...common} onChange={(event) => onChange(event.target.value)}>{field.choices!.map((one) => <option key={one}>{one}</option>)}</select>
          : <input {...common} type={field.kind ?? "text"} autoComplete={field.autoComplete ?? "off"} onChange={(event) => onChange(event.target.value)} />}
      {error ? <span id={`${id}-why`} className="er">{error}</span> : field.hint ? <span className="hp">{field.hint}</span> : null}
    </div>
  );
}
