// Between the messages of proto/gale/v1 and the words of the domain. Pure; thread-safe.
// FromProto fills in what an absent field means (see dag.proto); it doesn't validate: Dag::Make
// does.
#pragma once

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>

#include <string>
#include <string_view>

#include "common/base/clock.h"
#include "common/base/ids.h"
#include "common/base/status.h"
#include "common/model/dag_spec.h"
#include "gale/v1/dag.pb.h"
#include "gale/v1/worker.pb.h"

namespace gale {

google::protobuf::Timestamp ToProto(TimePoint t);
google::protobuf::Duration ToProto(Duration d);
v1::AttemptRef ToProto(const AttemptId& id);
v1::BashWork ToProto(const BashWork& work);
v1::PythonWork ToProto(const PythonWork& work);
v1::TaskSpec ToProto(const TaskSpec& task);
v1::DagSpec ToProto(const DagSpec& spec);

// Both cut to whole microseconds. Out of protobuf's range (years 1 to 9999; 10,000 years): the
// nearest value in it.
TimePoint FromProto(const google::protobuf::Timestamp& t);
Duration FromProto(const google::protobuf::Duration& d);
AttemptId FromProto(const v1::AttemptRef& ref);
// Refuses a schedule kind that this version doesn't know.
Result<DagSpec> FromProto(const v1::DagSpec& spec);

// protobuf's JSON: names in snake_case (or camelCase), durations "300s", times RFC 3339. An unknown
// field or a value of the wrong type is refused with its name.
Result<DagSpec> DagSpecFromJson(std::string_view json);
std::string DagSpecToJson(const DagSpec& spec);

// The stored form: binary, and the same bytes for equal specs.
std::string SerializeSpec(const DagSpec& spec);
Result<DagSpec> ParseSpec(std::string_view bytes);

// 64 hex digits that change if and only if the DAG's meaning does: SHA-256 of the stored form
// without fileloc.
std::string SpecHash(const DagSpec& spec);

}  // namespace gale
