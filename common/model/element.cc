#include "common/model/element.h"

#include <nlohmann/json.hpp>

#include "common/model/references.h"

namespace gale {
namespace {

using Json = nlohmann::json;

class Elements {
 public:
  Elements(const Dag& dag, const ValueOf& value_of) : dag_(dag), value_of_(value_of) {}

  size_t Length(const ExpandSource& source) const {
    switch (source.kind) {
      case ExpandSource::Kind::kLiteral: return dag_.literal(source).size();
      case ExpandSource::Kind::kXCom: return value_of_(*dag_.Find(source.task_id)).size();
      case ExpandSource::Kind::kMap: return Length(source.parts[0]);
      case ExpandSource::Kind::kZip: {
        size_t out = Length(source.parts[0]);
        for (const ExpandSource& part : source.parts) {
          out = source.has_fill ? std::max(out, Length(part)) : std::min(out, Length(part));
        }
        return out;
      }
      case ExpandSource::Kind::kConcat: {
        size_t out = 0;
        for (const ExpandSource& part : source.parts) out += Length(part);
        return out;
      }
    }
    return 0;
  }

  Result<Json> At(const ExpandSource& source, size_t i) const {
    if (i >= Length(source)) return Internal("there is no element {} to be mapped over", i);
    switch (source.kind) {
      case ExpandSource::Kind::kLiteral: return Parse(dag_.literal(source).at(i));
      case ExpandSource::Kind::kXCom: return Parse(value_of_(*dag_.Find(source.task_id)).at(i));
      case ExpandSource::Kind::kMap:
        return Unimplemented("map({}): functions over elements need a Python task",
                             source.function);
      case ExpandSource::Kind::kZip: {
        Json out = Json::array();
        for (const ExpandSource& part : source.parts) {
          if (i >= Length(part)) {
            out.push_back(Parse(source.json));
            continue;
          }
          GALE_ASSIGN_OR_RETURN(Json value, At(part, i));
          out.push_back(std::move(value));
        }
        return out;
      }
      case ExpandSource::Kind::kConcat:
        for (const ExpandSource& part : source.parts) {
          const size_t length = Length(part);
          if (i < length) return At(part, i);
          i -= length;
        }
        break;
    }
    return Internal("there is no element {} to be mapped over", i);
  }

  size_t Length(const ExpandSpec& expand) const {
    size_t out = 1;
    for (const ExpandArgument& argument : expand.arguments) out *= Length(argument.source);
    return out;
  }

  // The last argument varies fastest.
  Result<Json> Arguments(const ExpandSpec& expand, size_t i) const {
    if (expand.is_kwargs) return At(expand.arguments[0].source, i);
    Json out = Json::object();
    for (size_t k = expand.arguments.size(); k-- > 0;) {
      const ExpandArgument& argument = expand.arguments[k];
      const size_t length = std::max<size_t>(1, Length(argument.source));
      GALE_ASSIGN_OR_RETURN(out[argument.name], At(argument.source, i % length));
      i /= length;
    }
    return out;
  }

 private:
  static Json Parse(const std::string& text) {
    return Json::parse(text, nullptr, /*allow_exceptions=*/false);
  }

  const Dag& dag_;
  const ValueOf& value_of_;
};

Status Substitute(const Dag& dag, const std::map<std::string, Json>& groups,
                  const ValueOf& value_of, Json& value) {
  if (!IsReference(value)) {
    if (!value.is_structured()) return OkStatus();
    for (Json& item : value) GALE_RETURN_IF_ERROR(Substitute(dag, groups, value_of, item));
    return OkStatus();
  }
  if (value["__type"] == "group_argument") {
    const auto group = groups.find(ReferenceField(value, "group_id"));
    const std::string name = ReferenceField(value, "name");
    if (group == groups.end() || !group->second.contains(name)) {
      return Internal("the mapped group around it has no argument '{}'", name);
    }
    Json found = group->second.at(name);
    value = std::move(found);
    return OkStatus();
  }
  const auto task = dag.Find(ReferenceField(value, "task_id"));
  if (!task) return Internal("there is no task '{}'", ReferenceField(value, "task_id"));
  const TaskValue result = value_of(*task);
  Json out = Json::array();
  if (result.whole) {
    out = Json::parse(result.whole->text(), nullptr, false);
  } else {
    for (const std::string& each : result.each) out.push_back(Json::parse(each, nullptr, false));
  }
  value = std::move(out);
  return OkStatus();
}

}  // namespace

Result<std::string> ElementArguments(const Dag& dag, TaskIndex task, int32_t map_index,
                                     const ValueOf& value_of) {
  const Elements elements(dag, value_of);
  std::map<std::string, Json> groups;
  Json out = Json::object();
  size_t rest = static_cast<size_t>(std::max(map_index, 0));
  const auto mapping = dag.mapping(task);
  for (size_t k = mapping.size(); k-- > 0;) {  // the innermost varies fastest
    const ExpandSpec& expand = dag.expand(mapping[k]);
    const size_t length = std::max<size_t>(1, elements.Length(expand));
    GALE_ASSIGN_OR_RETURN(Json arguments, elements.Arguments(expand, rest % length));
    rest /= length;
    const std::string group = dag.group_of_expand(mapping[k]);
    if (group.empty()) {
      out = std::move(arguments);
    } else {
      groups[group] = std::move(arguments);
    }
  }
  const std::string& own = dag.task(task).arguments_json;
  if (!own.empty()) {
    Json arguments = Json::parse(own, nullptr, /*allow_exceptions=*/false);
    GALE_RETURN_IF_ERROR(Substitute(dag, groups, value_of, arguments));
    arguments.update(out);
    out = std::move(arguments);
  }
  return out.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace gale
