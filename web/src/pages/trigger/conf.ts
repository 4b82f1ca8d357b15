import { ApiError } from "../../api/client";
import { read } from "./check";
import { typedOf, type Field, type Typed } from "./fields";

export type Form = Record<string, Typed>;
export type Checked = { conf: Record<string, unknown>; errors: Record<string, string> };

export const firstForm = (fields: Field[]): Form => Object.fromEntries(fields.map((field) => [field.name, field.first]));

// Keys such as "__proto__" are names as others are.
export const entries = (list: [string, unknown][]): Record<string, unknown> => {
  const out = Object.create(null) as Record<string, unknown>;
  for (const [name, value] of list) out[name] = value;
  return out;
};

// All fields (but for nothing where the param has nothing, too), and what `more` holds that no param names.
export function check(fields: Field[], form: Form, more: Record<string, unknown>): Checked {
  const conf: [string, unknown][] = [];
  const errors: Record<string, string> = {};
  for (const field of fields) {
    const got = read(field, form[field.name] ?? field.first);
    if (got.error === undefined) {
      if (got.value !== null || !field.empty) conf.push([field.name, got.value]);
    } else errors[field.name] = got.error;
  }
  return { conf: entries([...conf, ...Object.entries(more)]), errors };
}

// A conf into the form: of an earlier run, or as it was written as JSON.
export function formOf(fields: Field[], conf: Record<string, unknown>): { form: Form; more: Record<string, unknown> } {
  const form = fields.map(({ name, kind, first }) => [name, Object.hasOwn(conf, name) ? typedOf(kind, conf[name]) : first] as const);
  const named = new Set(fields.map((field) => field.name));
  return { form: Object.fromEntries(form), more: entries(Object.entries(conf).filter(([name]) => !named.has(name))) };
}

export type RunFields = { dag_run_id: string; logical_date: string; note: string };
export const NOTE_MAX = 1000;

// The server's refusal, at the field that it names.
export function placed(error: ApiError, names: string[]): { fields: Record<string, string>; rest: string | null } {
  const fields: Record<string, string> = {};
  for (const [where, message] of Object.entries(error.fields)) fields[where.replace(/^conf\./, "").replace(/^run_id$/, "dag_run_id")] = message;
  const param = /^param '((?:[^'\\]|\\.)*)':\s*(.*)$/s.exec(error.detail);
  if (param && names.includes(param[1]!)) fields[param[1]!] = param[2]!.replace(/ \(its schema is .*\)$/s, "");
  else if (/^(run_id|dag_run_id)\b/.test(error.detail) || (error.status === 409 && /run/i.test(error.detail))) fields.dag_run_id = error.detail.replace(/^(dag_)?run_id: /, "");
  const known = [...names, "dag_run_id", "logical_date", "note"];
  const placedAll = Object.keys(fields).length > 0 && Object.keys(fields).every((name) => known.includes(name));
  return { fields, rest: placedAll ? null : error.detail };
}

// The same as a command: gale dags trigger.
export function commandOf(dag: string, conf: Record<string, unknown>, run: RunFields): string {
  const quote = (text: string) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replace(/'/g, "'\\''")}'`);
  return ["gale dags trigger", quote(dag), Object.keys(conf).length ? `--conf ${quote(JSON.stringify(conf))}` : "", run.dag_run_id ? `--run-id ${quote(run.dag_run_id)}` : "",
    run.logical_date ? `--logical-date ${quote(run.logical_date)}` : "", run.note ? `--note ${quote(run.note)}` : ""].filter(Boolean).join(" ");
}
