// A DAG's params: default values, and the JSON schemas that what a run is triggered with must hold
// to (Airflow's Param; JSON Schema draft 7). Pure.
#pragma once

#include <string>
#include <string_view>

#include "common/base/status.h"
#include "common/model/dag_spec.h"

namespace gale {

// What a run's tasks get as params: the defaults with `conf` over them, name by name. Both are JSON
// objects, or empty; what can't be read is taken for empty. `task_params`: of one task, between the
// two.
std::string MergeParams(const std::string& params_json, const std::string& task_params_json,
                        const std::string& conf_json);

// Whether a run may be started with `conf` (a JSON object, or empty). INVALID_ARGUMENT names the
// param, its value and what is wrong with it. Names that are no params are let through, as in
// Airflow.
Status CheckParams(const DagSpec& spec, const std::string& conf_json);

// Whether the schemas can be read and, where the DAG starts runs by itself, the defaults hold to
// them. INVALID_ARGUMENT.
Status CheckParamDefaults(const DagSpec& spec);

}  // namespace gale
