#include "cli/secret_files.h"

#include <yaml-cpp/yaml.h>

#include <nlohmann/json.hpp>
#include <set>

#include "common/base/text.h"

namespace gale::cli {
namespace {

using nlohmann::json;

constexpr int kDepthMax = 100;

std::string Shown(std::string_view key) { return RepairText(key.substr(0, 250), 80); }

std::string Dump(const json& value, int indent = -1) {
  return value.dump(indent, ' ', /*ensure_ascii=*/false, json::error_handler_t::replace);
}

// A scalar as YAML's core schema has it; one in quotes is a text.
json ScalarOf(const YAML::Node& node) {
  const std::string& text = node.Scalar();
  if (node.Tag() == "!") return text;
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL") return {};
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  json number = json::parse(text, nullptr, /*allow_exceptions=*/false);
  // Only what is written the same way again: 1.10 and 007 stay as they are.
  if (number.is_number() && number.dump() == text) return number;
  return text;
}

Result<json> JsonOf(const YAML::Node& node, int depth) {
  if (depth == 0) return InvalidArgument("is nested deeper than {} levels", kDepthMax);
  switch (node.Type()) {
    case YAML::NodeType::Undefined:
    case YAML::NodeType::Null: return json();
    case YAML::NodeType::Scalar: return ScalarOf(node);
    case YAML::NodeType::Sequence: {
      json list = json::array();
      for (const YAML::Node& each : node) {
        GALE_ASSIGN_OR_RETURN(json item, JsonOf(each, depth - 1));
        list.push_back(std::move(item));
      }
      return list;
    }
    case YAML::NodeType::Map: {
      json object = json::object();
      for (const auto& each : node) {
        if (!each.first.IsScalar()) return InvalidArgument("a key is no text");
        const std::string& key = each.first.Scalar();
        if (object.contains(key)) return InvalidArgument("'{}' stands there twice", Shown(key));
        GALE_ASSIGN_OR_RETURN(object[key], JsonOf(each.second, depth - 1));
      }
      return object;
    }
  }
  return json();
}

Result<json> ParseYaml(std::string_view text) {
  try {
    return JsonOf(YAML::Load(std::string(text)), kDepthMax);
  } catch (const YAML::Exception& error) {
    return InvalidArgument("line {}: is no YAML: {}", error.mark.line + 1, error.msg);
  }
}

Result<json> ParseJson(std::string_view text) {
  // Keys that stand there twice: the last would win, silently.
  std::vector<std::set<std::string>> keys;
  std::string twice;
  bool too_deep = false;
  auto look = [&](int depth, json::parse_event_t event, json& parsed) {
    too_deep |= depth > kDepthMax;
    if (event == json::parse_event_t::object_start) keys.emplace_back();
    if (event == json::parse_event_t::object_end) keys.pop_back();
    if (event == json::parse_event_t::key && twice.empty() &&
        !keys.back().insert(parsed.get<std::string>()).second) {
      twice = parsed.get<std::string>();
    }
    return true;
  };
  try {
    json value = json::parse(text, look);
    if (too_deep) return InvalidArgument("is nested deeper than {} levels", kDepthMax);
    if (!twice.empty()) return InvalidArgument("'{}' stands there twice", Shown(twice));
    return value;
  } catch (const json::parse_error& error) {
    const size_t at = std::min(text.size(), error.byte);
    return InvalidArgument("line {}: is no JSON",
                           1 + std::ranges::count(text.substr(0, at == 0 ? 0 : at - 1), '\n'));
  }
}

Result<json> ParseEnv(std::string_view text) {
  json object = json::object();
  for (size_t number = 1; !text.empty(); ++number) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(text.size(), end + 1));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.find_first_not_of(" \t") == std::string_view::npos || line.starts_with('#')) continue;
    const size_t equals = line.find('=');
    if (equals == std::string_view::npos || equals == 0) {
      return InvalidArgument("line {}: expected KEY=VALUE", number);
    }
    const std::string key(line.substr(0, equals));
    if (object.contains(key)) {
      return InvalidArgument("line {}: '{}' stands there twice", number, Shown(key));
    }
    object[key] = line.substr(equals + 1);
  }
  return object;
}

Result<json> ReadObject(std::string_view text, FileFormat format) {
  Result<json> read = format == FileFormat::kJson   ? ParseJson(text)
                      : format == FileFormat::kYaml ? ParseYaml(text)
                                                    : ParseEnv(text);
  if (!read.ok()) return read.status();
  if (read->is_null() && format == FileFormat::kYaml) return json::object();  // an empty file
  if (!read->is_object()) return InvalidArgument("expected an object of names");
  return read;
}

void EmitYaml(YAML::Emitter& out, const json& value) {
  if (value.is_object()) {
    out << (value.empty() ? YAML::Flow : YAML::Block) << YAML::BeginMap;
    for (const auto& [key, item] : value.items()) {
      out << YAML::Key << YAML::DoubleQuoted << key << YAML::Value;
      EmitYaml(out, item);
    }
    out << YAML::EndMap;
  } else if (value.is_array()) {
    out << (value.empty() ? YAML::Flow : YAML::Block) << YAML::BeginSeq;
    for (const json& item : value) EmitYaml(out, item);
    out << YAML::EndSeq;
  } else if (value.is_string()) {
    out << YAML::DoubleQuoted << value.get<std::string>();
  } else if (value.is_null()) {
    out << YAML::Null;
  } else {
    out << value.dump();  // true, a number
  }
}

std::string WriteObject(const json& object, FileFormat format) {
  if (format == FileFormat::kJson) return Dump(object, 4) + "\n";
  YAML::Emitter out;
  EmitYaml(out, object);
  return std::string(out.c_str()) + "\n";
}

Result<std::string> WriteLine(const std::string& key, const std::string& value) {
  for (const std::string* text : {&key, &value}) {
    if (text->find_first_of("\r\n") != std::string::npos) {
      return InvalidArgument("'{}' holds a line break, which .env can't: export to .json or .yaml",
                             Shown(key));
    }
  }
  if (key.starts_with('#') || key.find('=') != std::string::npos) {
    return InvalidArgument("'{}' is a name that .env can't hold: export to .json or .yaml",
                           Shown(key));
  }
  return fmt::format("{}={}\n", key, value);
}

// As a reader makes of it a text again: JSON where that is the same text, or an object or a list.
json ValueToJson(const std::string& text) {
  json value = json::parse(text, nullptr, /*allow_exceptions=*/false);
  const bool same = value.is_structured()
                        ? Dump(value, 2) == text
                        : !value.is_discarded() && !value.is_string() && Dump(value) == text;
  return same ? value : json(text);
}
// What is no text is written as Airflow does: json.dumps(value, indent=2).
std::string JsonToValue(const json& value) {
  return value.is_string() ? value.get<std::string>() : Dump(value, value.is_structured() ? 2 : -1);
}

}  // namespace

Result<FileFormat> FileFormatOf(std::string_view name) {
  if (name == "json") return FileFormat::kJson;
  if (name == "yaml" || name == "yml") return FileFormat::kYaml;
  if (name == "env") return FileFormat::kEnv;
  return InvalidArgument("'{}': expected json, yaml or env", name);
}

Result<FileFormat> FormatOfPath(std::string_view path) {
  const size_t dot = path.rfind('.');
  const auto format = dot == std::string_view::npos ? Result<FileFormat>(InvalidArgument("none"))
                                                    : FileFormatOf(path.substr(dot + 1));
  if (format.ok()) return format;
  return InvalidArgument("'{}': its name must end in .json, .yaml, .yml or .env", path);
}

Result<std::vector<Variable>> ReadVariables(std::string_view text, FileFormat format) {
  GALE_ASSIGN_OR_RETURN(const json object, ReadObject(text, format));
  std::vector<Variable> variables;
  for (const auto& [key, value] : object.items()) {
    Variable& variable = variables.emplace_back();
    variable.key = key;
    const json* said = &value;
    if (value.is_object() && value.contains("value")) {
      said = &value["value"];
      if (const auto text_of = value.find("description");
          text_of != value.end() && text_of->is_string()) {
        variable.description = text_of->get<std::string>();
      }
    }
    variable.value = JsonToValue(*said);
  }
  return variables;
}

Result<std::vector<Connection>> ReadConnections(std::string_view text, FileFormat format) {
  GALE_ASSIGN_OR_RETURN(const json object, ReadObject(text, format));
  std::vector<Connection> connections;
  for (const auto& [conn_id, value] : object.items()) {
    const json& said = value.is_array() && value.size() == 1 ? value[0] : value;
    auto connection =
        said.is_string() ? ConnectionFromText(said.get<std::string>()) : ConnectionFromJson(said);
    if (!connection.ok()) {
      return connection.status().WithContext(fmt::format("connection '{}'", Shown(conn_id)));
    }
    connection->conn_id = conn_id;
    connections.push_back(*std::move(connection));
  }
  return connections;
}

Result<std::string> WriteVariables(const std::vector<Variable>& variables, FileFormat format) {
  json object = json::object();
  std::string lines;
  for (const Variable& variable : variables) {
    if (format == FileFormat::kEnv) {
      GALE_ASSIGN_OR_RETURN(const std::string line, WriteLine(variable.key, variable.value));
      lines += line;
      continue;
    }
    json value = ValueToJson(variable.value);
    if (!variable.description.empty() || (value.is_object() && value.contains("value"))) {
      value = {{"value", std::move(value)}, {"description", variable.description}};
    }
    object[variable.key] = std::move(value);
  }
  return format == FileFormat::kEnv ? lines : WriteObject(object, format);
}

Result<std::string> WriteConnections(const std::vector<Connection>& connections, FileFormat format,
                                     bool as_uri) {
  json object = json::object();
  std::string lines;
  for (const Connection& connection : connections) {
    if (format != FileFormat::kEnv) {
      object[connection.conn_id] = ConnectionToJson(connection);
      continue;
    }
    GALE_ASSIGN_OR_RETURN(
        const std::string line,
        WriteLine(connection.conn_id,
                  as_uri ? ConnectionToUri(connection) : Dump(ConnectionToJson(connection))));
    lines += line;
  }
  return format == FileFormat::kEnv ? lines : WriteObject(object, format);
}

}  // namespace gale::cli
