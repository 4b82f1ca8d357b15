#include "common/model/expand.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>

#include "common/base/limits.h"

namespace gale {
namespace {

using Json = nlohmann::json;
using Length = std::optional<uint64_t>;
using LengthOf = std::function<Length(const ExpandSource&)>;

constexpr size_t kDepthMax = 20;
constexpr uint64_t kTooMany = limits::kMapElementsMax + 1;

// What BashOperator takes beside what every operator takes; the latter can't be mapped (Airflow,
// operators/mappedoperator.py: OperatorPartial holds them all).
constexpr std::array kBashArguments = {"bash_command",    "env", "append_env",
                                       "output_encoding", "cwd", "skip_on_exit_code",
                                       "output_processor"};

Status CheckSource(const ExpandSource& source, bool is_kwargs, size_t depth) {
  if (depth > kDepthMax) return InvalidArgument("nested over {} deep", kDepthMax);
  switch (source.kind) {
    case ExpandSource::Kind::kLiteral: {
      const Json value = Json::parse(source.json, nullptr, /*allow_exceptions=*/false);
      if (value.is_discarded()) return InvalidArgument("literal_json: no JSON");
      if (is_kwargs && !value.is_array()) {
        return InvalidArgument("{}: expected a list of objects", value.type_name());
      }
      if (!value.is_structured()) {
        return InvalidArgument("{}: expected a list or an object", value.type_name());
      }
      if (value.size() > limits::kMapElementsMax) {
        return ResourceExhausted("{} elements are over the limit kMapElementsMax = {}",
                                 value.size(), limits::kMapElementsMax);
      }
      if (!is_kwargs) return OkStatus();
      for (const Json& element : value) {
        if (element.is_object()) continue;
        return InvalidArgument("an element is of type {}: expected an object, argument -> value",
                               element.type_name());
      }
      return OkStatus();
    }
    case ExpandSource::Kind::kXCom:
      if (source.key == "return_value") return OkStatus();
      return InvalidArgument("key '{}' of task '{}': only what a task returns can be mapped over",
                             source.key, source.task_id);
    case ExpandSource::Kind::kMap:
    case ExpandSource::Kind::kZip:
    case ExpandSource::Kind::kConcat:
      if (source.parts.empty()) return InvalidArgument("zip or concat of nothing");
      for (const ExpandSource& part : source.parts) {
        // A function or zip() may make objects of anything.
        const bool objects = is_kwargs && source.kind == ExpandSource::Kind::kConcat;
        GALE_RETURN_IF_ERROR(CheckSource(part, objects, depth + 1));
      }
      return OkStatus();
  }
  return OkStatus();
}

void Visit(const ExpandSource& source, const std::function<void(const ExpandSource&)>& visit) {
  if (source.kind == ExpandSource::Kind::kXCom) visit(source);
  for (const ExpandSource& part : source.parts) Visit(part, visit);
}

Length LengthOfSource(const ExpandSource& source, const LengthOf& length_of) {
  if (source.kind == ExpandSource::Kind::kLiteral) return JsonLength(source.json);
  if (source.kind == ExpandSource::Kind::kXCom) return length_of(source);
  Length out;
  for (const ExpandSource& part : source.parts) {
    const Length length = LengthOfSource(part, length_of);
    if (!length) return std::nullopt;
    if (!out) {
      out = length;
    } else if (source.kind == ExpandSource::Kind::kConcat) {
      *out += *length;
    } else {
      *out = source.has_fill ? std::max(*out, *length) : std::min(*out, *length);
    }
  }
  return out ? std::min(*out, kTooMany) : out;
}

}  // namespace

Status CheckExpand(const ExpandSpec& expand, std::string_view operator_name) {
  if (expand.arguments.empty()) return InvalidArgument("no arguments to expand against");
  if (expand.is_kwargs && expand.arguments.size() > 1) {
    return InvalidArgument("kwargs: expand_kwargs takes one source, without arguments");
  }
  std::set<std::string_view> names;
  for (const ExpandArgument& argument : expand.arguments) {
    const std::string what = expand.is_kwargs ? "kwargs" : fmt::format("'{}'", argument.name);
    if (!expand.is_kwargs) {
      if (argument.name.empty()) return InvalidArgument("an argument without a name");
      if (!names.insert(argument.name).second) return InvalidArgument("{}: named twice", what);
      if (operator_name == "BashOperator" &&
          std::ranges::find(kBashArguments, argument.name) == kBashArguments.end()) {
        return InvalidArgument(
            "{}: {} can't be mapped over it: give it in partial(), or expand over its own "
            "arguments",
            what, operator_name);
      }
    }
    if (Status bad = CheckSource(argument.source, expand.is_kwargs, 0); !bad.ok()) {
      return bad.WithContext(what);
    }
  }
  return OkStatus();
}

void ForEachSourceTask(const ExpandSpec& expand,
                       const std::function<void(const ExpandSource&)>& visit) {
  for (const ExpandArgument& argument : expand.arguments) Visit(argument.source, visit);
}

std::optional<uint64_t> JsonLength(std::string_view json) {
  const Json value = Json::parse(json, nullptr, /*allow_exceptions=*/false);
  if (!value.is_structured()) return std::nullopt;
  return value.size();
}

std::optional<uint64_t> ExpandedLength(const ExpandSpec& expand, const LengthOf& length_of) {
  uint64_t product = 1;
  bool known = true;
  for (const ExpandArgument& argument : expand.arguments) {
    const Length length = LengthOfSource(argument.source, length_of);
    known = known && length.has_value();
    if (length) product = std::min(kTooMany, product * std::min(*length, kTooMany));
  }
  return known ? Length(product) : std::nullopt;
}

}  // namespace gale
