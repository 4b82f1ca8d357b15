// Airflow's JSON of DAGs, runs, tasks and the like: every field that its clients require, and those
// that Gale knows. Pure.
#pragma once

#include "master/api/control.h"
#include "master/api/json.h"

namespace gale::http {

Json Time(const std::optional<TimePoint>& t);  // null if unset

Json DagJson(const DagView& dag);
Json DagDetailsJson(const DagView& dag);
Json DagVersionJson(const DagVersionHead& version);
Json DagVersionJson(const DagVersion& version);
Json RunJson(const RunView& run);
Json TaskInstanceJson(const TaskInstanceView& ti);
// One ended try: as a task instance of that time.
Json TryJson(const TaskInstanceView& ti, const AttemptRow& attempt);
Json TaskJson(const Dag& dag, TaskIndex task);
Json PoolJson(const PoolInfo& pool);
Json ClusterJson(const ClusterInfo& cluster);
Json ImportErrorJson(const ImportErrorRow& error);
Json EventJson(const EventRow& event);
Json XComJson(const XComView& xcom);  // without its value
Json WorkerJson(const WorkerInfo& worker);
Json HealthJson(const Health& health);

}  // namespace gale::http
