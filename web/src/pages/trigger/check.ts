import { t } from "../../texts";
import { high, low, type Field, type Schema, type Typed } from "./fields";

// A field's value, or what is wrong with it, in words. As the server's validator judges (draft 7), what it can't judge here
// the server does, whose words come to the field.
export type Read = { value: unknown; error?: undefined } | { value?: undefined; error: string };

export function read(field: Field, typed: Typed): Read {
  const { schema, kind } = field;
  if ("value" in typed) {
    if (typed.value === null) return field.nullable || schema.enum?.includes(null) ? { value: null } : { error: t("trigger.required") };
    if (Array.isArray(typed.value)) return wrap(typed.value, listError(schema, typed.value));
    return wrap(typed.value, enumError(schema, typed.value));
  }
  const text = typed.text;
  switch (kind) {
    case "integer": case "slider": case "number": return readNumber(field, text);
    case "json": return readJson(field, text);
    case "date": case "date-time": case "time":
      if (text === "") return absent(field);
      return wrap(text, timeError(kind, text) ?? textError(schema, text));
    default:
      if (text === "" && (field.nullable || field.required)) return absent(field);
      return wrap(text, textError(schema, text));
  }
}
const wrap = (value: unknown, error: string | undefined): Read => (error ? { error } : { value });
const absent = (field: Field): Read => (field.nullable ? { value: null } : { error: t("trigger.required") });

function readNumber(field: Field, text: string): Read {
  if (text.trim() === "") return absent(field);
  const whole = field.types.includes("integer") && !field.types.includes("number");
  const value = Number(text);
  if (!/^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(text) || !Number.isFinite(value)) return { error: t(whole ? "trigger.integer" : "trigger.number") };
  if (whole && !Number.isInteger(value)) return { error: t("trigger.integer") };
  if (whole && !Number.isSafeInteger(value)) return { error: t("trigger.too_large") };
  return wrap(value, numberError(field.schema, value));
}
export function numberError(schema: Schema, value: number): string | undefined {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema;
  if (minimum !== undefined && maximum !== undefined && (value < minimum || value > maximum)) return t("trigger.between", { low: minimum, high: maximum });
  if (minimum !== undefined && value < minimum) return t("trigger.at_least", { n: minimum });
  if (maximum !== undefined && value > maximum) return t("trigger.at_most", { n: maximum });
  if (exclusiveMinimum !== undefined && value <= exclusiveMinimum) return t("trigger.above", { n: exclusiveMinimum });
  if (exclusiveMaximum !== undefined && value >= exclusiveMaximum) return t("trigger.below", { n: exclusiveMaximum });
  if (multipleOf && Math.abs(value / multipleOf - Math.round(value / multipleOf)) > 1e-9) return t("trigger.multiple", { n: multipleOf });
  return enumError(schema, value);
}

export function textError(schema: Schema, text: string): string | undefined {
  const letters = [...text].length;
  if (schema.minLength !== undefined && letters < schema.minLength) return t("trigger.min_length", { n: schema.minLength });
  if (schema.maxLength !== undefined && letters > schema.maxLength) return t("trigger.max_length", { n: schema.maxLength });
  if (schema.pattern !== undefined && !matches(schema.pattern, text)) return t("trigger.pattern", { pattern: schema.pattern });
  return enumError(schema, text);
}
// A pattern that this browser can't read, and a text that is long for one, are the server's to judge.
const PATTERN_TEXT_MAX = 4096;
function matches(pattern: string, text: string): boolean {
  if (text.length > PATTERN_TEXT_MAX) return true;
  try {
    return new RegExp(pattern, "u").test(text);
  } catch {
    return true;
  }
}

function timeError(kind: string, text: string): string | undefined {
  if (kind === "date") return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text)) ? undefined : t("trigger.date");
  if (kind === "time") return /^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?$/.test(text) ? undefined : t("trigger.time");
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(Date.parse(text)) ? undefined : t("trigger.date_time");
}

function listError(schema: Schema, list: unknown[]): string | undefined {
  if (schema.minItems !== undefined && list.length < schema.minItems) return t("trigger.min_items", { n: schema.minItems });
  if (schema.maxItems !== undefined && list.length > schema.maxItems) return t("trigger.max_items", { n: schema.maxItems });
  if (schema.uniqueItems && new Set(list.map((one) => JSON.stringify(one))).size < list.length) return t("trigger.unique");
  for (const one of list) {
    const wrong = itemError(schema, one);
    if (wrong) return `${String(one)}: ${wrong}`;
  }
  return undefined;
}
export function itemError(schema: Schema, item: unknown): string | undefined {
  if (!schema.items) return undefined;
  return typeof item === "number" ? numberError(schema.items, item) : typeof item === "string" ? textError(schema.items, item) : undefined;
}
// A token's text as the list's items are: undefined where it can't be one.
export function itemOf(schema: Schema, text: string): unknown {
  const type = [schema.items?.type ?? "string"].flat()[0];
  if (type === "string") return text;
  const number = Number(text);
  return text.trim() !== "" && Number.isFinite(number) && (type === "number" || Number.isSafeInteger(number)) ? number : undefined;
}

function enumError(schema: Schema, value: unknown): string | undefined {
  if (!Array.isArray(schema.enum) || schema.enum.some((one) => one === value)) return undefined;
  return t("trigger.one_of", { all: schema.enum.slice(0, 8).map((one) => JSON.stringify(one)).join(", ") });
}

function readJson(field: Field, text: string): Read {
  if (text.trim() === "") return absent(field);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { error: t("trigger.json", { why: error instanceof Error ? error.message : String(error) }) };
  }
  if (field.types.length && !field.types.some((type) => isOf(type, value))) return { error: t("trigger.type", { type: field.types.join(", ") }) };
  if (Array.isArray(value)) return wrap(value, listError(field.schema, value));
  if (typeof value === "string") return wrap(value, textError(field.schema, value));
  if (typeof value === "number") return wrap(value, numberError(field.schema, value));
  const missing = (field.schema.required as string[] | undefined)?.find((name) => !Object.hasOwn(value as object, name));
  return wrap(value, missing ? t("trigger.missing", { name: missing }) : undefined);
}
export function isOf(type: string, value: unknown): boolean {
  switch (type) {
    case "null": return value === null;
    case "array": return Array.isArray(value);
    case "object": return typeof value === "object" && value !== null && !Array.isArray(value);
    case "integer": return Number.isInteger(value);
    default: return typeof value === type;
  }
}

// What is asked of a field, shortly, beside its name: "integer, 1 to 100".
export function ruleOf(field: Field): string {
  const { schema, types } = field;
  const parts: string[] = [];
  if (schema.enum) parts.push("enum");
  else if (schema.pattern) parts.push(schema.pattern);
  else if (types[0] === "array") parts.push(schema.items?.type ? t("trigger.array_of", { type: [schema.items.type].flat().join(" | ") }) : "array");
  else parts.push(schema.format ?? (types.filter((type) => type !== "null").join(" | ") || "any"));
  const [from, to] = [low(schema), high(schema)];
  const exclusive = schema.exclusiveMinimum !== undefined && !types.includes("integer");
  if (exclusive) parts.push(`> ${schema.exclusiveMinimum}`);
  else if (from !== undefined && to !== undefined) parts.push(t("trigger.from_to", { low: from, high: to }));
  else if (from !== undefined) parts.push(`≥ ${from}`);
  else if (to !== undefined) parts.push(`≤ ${to}`);
  if (field.required) parts.push(t("trigger.required_short"));
  return parts.join(", ");
}
