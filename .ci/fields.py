"""Finds what is accepted and then does nothing: fields of specs and messages, and settings, that no code reads.

A reader is code that does something with the value: copying it from one form to another (CONVERTERS) or
setting it is no use of it. Looks at names, so that a field is missed whose name another one bears, too.
"""

import re

# They only carry values from one form to another; for messages that is all their reading there is.
CONVERTERS = {"common/rpc/convert.cc", "master/api/views.cc", "cli/rows.cc", "master/store/row_columns.h",
              "common/model/dag_spec.h"}
# What nobody reads, and why it may stand all the same. The list only shrinks: an entry that is read fails.
ALLOWED = {
    "message TaskAnswer.detail_json": "carried to the task as it is",
    "spec PythonWork.callable": "for people: the web UI (issue 12) shows it",
    "spec PythonWork.is_sensor": "for people: the web UI (issue 12) shows it",
}


def spec_fields(text):
    """(struct, field) of a header of plain structs."""
    struct = None
    for line in text.splitlines():
        if begin := re.match(r"struct (\w+) \{", line):
            struct = begin.group(1)
        elif line.startswith("}"):
            struct = None
        elif struct and (field := re.match(r"  [\w:<>, ]+[>\w] (\w+)( = .*|\{.*\})?;", line)):
            yield struct, field.group(1)


def message_fields(text):
    """(message, field) of a .proto file."""
    message = []
    for line in text.splitlines():
        code = line.split("//")[0]
        if begin := re.match(r"\s*(message|enum|oneof|service) (\w+) \{", code):
            if "}" in code and begin.group(1) == "message":  # on one line
                for field in re.findall(r"(\w+) = \d+", code):
                    yield begin.group(2), field
                continue
            if "}" not in code:
                message.append(begin.group(2) if begin.group(1) != "enum" else None)
        elif code.strip().startswith("}"):
            message.pop()
        elif message and None not in message and (
                field := re.match(r"\s*(?:optional |repeated )?(?:map<.*>|[\w.]+) (\w+) = \d+;", code)):
            yield message[-1], field.group(1)


def settings(text):
    return re.findall(r"\{Key::(k\w+),", text)


def unread(read, sources):
    """The names of all that no source reads, without ALLOWED; and entries of ALLOWED that aren't needed.

    read: a path's text; sources: the code that is no test, C++ and Python.
    """
    text = {path: re.sub(r"//.*", "", read(path)) for path in sources}

    def words(pattern, paths):
        return set(re.findall(pattern, "\n".join(text[path] for path in paths)))

    used = [path for path in text if path not in CONVERTERS]
    getter = r"(?:\.|->|::)(\w+)"
    members = words(r"(?:\.|->)(\w+)\b(?!\s*\(|\s*=[^=])", used)
    members |= words(getter, (path for path in used if path.startswith("worker/")))  # what a grant carries there
    getters = words(getter, text) | words(r"\w+", (path for path in text if path.endswith(".py")))
    getters |= set(re.findall(r"\w+", read("master/api/http/openapi.json")))  # what REST writes of them
    getters |= words(r'"(\w+)"', [path for path in text if path == "cli/rows.cc"])  # the columns of listings

    def gotten(field):
        case = "k" + "".join(word.capitalize() for word in field.split("_"))
        return not getters.isdisjoint({field, f"has_{field}", f"{field}_size", case})

    asked = words(r"(?:Get\w*|IsDefault)\(Key::(k\w+)", used)
    found = {f"spec {struct}.{field}" for struct, field in spec_fields(read("common/model/dag_spec.h"))
             if field not in members}
    for proto in ("worker", "control"):
        fields = message_fields(read(f"proto/gale/v1/{proto}.proto"))
        found |= {f"message {message}.{field}" for message, field in fields if not gotten(field)}
    found |= {f"setting {key}" for key in settings(read("common/config/keys.cc")) if key not in asked}
    return sorted(found - set(ALLOWED)), sorted(set(ALLOWED) - found)
