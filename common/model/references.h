// References within JSON arguments (dag.proto, TaskSpec.arguments_json).
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>

namespace gale {

inline bool IsReference(const nlohmann::json& value) {
  return value.is_object() && value.size() == 2 && value.contains("__type") &&
         value.contains("__var") && value["__type"].is_string();
}

// A field of what it refers to; "" if it has none.
inline std::string ReferenceField(const nlohmann::json& reference, const char* name) {
  const nlohmann::json& var = reference["__var"];
  if (!var.is_object() || !var.contains(name) || !var[name].is_string()) return "";
  return var[name].get<std::string>();
}

inline void ForEachReference(const nlohmann::json& value,
                             const std::function<void(const nlohmann::json&)>& visit) {
  if (IsReference(value)) return visit(value);
  if (!value.is_structured()) return;
  for (const auto& item : value) ForEachReference(item, visit);
}

}  // namespace gale
