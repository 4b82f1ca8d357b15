// Airflow's bulk requests: {"actions": [{"action": "create", "entities": [...], "action_on_existence": ...}]}. Each
// action is done or refused by itself, in order.
#pragma once

#include <functional>
#include <string>

#include "gale/v1/control.pb.h"
#include "master/api/json.h"

namespace gale {

inline constexpr size_t kBulkEntitiesMax = 1000;  // of all actions

// What is changed. An entity is its JSON, as the API's body has it.
struct BulkOf {
  std::string noun;  // "variable"
  std::string key;   // the key's name in an entity: "key", "connection_id"
  std::function<Result<bool>(const std::string& key)> exists;
  // `overwrite` false: ALREADY_EXISTS.
  std::function<Status(const Json& entity, bool overwrite)> create;
  std::function<Status(const Json& entity)> update;
  std::function<Status(const std::string& key)> remove;
};

// INVALID_ARGUMENT: it isn't such a request; nothing was done.
Result<v1::BulkResponse> DoBulk(const std::string& actions_json, const BulkOf& of);

}  // namespace gale
