#include "cli/rows.h"

#include <google/protobuf/message.h>

#include "cli/text.h"
#include "common/base/check.h"
#include "common/rpc/convert.h"

namespace gale::cli {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr auto kState = Column::Style::kState;
constexpr auto kHidden = Column::Style::kHidden;
constexpr auto kPlain = Take::kPlain;

constexpr RowColumn kDag[] = {
    {"dag_id"},
    {"fileloc"},
    {"owners", "", Take::kJoined},
    {"is_paused"},
    {"schedule", "timetable_summary", Take::kOrNull},
    {"next_run_after"},
    {"has_import_errors"},
    {"is_stale", "", kPlain, kHidden},
    {"description", "", kPlain, kHidden},
    {"tags", "", kPlain, kHidden},
    {"version", "", kPlain, kHidden},
    {"max_active_runs", "", kPlain, kHidden},
    {"max_active_tasks", "", kPlain, kHidden},
    {"last_parsed", "", kPlain, kHidden},
};
constexpr RowColumn kRun[] = {
    {"dag_id"},
    {"run_id"},
    {"state", "", kPlain, kState},
    {"run_after"},
    {"logical_date"},
    {"start_date"},
    {"end_date"},
    {"state_reason", "", Take::kOrNull, kHidden},
    {"run_type", "", kPlain, kHidden},
    {"triggered_by", "", kPlain, kHidden},
    {"data_interval_start", "", kPlain, kHidden},
    {"data_interval_end", "", kPlain, kHidden},
    {"queued_at", "", kPlain, kHidden},
    {"conf", "conf_json", Take::kJson, kHidden},
    {"note", "", Take::kOrNull, kHidden},
    {"dag_version", "", kPlain, kHidden},
};
constexpr RowColumn kTaskInstance[] = {
    {"dag_id", "", kPlain, kHidden},
    {"run_id"},
    {"task_id"},
    {"map_index", "", kPlain, kHidden},
    {"state", "", kPlain, kState},
    {"start_date"},
    {"end_date"},
    {"try_number"},
    {"max_tries", "", kPlain, kHidden},
    {"next_retry_at", "", kPlain, kHidden},
    {"cpu_seconds", "user_time", Take::kCpuSeconds},
    {"rss_mib_max", "rss_bytes_max", Take::kMib},
    {"reason", "", Take::kOrNull},
    {"worker", "", Take::kOrNull, kHidden},
    {"pid", "", kPlain, kHidden},
    {"operator", "operator_name", kPlain, kHidden},
    {"pool", "", kPlain, kHidden},
    {"pool_slots", "", kPlain, kHidden},
    {"queue", "", kPlain, kHidden},
    {"priority_weight", "", kPlain, kHidden},
    {"scheduled_at", "", kPlain, kHidden},
    {"note", "", Take::kOrNull, kHidden},
};
constexpr RowColumn kPool[] = {
    {"pool", "name"},  {"slots"},        {"description"},     {"include_deferred"},
    {"running_slots"}, {"queued_slots"}, {"scheduled_slots"},
};
constexpr RowColumn kQueue[] = {
    {"name"},
    {"queued"},
    {"oldest"},
    {"running"},
    {"slots"},
    {"workers"},
    {"per_minute", "started_per_minute"},
};
constexpr RowColumn kWorker[] = {
    {"name"},
    {"state", "", kPlain, kState},
    {"host"},
    {"pid"},
    {"queues"},
    {"slots"},
    {"running"},
    {"cpu", "cpu_load"},
    {"memory_mib", "memory_used_bytes", Take::kMib},
    {"version"},
    {"last_heartbeat"},
    {"note"},
    {"drain_reason", "", Take::kOrNull},
    {"draining", "", kPlain, kHidden},
    {"started_at", "", kPlain, kHidden},
    {"lease_ends", "", kPlain, kHidden},
    {"cpu_count", "", kPlain, kHidden},
    {"memory_total_mib", "memory_bytes", Take::kMib, kHidden},
};
constexpr RowColumn kUser[] = {{"username"}, {"role"}};
constexpr RowColumn kToken[] = {
    {"id"}, {"username"}, {"name"}, {"created_at"}, {"expires_at"}, {"last_used_at"},
};
constexpr RowColumn kNewToken[] = {
    {"id"}, {"username"}, {"name"}, {"token"}, {"created_at"}, {"expires_at"},
};
constexpr RowColumn kVariable[] = {{"key"}, {"value"}, {"description", "", Take::kOrNull}};
constexpr RowColumn kConnection[] = {
    {"conn_id"},
    {"conn_type"},
    {"description", "", Take::kOrNull},
    {"host", "", Take::kOrNull},
    {"schema", "", Take::kOrNull},
    {"login", "", Take::kOrNull},
    {"password", "", Take::kOrNull},
    {"port"},
    {"extra", "", Take::kOrNull},
};

std::vector<std::string> TextsOf(const Message& message, const FieldDescriptor* field) {
  std::vector<std::string> texts;
  for (int i = 0; i < message.GetReflection()->FieldSize(message, field); ++i)
    texts.push_back(message.GetReflection()->GetRepeatedString(message, field, i));
  return texts;
}

Cell PlainCell(const Message& message, const FieldDescriptor* field) {
  const auto* reflection = message.GetReflection();
  if (field->is_repeated()) return TextsOf(message, field);
  if (field->has_optional_keyword() && !reflection->HasField(message, field)) return {};
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING: return reflection->GetString(message, field);
    case FieldDescriptor::CPPTYPE_BOOL: return reflection->GetBool(message, field);
    case FieldDescriptor::CPPTYPE_INT32: return int64_t{reflection->GetInt32(message, field)};
    case FieldDescriptor::CPPTYPE_INT64: return reflection->GetInt64(message, field);
    case FieldDescriptor::CPPTYPE_UINT32: return int64_t{reflection->GetUInt32(message, field)};
    case FieldDescriptor::CPPTYPE_UINT64:
      return static_cast<int64_t>(reflection->GetUInt64(message, field));
    case FieldDescriptor::CPPTYPE_MESSAGE:
      GALE_CHECK(field->message_type() == google::protobuf::Timestamp::descriptor());
      return TimeCell(
          reflection->HasField(message, field),
          static_cast<const google::protobuf::Timestamp&>(reflection->GetMessage(message, field)));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return RawJson{fmt::format("{:.1f}", reflection->GetDouble(message, field))};
    case FieldDescriptor::CPPTYPE_FLOAT:
    case FieldDescriptor::CPPTYPE_ENUM: break;
  }
  GALE_CHECK(false, "{}: no such field is listed", field->full_name());
  return {};
}

// Empty while it runs, and where nobody knows.
Cell CpuSeconds(const v1::TaskInstance& ti) {
  const Duration cpu = FromProto(ti.user_time()) + FromProto(ti.system_time());
  if (cpu == Duration(0)) return std::monostate();
  return RawJson{fmt::format("{:.2f}", Seconds(cpu))};
}

Cell CellOf(const RowColumn& column, const Message& message) {
  const std::string_view name = column.field.empty() ? column.name : column.field;
  const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(std::string(name));
  GALE_CHECK(field != nullptr, "{} has no field '{}'", message.GetDescriptor()->name(), name);
  switch (column.take) {
    case Take::kPlain: return PlainCell(message, field);
    case Take::kOrNull: {
      std::string text = message.GetReflection()->GetString(message, field);
      return text.empty() ? Cell() : Cell(std::move(text));
    }
    case Take::kJoined: return Join(TextsOf(message, field), ", ");
    case Take::kJson: {
      std::string text = message.GetReflection()->GetString(message, field);
      return RawJson{text.empty() ? "{}" : std::move(text)};
    }
    case Take::kCpuSeconds: return CpuSeconds(dynamic_cast<const v1::TaskInstance&>(message));
    case Take::kMib: {
      const uint64_t bytes = message.GetReflection()->GetUInt64(message, field);
      return bytes == 0 ? Cell() : Cell(static_cast<int64_t>((bytes + (1 << 20) - 1) >> 20));
    }
  }
  return {};
}

}  // namespace

const std::span<const RowColumn> kDagColumns = kDag, kRunColumns = kRun,
                                 kTaskInstanceColumns = kTaskInstance, kPoolColumns = kPool,
                                 kWorkerColumns = kWorker, kQueueColumns = kQueue,
                                 kUserColumns = kUser, kTokenColumns = kToken,
                                 kNewTokenColumns = kNewToken, kVariableColumns = kVariable,
                                 kConnectionColumns = kConnection;

Table TableOf(std::span<const RowColumn> columns) {
  std::vector<Column> made;
  for (const RowColumn& column : columns) made.push_back({std::string(column.name), column.style});
  return Table(std::move(made));
}

void AddRow(Table& table, std::span<const RowColumn> columns, const Message& message) {
  std::vector<Cell> cells;
  for (const RowColumn& column : columns) cells.push_back(CellOf(column, message));
  table.Add(std::move(cells));
}

Cell TimeCell(bool has, const google::protobuf::Timestamp& time) {
  if (!has) return std::monostate();
  return FromProto(time);
}

Result<v1::ListTaskInstancesResponse> ListTasksOfRun(Client& client, const std::string& dag_id,
                                                     const std::string& run_id,
                                                     const std::string& task_id,
                                                     std::optional<int32_t> map_index) {
  v1::ListTaskInstancesRequest request;
  request.set_dag_id(dag_id);
  request.set_run_id(run_id);
  request.set_task_id(task_id);
  if (map_index) request.set_map_index(*map_index);
  return client.Call(&ControlStub::ListTaskInstances, request);
}

}  // namespace gale::cli
