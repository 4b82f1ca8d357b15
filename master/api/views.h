// What control.h answers, as messages of proto/gale/v1/control.proto. Pure.
#pragma once

#include "gale/v1/control.pb.h"
#include "master/api/control.h"

namespace gale {

v1::DagInfo ToProto(const DagView& dag);
v1::DagVersion ToProto(const DagVersionHead& version);
v1::DagVersion ToProto(const DagVersion& version);
v1::DagRun ToProto(const RunRow& run);
v1::DagRun ToProto(const RunView& run);  // with its version
// `detail`: with what pages show only, and long lists do without.
v1::TaskInstance ToProto(const TaskInstanceView& ti, bool detail = false);
v1::XComEntry ToProto(const XComView& xcom);  // without its value
v1::ImportError ToProto(const ImportErrorRow& error);
v1::Pool ToProto(const PoolInfo& pool);
// "alive", "draining", "drained" (and idle), "lost".
std::string_view StateOf(const WorkerInfo& worker);
v1::WorkerInfo ToProto(const WorkerInfo& worker);
v1::Event ToProto(const EventRow& event);
v1::Check ToProto(const core::Check& check);
v1::ExplainTaskInstanceResponse ToProto(const Explanation& why);
v1::WaitGroup ToProto(const WaitInfo& wait);
v1::QueueInfo ToProto(const QueueInfo& queue);
v1::Holder ToProto(const HolderInfo& holder);
v1::Cluster ToProto(const ClusterInfo& cluster);
v1::GetHealthResponse ToProto(const Health& health);

std::optional<RunType> ParseRunType(std::string_view name);
std::string_view Name(RunType type);  // "manual", "scheduled", "backfill", "asset_triggered"

}  // namespace gale
