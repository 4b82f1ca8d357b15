"""Whether an answer is what the interface's own document says. Knows the words of JSON Schema that our
document uses, and refuses the others, so that none is passed over."""
import json
import re
import urllib.request

KNOWN = {"$ref", "type", "properties", "required", "items", "enum", "allOf", "format", "description",
         "additionalProperties"}
TYPES = {"string": str, "integer": int, "number": (int, float), "boolean": bool, "object": dict, "array": list,
         "null": type(None)}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


class Document:
    def __init__(self, document):
        self.document = document
        self.paths = [(re.compile(re.sub(r"\\{.*?\\}", "[^/]+", re.escape(path)) + "/?"), path)
                      for path in sorted(document["paths"], key=lambda path: path.count("{"))]

    def schema_of(self, method, path, status):
        """The schema of that answer; None: it has no body, or it is no JSON."""
        found = [name for pattern, name in self.paths if pattern.fullmatch(path.partition("?")[0])]
        known = [name for name in found if method.lower() in self.document["paths"][name]]
        if not known:  # 404, 405
            return self.resolve("#/components/schemas/HTTPExceptionResponse")
        responses = self.document["paths"][known[0]][method.lower()]["responses"]
        answer = responses.get(str(status))
        if answer is None:
            assert status >= 400, f"{method} {path}: {status} isn't in the document: {sorted(responses)}"
            answer = responses["default"]
        return answer.get("content", {}).get("application/json", {}).get("schema")

    def resolve(self, reference):
        node = self.document
        for part in reference.removeprefix("#/").split("/"):
            node = node[part]
        return node

    def check(self, method, path, status, answer):
        schema = self.schema_of(method, path, status)
        if isinstance(answer, str):  # as it came
            try:
                answer = json.loads(answer)
            except ValueError:
                return
        if schema is not None:
            wrong = list(self.wrong(schema, answer, "answer"))
            assert not wrong, f"{method} {path}: {status}: not as the document says: {wrong[:5]}"

    def properties(self, schema):
        if "$ref" in schema:
            schema = self.resolve(schema["$ref"])
        names = set(schema.get("properties", {}))
        for part in schema.get("allOf", []):
            names |= self.properties(part)
        return names

    def wrong(self, schema, value, place, strict=True):
        """What is wrong with the value, a sentence each. `strict`: keys that aren't in the schema are wrong."""
        if "$ref" in schema:
            yield from self.wrong(self.resolve(schema["$ref"]), value, place, strict)
            return
        if unknown := set(schema) - KNOWN:
            yield f"{place}: the schema has words that aren't checked: {unknown}"
        types = schema.get("type", list(TYPES))
        types = types if isinstance(types, list) else [types]
        if not any(isinstance(value, TYPES[t]) and not (isinstance(value, bool) and t in ("integer", "number"))
                   for t in types):
            yield f"{place}: {value!r} is not of {types}"
            return
        if "enum" in schema and value not in schema["enum"]:
            yield f"{place}: {value!r} is not one of {schema['enum']}"
        if schema.get("format") == "date-time" and isinstance(value, str) and not TIME.fullmatch(value):
            yield f"{place}: {value!r} is no time"
        if isinstance(value, list) and "items" in schema:
            for i, item in enumerate(value):
                yield from self.wrong(schema["items"], item, f"{place}[{i}]")
        for part in schema.get("allOf", []):
            yield from self.wrong(part, value, place, strict=False)
        if isinstance(value, dict):
            for key in schema.get("required", []):
                if key not in value:
                    yield f"{place}: '{key}' is missing"
            names = self.properties(schema)
            if strict and names and (more := set(value) - names):
                yield f"{place}: {sorted(more)} aren't in the document"
            for key, prop in schema.get("properties", {}).items():
                if key in value:
                    yield from self.wrong(prop, value[key], f"{place}.{key}")
            if isinstance(others := schema.get("additionalProperties"), dict):
                for key, item in value.items():
                    yield from self.wrong(others, item, f"{place}.{key}")


_document = []  # one binary, one document


def check(server, method, path, status, answer):
    """Fails if that answer of `server` ("http://host:port") isn't as its document says."""
    if not _document:
        try:
            with urllib.request.urlopen(f"{server}/openapi.json", timeout=30) as response:
                _document.append(Document(json.load(response)))
        except OSError:  # it was killed after it answered: the next answer brings the document
            return
    _document[0].check(method, path, status, answer)
