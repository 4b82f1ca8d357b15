"""Makes the tables of the REST interface from its document, at build time:

    rest_tables.py openapi.json control.proto OUT.cc

OUT.cc holds what master/api/http/rest_tables.h declares: the operations with their inputs and the shapes
of their answers, and the document as it is served: what every operation has in common (errors, what it
needs) added, and our own x-gale- words about fields left out. What the words mean stands in
master/api/http/README.md; one that isn't known is an error here.
"""
import json
import re
import sys

WORDS = {
    "operation": {"verb", "handler", "request", "lane", "set"},
    "input": {"from", "as", "null-sets", "named-sets", "pairs", "refused", "same-as", "ignored", "not", "clamp", "mask",
              "wrong", "wrong-status"},
    "body": {"dependent", "missing"},
    "property": {"from", "as", "const"},
    "schema": {"message"},
}
LANES = {"common": "kCommon", "login": "kLogin", "at_once": "kAtOnce"}
AS = {"json": "kJson", "timedelta": "kTimeDelta", "between": "kBetween", "sum": "kSum"}
RIGHTS = {"READ": "Viewer", "RUN": "User", "OPERATE": "Op", "ADMINISTER": "Admin"}


def quoted(text):
    """A C++ string literal."""
    return '"' + "".join(c if 32 <= ord(c) < 127 and c not in '"\\' else
                         "".join(f"\\{b:03o}" for b in c.encode()) for c in text) + '"'


def word(node, kind, name, default=None):
    return node.get(f"x-gale-{name}", default)


def check_words(node, kind, place):
    for key in node:
        if key.startswith("x-gale-") and key[7:] not in WORDS[kind]:
            sys.exit(f"openapi.json: {place}: '{key}' is no word for a {kind}: {sorted(WORDS[kind])}")


def boolean(value):
    return "true" if value else "false"


class Tables:
    def __init__(self, document, verbs):
        self.document, self.verbs = document, verbs
        self.lines, self.shapes, self.count = [], {}, 0

    def resolve(self, node):
        """`node` with its $ref followed; words beside the $ref count more."""
        if "$ref" not in node:
            return node
        target = self.document
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        return {**self.resolve(target), **{k: v for k, v in node.items() if k != "$ref"}}

    def array(self, kind, items):
        """Declares an array; the text that makes a span of it."""
        if not items:
            return "{}"
        self.count += 1
        self.lines.append(f"constexpr {kind} kTable{self.count}[] = {{{', '.join(items)}}};")
        return f"kTable{self.count}"

    def types(self, schema):
        types = schema.get("type", "any")
        types = types if isinstance(types, list) else [types]
        return [t for t in types if t != "null"], "null" in types

    # Answers.

    def properties(self, schema, prefix=""):
        """(name, property), with the paths of what is taken over from other schemas put before theirs."""
        for part in schema.get("allOf", []):
            whole = self.resolve(part)
            yield from self.properties(whole, prefix + part["x-gale-from"] + "." if "x-gale-from" in part else prefix)
        for name, prop in schema.get("properties", {}).items():
            if prefix and "x-gale-const" not in prop:
                prop = {**prop, "x-gale-from": prefix + prop.get("x-gale-from", name)}
            yield name, prop

    def shape(self, schema, place):
        key = json.dumps(schema, sort_keys=True)
        if key in self.shapes:
            return self.shapes[key]
        rows = [self.prop(name, prop, f"{place}.{name}") for name, prop in self.properties(schema)]
        table = self.array("Property", rows)
        self.count += 1
        self.lines.append(f"constexpr Shape kShape{self.count} = {{{quoted(place)}, "
                          f"{quoted(schema.get('x-gale-message', ''))}, {table}}};")
        self.shapes[key] = f"&kShape{self.count}"
        return self.shapes[key]

    def prop(self, name, prop, place):
        whole = self.resolve(prop)
        check_words({k: v for k, v in whole.items() if k != "x-gale-message"}, "property", place)
        types, nullable = self.types(whole)
        constant = quoted(json.dumps(whole["x-gale-const"])) if "x-gale-const" in whole else "nullptr"
        source, object_shape = whole.get("x-gale-from", name), "nullptr"
        inner = {k: v for k, v in whole.items() if k not in ("x-gale-from", "x-gale-as")}
        form = whole.get("x-gale-as")
        if "array" in types:
            inner = self.resolve(whole["items"])
        if constant == "nullptr" and form is None and ("properties" in inner or "allOf" in inner):
            object_shape = self.shape(inner, prop.get("$ref", prop.get("items", {}).get("$ref", place)).split("/")[-1])
        known = self.array("std::string_view", [quoted(v) for v in whole.get("enum", []) if v is not None])
        return (f"{{{quoted(name)}, {quoted(source)}, {constant}, As::{AS[form] if form else 'kPlain'}, "
                f"{boolean(nullable)}, {object_shape}, {known if nullable else '{}'}}}")

    # Requests.

    def one_input(self, name, where, schema, words, required, place):
        schema = self.resolve(schema)
        check_words(words, "input", place)
        types, nullable = self.types(schema)
        is_array = "array" in types
        item = self.resolve(schema["items"]) if is_array else schema
        kind = self.types(item)[0][0] if not is_array or "type" in item else "string"
        kinds = {"string": "kText", "integer": "kInt", "boolean": "kBool", "object": "kObject", "any": "kJson"}
        form = "kTime" if item.get("format") == "date-time" else kinds[kind]
        default = schema.get("default")
        default = (default if isinstance(default, list) else [default]) if default is not None else []
        default = [d if isinstance(d, str) else json.dumps(d) for d in default]
        ignored = word(words, "input", "ignored") or word(words, "input", "mask") or \
            word(words, "input", "refused") is not None
        fields = {
            "name": quoted(name),
            "place": f"Place::{where}",
            "field": quoted("" if ignored else words.get("x-gale-from", name)),
            "form": f"Form::{form}",
            "required": boolean(required),
            "nullable": boolean(nullable),
            "array": boolean(is_array),
            "min": str(item.get("minimum", "INT64_MIN")),
            "max": str(item.get("maximum", "INT64_MAX")),
            "bytes_max": "SIZE_MAX" if form in ("kObject", "kJson") else str(item.get("maxLength", 1 << 20)),
            "known": self.array("std::string_view", [quoted(v) for v in item.get("enum", []) if v is not None]),
            "defaults": self.array("std::string_view", [quoted(d) for d in default]),
            "null_sets": quoted(words.get("x-gale-null-sets", "")),
            "named_sets": quoted(words.get("x-gale-named-sets", "")),
            "pairs": quoted(words.get("x-gale-pairs", "")),
            "refused": quoted(words.get("x-gale-refused", "")),
            "same_as": quoted(words.get("x-gale-same-as", "")),
            "wrong": quoted(words.get("x-gale-wrong", "")),
            "wrong_status": str(words.get("x-gale-wrong-status", 422)),
            "inverted": boolean(words.get("x-gale-not")),
            "clamped": boolean(words.get("x-gale-clamp")),
            "mask": boolean(words.get("x-gale-mask")),
        }
        return "{" + ", ".join(f".{k} = {v}" for k, v in fields.items()) + "}"

    def inputs(self, operation, place):
        rows = []
        for parameter in operation.get("parameters", []):
            parameter = self.resolve(parameter)
            rows.append(self.one_input(parameter["name"], {"path": "kPath", "query": "kQuery"}[parameter["in"]],
                                       parameter["schema"], parameter, parameter.get("required", False),
                                       f"{place} {parameter['name']}"))
        dependent = missing = ""
        if body := self.body(operation):
            check_words(body, "body", place)
            dependent, missing = body.get("x-gale-dependent", ""), body.get("x-gale-missing", "")
            for name, prop in body["properties"].items():
                rows.append(self.one_input(name, "kBody", prop, prop, name in body.get("required", []),
                                           f"{place} {name}"))
        pairs = [f"{{{quoted(one)}, {quoted(other)}}}"
                 for one, others in (body or {}).get("dependentRequired", {}).items() for other in others]
        return (self.array("Input", rows), self.array("Together", pairs), quoted(dependent), quoted(missing),
                boolean(body is not None))

    def body(self, operation):
        if "requestBody" not in operation:
            return None
        return self.resolve(operation["requestBody"]["content"]["application/json"]["schema"])

    def operation(self, path, method, operation):
        place = operation["operationId"]
        check_words(operation, "operation", place)
        verb, handler = operation.get("x-gale-verb", ""), operation.get("x-gale-handler", "")
        if bool(verb) == bool(handler) or (verb and verb not in self.verbs):
            sys.exit(f"openapi.json: {place}: it wants an x-gale-verb that control.proto has, or an x-gale-handler")
        inputs, together, dependent, missing, has_body = self.inputs(operation, place)
        status, answer = next(iter(operation["responses"].items()))
        shape = "nullptr"
        if verb and "content" in answer:
            ref = answer["content"]["application/json"]["schema"]
            shape = self.shape(self.resolve(ref), ref["$ref"].split("/")[-1])
        sets = self.array("std::string_view", [quoted(name) for name, value in operation.get("x-gale-set", {}).items()
                                               if value is True or sys.exit(f"{place}: x-gale-set takes true only")])
        fields = {
            "id": quoted(place), "method": quoted(method.upper()), "path": quoted(path),
            "verb": quoted(verb), "handler": quoted(handler), "request": quoted(operation.get("x-gale-request", "")),
            "open": boolean(operation.get("security") == []),
            "lane": f"Lane::{LANES[operation.get('x-gale-lane', 'common')]}", "status": status,
            "inputs": inputs, "together": together, "together_message": dependent, "missing_message": missing,
            "has_body": has_body,
            "needs_body": boolean(operation.get("requestBody", {}).get("required", False)),
            "takes_form": boolean("application/x-www-form-urlencoded" in
                                  operation.get("requestBody", {}).get("content", {})),
            "sets": sets, "answer": shape,
        }
        return "{" + ", ".join(f".{k} = {v}" for k, v in fields.items()) + "}"

    # The document as it is served.

    def served(self):
        document = json.loads(json.dumps(self.document))
        for schema in document["components"]["schemas"].values():
            for part in schema.get("allOf", [schema]):
                complete(part)
        reference = {"application/json": {"schema": {"$ref": "#/components/schemas/HTTPExceptionResponse"}}}
        invalid = {"application/json": {"schema": {"$ref": "#/components/schemas/HTTPValidationError"}}}
        for methods in document["paths"].values():
            for operation in methods.values():
                needs = self.verbs.get(operation.get("x-gale-verb"), ("READ", False))
                kept = {} if operation.get("security") == [] else \
                    {"x-gale-role": RIGHTS[needs[0]], "x-gale-leader": needs[1]}
                operation["responses"]["422"] = {"description": "The request is malformed.", "content": invalid}
                operation["responses"]["default"] = {"description": "An error.", "content": reference}
                strip(operation)
                operation.update(kept)
        strip(document["components"])
        return json.dumps(document, separators=(",", ":"), ensure_ascii=False)


def complete(schema):
    """Answers hold all that their schemas name."""
    if "properties" in schema and "additionalProperties" not in schema:
        schema.setdefault("required", list(schema["properties"]))
        for prop in schema["properties"].values():
            complete(prop)


def strip(node):
    if isinstance(node, list):
        for item in node:
            strip(item)
    elif isinstance(node, dict):
        for key in [k for k in node if k.startswith("x-gale-")]:
            del node[key]
        for value in node.values():
            strip(value)


def verbs_of(proto):
    """name -> (right, needs the leader), of the service's methods."""
    verbs = {}
    for name, options in re.findall(r"rpc (\w+)\([^)]*\) returns \([^)]*\)(;| \{[^}]*\}[^}]*\})", proto):
        right = re.search(r"right: (\w+)", options)
        verbs[name] = (right[1] if right else "READ", "leader: true" in options)
    return verbs


def main(document_path, proto_path, out_path):
    with open(document_path, encoding="utf-8") as file:
        document = json.load(file)
    with open(proto_path, encoding="utf-8") as file:
        tables = Tables(document, verbs_of(file.read()))
    operations = tables.array("Operation", [tables.operation(path, method, operation)
                                            for path, methods in document["paths"].items()
                                            for method, operation in methods.items()])
    served = tables.served()
    pieces = [quoted(served[at:at + 2000]) for at in range(0, len(served), 2000)]
    text = ("// Made by cmake/rest_tables.py from master/api/http/openapi.json.\n"
            '#include "master/api/http/rest_tables.h"\n\nnamespace gale::http {\nnamespace {\n\n'
            + "\n".join(tables.lines) + "\n\n}  // namespace\n\n"
            f"const std::span<const Operation> kOperations = {operations};\n"
            "const std::string_view kOpenApi =\n    " + "\n    ".join(pieces) + ";\n\n}  // namespace gale::http\n")
    with open(out_path, "w", encoding="utf-8") as file:
        file.write(text)


if __name__ == "__main__":
    main(*sys.argv[1:])
