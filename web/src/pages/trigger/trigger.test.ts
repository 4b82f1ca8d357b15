import { beforeAll, expect, test } from "vitest";
import { ApiError } from "../../api/client";
import { fromZoned, toZoned } from "../../lib/zoned";
import { loadTexts } from "../../texts";
import { itemOf, read, ruleOf } from "./check";
import { check, commandOf, firstForm, formOf, placed } from "./conf";
import { fieldsOf, kindOf, type Params, type Schema } from "./fields";

beforeAll(() => loadTexts("en"));

const field = (schema: Schema, value: unknown = null) => fieldsOf({ x: { value, schema } })[0]!;
const typed = (schema: Schema, text: string) => read(field(schema), { text });

test("a schema has its kind of field", () => {
  const kinds: [Schema, string][] = [
    [{ enum: ["a", "b"] }, "segments"], [{ enum: ["a", "b", "c", "d", "e"] }, "select"], [{ enum: ["a".repeat(30), "b".repeat(30)] }, "select"], [{ enum: [{}, 1] }, "select"],
    [{ type: "integer", minimum: 1, maximum: 9 }, "slider"], [{ type: "integer", minimum: 1 }, "integer"], [{ type: "number", minimum: 0, maximum: 1 }, "number"],
    [{ type: "boolean" }, "switch"], [{ type: ["string", "null"] }, "text"], [{ type: "string", format: "date" }, "date"], [{ type: "string", format: "date-time" }, "date-time"],
    [{ type: "string", format: "multiline" }, "lines"], [{ type: "array", items: { type: "string" } }, "tokens"], [{ type: "array", items: { type: "object" } }, "json"],
    [{ type: "array", examples: ["a", "b"] }, "multi"], [{ type: "array" }, "json"], [{ type: "object" }, "json"], [{ type: ["string", "integer"] }, "json"], [{}, "json"], [{ const: 3 }, "const"],
  ];
  for (const [schema, kind] of kinds) expect(kindOf(schema), JSON.stringify(schema)).toBe(kind);
});

test("numbers are checked in words", () => {
  const epochs: Schema = { type: "integer", minimum: 1, maximum: 100 };
  expect(typed(epochs, "30")).toEqual({ value: 30 });
  expect(typed(epochs, "101").error).toBe("Must be from 1 to 100.");
  expect(typed(epochs, "1.5").error).toBe("Must be a whole number.");
  expect(typed(epochs, "0x10").error).toBe("Must be a whole number.");
  expect(typed(epochs, "").error).toBe("Must be given.");
  expect(typed({ type: "integer" }, "9007199254740993").error).toBe("Too large to be exact; write it as JSON.");
  expect(typed({ type: "number", exclusiveMinimum: 0 }, "0").error).toBe("Must be more than 0.");
  expect(typed({ type: "number" }, "3e-4")).toEqual({ value: 0.0003 });
  expect(typed({ type: "number", multipleOf: 0.1 }, "0.3")).toEqual({ value: 0.3 });
  expect(typed({ type: ["integer", "null"] }, "")).toEqual({ value: null });
});

test("texts are checked in words", () => {
  const version: Schema = { type: "string", pattern: "^v\\d+$" };
  expect(typed(version, "31").error).toBe("Must look like ^v\\d+$.");
  expect(typed(version, "v31")).toEqual({ value: "v31" });
  expect(typed({ type: "string", pattern: "(" }, "x")).toEqual({ value: "x" }); // the server's to judge
  expect(typed({ type: "string", maxLength: 2 }, "한국🙂").error).toBe("Must have at most 2 letters.");
  expect(typed({ type: "string", maxLength: 3 }, "한국🙂")).toEqual({ value: "한국🙂" });
  expect(typed({ type: "string", format: "date" }, "2026-13-01").error).toMatch(/^Must be a date/);
  expect(read(field({ type: "string" }, "x"), { text: "" })).toEqual({ value: "" });
});

test("lists, choices and JSON", () => {
  const list: Schema = { type: "array", items: { type: "integer", minimum: 0 }, maxItems: 2, uniqueItems: true };
  expect(read(field(list), { value: [1, 2] })).toEqual({ value: [1, 2] });
  expect(read(field(list), { value: [1, 2, 3] }).error).toBe("Must have at most 2 items.");
  expect(read(field(list), { value: [1, 1] }).error).toBe("An item stands twice.");
  expect(read(field(list), { value: [-1] }).error).toBe("-1: Must be at least 0.");
  expect(itemOf(list, "7")).toBe(7);
  expect(itemOf(list, "7.5")).toBeUndefined();
  expect(read(field({ enum: ["a", "b"] }), { value: null }).error).toBe("Must be given.");
  expect(read(field({ enum: ["a", null] }), { value: null })).toEqual({ value: null });
  expect(typed({ type: "object" }, "{").error).toMatch(/^Not JSON/);
  expect(typed({ type: "object" }, "[1]").error).toBe("Must be of type object.");
  expect(typed({ type: "object", required: ["a"] }, "{}").error).toBe("a is missing.");
});

test("params without a schema are typed as their value is", () => {
  const kinds = Object.fromEntries(fieldsOf({ s: { value: "x" }, n: { value: 5 }, b: { value: true }, l: { value: [1] }, o: { value: null } }).map((one) => [one.name, one.kind]));
  expect(kinds).toEqual({ s: "text", n: "number", b: "switch", l: "json", o: "json" });
  expect(ruleOf(field({ type: "integer", minimum: 1, maximum: 100 }, 3))).toBe("integer, 1 to 100");
  expect(ruleOf(field({ type: "string", pattern: "^v" }))).toBe("^v, required");
});

const params: Params = { seed: { value: 7, schema: { type: "integer", minimum: 0 } }, ["__proto__"]: { value: "p", schema: { type: "string" } } };

test("an earlier conf fills the fields, and what no param names stays", () => {
  const fields = fieldsOf(params);
  const { form, more } = formOf(fields, { seed: 12, extra: [1] });
  expect(check(fields, form, more).conf).toEqual(Object.assign(Object.create(null), { seed: 12, extra: [1] }, JSON.parse('{"__proto__":"p"}')));
  expect(JSON.stringify(check(fields, firstForm(fields), {}).conf)).toBe('{"seed":7,"__proto__":"p"}');
  expect(check(fields, formOf(fields, { seed: "text" }).form, {}).errors.seed).toBe("Must be a whole number.");
});

test("the server's refusal goes to its field", () => {
  const said = new ApiError(400, "param 'seed': -1 is refused: Expected number greater than or equal to 0.000000 (its schema is {\"minimum\":0})");
  expect(placed(said, ["seed"])).toEqual({ fields: { seed: "-1 is refused: Expected number greater than or equal to 0.000000" }, rest: null });
  expect(placed(new ApiError(400, "run_id: 'a/b' may not hold '/'"), [])).toEqual({ fields: { dag_run_id: "'a/b' may not hold '/'" }, rest: null });
  expect(placed(new ApiError(422, "logical_date: bad", { logical_date: "bad" }), [])).toEqual({ fields: { logical_date: "bad" }, rest: null });
  expect(placed(new ApiError(403, "no"), ["seed"])).toEqual({ fields: {}, rest: "no" });
});

test("the command says the same", () => {
  expect(commandOf("a b", { q: "it's" }, { dag_run_id: "r1", logical_date: "", note: "" })).toBe(`gale dags trigger 'a b' --conf '{"q":"it'\\''s"}' --run-id r1`);
});

test("times are typed by the reader's clock", () => {
  expect(toZoned("2026-11-28T09:00:00Z", "Asia/Seoul")).toBe("2026-11-28T18:00:00");
  expect(fromZoned("2026-11-28T18:00:00", "Asia/Seoul")).toBe("2026-11-28T18:00:00+09:00");
  expect(fromZoned("2026-07-01T12:00", "America/New_York")).toBe("2026-07-01T12:00:00-04:00");
  expect(fromZoned("2026-03-08T02:30", "America/New_York")).toMatch(/^2026-03-08T0[13]:30:00-0[45]:00$/); // there is no such hour
  expect(fromZoned("x", "UTC")).toBeUndefined();
});
