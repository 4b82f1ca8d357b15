// The only file that knows valijson.
#define VALIJSON_USE_EXCEPTIONS 1  // else a schema that makes no sense ends the process
#include "common/model/params.h"

#include <nlohmann/json.hpp>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

namespace gale {
namespace {

using Json = nlohmann::json;

// A pattern is matched by recursion: no deeper than this.
constexpr size_t kMatchedTextBytesMax = 4096;
constexpr size_t kShownBytesMax = 200;

Json ReadObject(const std::string& text) {
  Json value = Json::parse(text.empty() ? "{}" : text, nullptr, /*allow_exceptions=*/false);
  return value.is_object() ? value : Json::object();
}

std::string Shown(const Json& value) {
  std::string text = value.dump(-1, ' ', true, Json::error_handler_t::replace);
  if (text.size() > kShownBytesMax) text = text.substr(0, kShownBytesMax) + "...";
  return text;
}

bool HoldsLongText(const Json& value) {
  if (value.is_string()) return value.get_ref<const std::string&>().size() > kMatchedTextBytesMax;
  if (!value.is_structured()) return false;
  for (const auto& item : value) {
    if (HoldsLongText(item)) return true;
  }
  return false;
}

// Of what broke the schema, the innermost and first: the others say that something within is wrong.
std::string FirstOf(const valijson::ValidationResults& results) {
  const valijson::ValidationResults::Error* best = nullptr;
  for (const auto& error : results) {
    if (best == nullptr || error.context.size() > best->context.size()) best = &error;
  }
  if (best == nullptr) return "it does not hold to its schema";
  std::string where;
  for (size_t i = 1; i < best->context.size(); ++i) where += best->context[i];  // 0 is "<root>"
  return where.empty() ? best->description : where + ": " + best->description;
}

// A `format` says something of texts only; the library holds a null to it, too.
Json WithFormatsOfTexts(Json schema, const Json& value) {
  if (!schema.is_object()) return schema;
  if (!value.is_string() && schema.contains("format")) schema.erase("format");
  if (value.is_object() && schema.contains("properties") && schema["properties"].is_object()) {
    for (auto& [name, property] : schema["properties"].items()) {
      if (const auto of = value.find(name); of != value.end()) {
        property = WithFormatsOfTexts(std::move(property), *of);
      }
    }
  }
  if (value.is_array() && schema.contains("items") && schema["items"].is_object()) {
    for (const Json& item : value) {
      if (!item.is_string()) schema["items"] = WithFormatsOfTexts(schema["items"], item);
    }
  }
  return schema;
}

Status CheckValue(const std::string& name, const Json& schema, const Json* value) {
  valijson::Schema parsed;
  try {  // the library's way to say that a schema makes no sense
    valijson::SchemaParser parser;
    const Json of_value = value == nullptr ? schema : WithFormatsOfTexts(schema, *value);
    parser.populateSchema(valijson::adapters::NlohmannJsonAdapter(of_value), parsed);
    if (value == nullptr) return OkStatus();
    if (schema.contains("pattern") && HoldsLongText(*value)) {
      return InvalidArgument("param '{}': a text of over {} bytes can't be matched with a pattern",
                             name, kMatchedTextBytesMax);
    }
    valijson::ValidationResults results;
    valijson::Validator validator;
    if (validator.validate(parsed, valijson::adapters::NlohmannJsonAdapter(*value), &results)) {
      return OkStatus();
    }
    return InvalidArgument("param '{}': {} is refused: {} (its schema is {})", name, Shown(*value),
                           FirstOf(results), Shown(schema));
  } catch (const std::exception& error) {
    return InvalidArgument("param '{}': its schema {} can't be used: {}", name, Shown(schema),
                           error.what());
  }
}

}  // namespace

std::string MergeParams(const std::string& params_json, const std::string& task_params_json,
                        const std::string& conf_json) {
  auto nothing = [](const std::string& json) { return json.empty() || json == "{}"; };
  std::string merged = nothing(params_json) ? "{}" : params_json;
  for (const std::string* over : {&task_params_json, &conf_json}) {
    if (nothing(*over)) continue;
    if (merged == "{}") {
      merged = *over;
      continue;
    }
    Json values = ReadObject(merged);
    values.update(ReadObject(*over));
    merged = values.dump(-1, ' ', false, Json::error_handler_t::replace);
  }
  return merged;
}

Status CheckParams(const DagSpec& spec, const std::string& conf_json) {
  if (spec.param_schemas_json.empty()) return OkStatus();
  const Json values = ReadObject(MergeParams(spec.params_json, "", conf_json));
  const Json schemas = ReadObject(spec.param_schemas_json);
  for (const auto& [name, param] : schemas.items()) {
    const auto value = values.find(name);
    if (value == values.end()) {
      return InvalidArgument("param '{}' has no value and no default: say it in the run's conf",
                             name);
    }
    GALE_RETURN_IF_ERROR(CheckValue(name, param.value("schema", Json::object()), &*value));
  }
  return OkStatus();
}

Status CheckParamDefaults(const DagSpec& spec) {
  if (spec.param_schemas_json.empty()) return OkStatus();
  const Json schemas = ReadObject(spec.param_schemas_json);
  for (const auto& [name, param] : schemas.items()) {
    GALE_RETURN_IF_ERROR(CheckValue(name, param.value("schema", Json::object()), nullptr));
  }
  if (spec.schedule.kind == ScheduleSpec::Kind::kNone) return OkStatus();
  return CheckParams(spec, "").WithContext("a DAG with a schedule needs defaults that hold");
}

}  // namespace gale
