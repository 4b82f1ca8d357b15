// From a param's JSON schema to its field, and back: what kind of field it is, how its value is typed and checked as one types.

export type Schema = {
  type?: string | string[]; enum?: unknown[]; const?: unknown; title?: string; description?: string; description_md?: string; format?: string;
  pattern?: string; minLength?: number; maxLength?: number; minimum?: number; maximum?: number; exclusiveMinimum?: number; exclusiveMaximum?: number;
  multipleOf?: number; minItems?: number; maxItems?: number; uniqueItems?: boolean; items?: Schema; values_display?: Record<string, string>; examples?: unknown[];
  section?: string; [more: string]: unknown;
};
export type Param = { value: unknown; description?: string | null; schema?: Schema | null };
export type Params = Record<string, Param>;
export type Kind = "segments" | "select" | "switch" | "slider" | "integer" | "number" | "text" | "lines" | "date" | "date-time" | "time" | "tokens" | "multi" | "json" | "const";

// What is in a field: text where one types, else the value.
export type Typed = { text: string } | { value: unknown };
export type Field = { name: string; kind: Kind; schema: Schema; types: string[]; nullable: boolean; required: boolean; empty: boolean /* the param has no value */; first: Typed; help: string };

const SEGMENTS_MAX = 4;
const SEGMENT_LETTERS_MAX = 40;

const typesOf = (schema: Schema): string[] => (schema.type === undefined ? [] : [schema.type].flat());

export function kindOf(schema: Schema): Kind {
  const types = typesOf(schema).filter((type) => type !== "null");
  const all = Array.isArray(schema.enum) ? schema.enum : undefined;
  if (Object.hasOwn(schema, "const")) return "const";
  if (all) {
    const plain = all.every((one) => one === null || typeof one !== "object");
    const letters = all.reduce<number>((sum, one) => sum + labelOf(schema, one).length, 0);
    return plain && all.length <= SEGMENTS_MAX && letters <= SEGMENT_LETTERS_MAX ? "segments" : "select";
  }
  if (types.length !== 1) return "json";
  switch (types[0]) {
    case "boolean": return "switch";
    case "integer": return bounded(schema) ? "slider" : "integer";
    case "number": return "number";
    case "string":
      if (schema.format === "date" || schema.format === "date-time" || schema.format === "time") return schema.format;
      return schema.format === "multiline" ? "lines" : "text";
    case "array": {
      if (Array.isArray(schema.examples) && schema.examples.every((one) => typeof one === "string")) return "multi";
      const items = schema.items ? typesOf(schema.items) : [];
      return items.length === 1 && ["string", "integer", "number"].includes(items[0]!) ? "tokens" : "json";
    }
    default: return "json";
  }
}
const bounded = (schema: Schema) => low(schema) !== undefined && high(schema) !== undefined;
export const low = (schema: Schema) => schema.minimum ?? (schema.exclusiveMinimum === undefined ? undefined : schema.exclusiveMinimum + 1);
export const high = (schema: Schema) => schema.maximum ?? (schema.exclusiveMaximum === undefined ? undefined : schema.exclusiveMaximum - 1);

export function labelOf(schema: Schema, value: unknown): string {
  const key = typeof value === "string" ? value : JSON.stringify(value);
  return Object.hasOwn(schema.values_display ?? {}, key) ? String(schema.values_display![key]) : key;
}

// A schema that the server didn't send is told from the value: Airflow's params without Param have none.
function guessed(param: Param): Schema {
  const schema = param.schema ?? {};
  if (schema.type !== undefined || schema.enum || Object.hasOwn(schema, "const")) return schema;
  const { value } = param;
  if (typeof value === "string") return { ...schema, type: ["string", "null"] };
  if (typeof value === "boolean") return { ...schema, type: ["boolean", "null"] };
  if (typeof value === "number") return { ...schema, type: ["number", "null"] };
  return schema;
}

export function fieldsOf(params: Params): Field[] {
  return Object.entries(params).map(([name, param]) => {
    const schema = guessed(param);
    const types = typesOf(schema);
    const kind = kindOf(schema);
    const nullable = types.includes("null") || (types.length === 0 && !schema.enum);
    return {
      name, kind, schema, types, nullable, empty: param.value === null || param.value === undefined, required: !nullable && (param.value === null || param.value === undefined),
      first: typedOf(kind, param.value), help: param.description ?? schema.description ?? schema.description_md ?? "",
    };
  });
}

const textKinds: Kind[] = ["integer", "number", "slider", "text", "lines", "date", "date-time", "time"];
export function typedOf(kind: Kind, value: unknown): Typed {
  if (kind === "json") return { text: value === undefined || value === null ? "" : JSON.stringify(value, null, 2) };
  if (!textKinds.includes(kind)) {
    if (kind === "tokens" || kind === "multi") return { value: Array.isArray(value) ? value : [] };
    return { value: value ?? (kind === "switch" ? false : null) };
  }
  return { text: value === null || value === undefined ? "" : String(value) };
}
