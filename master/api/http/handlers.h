// The REST handlers, by resource. Each file adds its routes.
#pragma once

#include "master/api/http/answers.h"
#include "master/api/http/router.h"
#include "master/api/http/shapes.h"

namespace gale::http {

void AddAuthRoutes(Router& router);  // /auth, health, version, the front page
void AddDagRoutes(Router& router);   // dags, tasks, importErrors
void AddRunRoutes(Router& router);   // dagRuns
void AddTaskRoutes(Router& router);  // taskInstances, logs, xcomEntries, clearTaskInstances
void AddOpsRoutes(Router& router);   // pools, eventLogs, workers, explain

// {"<plural>": [...], "total_entries": N}
template <class Row, class ToJson>
Response ListAnswer(const std::string& plural, const std::vector<Row>& rows, uint64_t total,
                    ToJson to_json) {
  Json list = Json::array();
  for (const Row& row : rows) list.push_back(to_json(row));
  Json json = Json::object();
  json[plural] = std::move(list);
  json["total_entries"] = total;
  return JsonAnswer(json);
}

}  // namespace gale::http
