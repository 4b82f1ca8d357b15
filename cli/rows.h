// How the master's answers look as rows: names and places as in Airflow's own listings. A listing is a
// table of columns; the cells come out of the message by protobuf's reflection.
#pragma once

#include <google/protobuf/timestamp.pb.h>

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "cli/client.h"
#include "cli/table.h"

namespace gale::cli {

// What a field's value becomes, where its type doesn't say it.
enum class Take : uint8_t {
  kPlain,
  kOrNull,      // an empty text is null
  kJoined,      // a list of texts as one
  kJson,        // a text that is JSON; {} if it is empty
  kCpuSeconds,  // of a task instance: what it used, null if nobody knows
  kMib,         // bytes, rounded up; null if 0
};
struct RowColumn {
  std::string_view name;
  std::string_view field = "";  // empty: the name is the field's
  Take take = Take::kPlain;
  Column::Style style = Column::Style::kText;
};

extern const std::span<const RowColumn> kDagColumns, kRunColumns, kTaskInstanceColumns,
    kPoolColumns, kWorkerColumns, kQueueColumns, kUserColumns, kTokenColumns, kNewTokenColumns,
    kVariableColumns, kConnectionColumns;

Table TableOf(std::span<const RowColumn> columns);
// Adds the message as a row. Crashes if it hasn't a column's field: each listing has a test.
void AddRow(Table& table, std::span<const RowColumn> columns,
            const google::protobuf::Message& message);

Cell TimeCell(bool has, const google::protobuf::Timestamp& time);

inline constexpr uint32_t kPage = 100;  // rows of one request

// All rows of a paged listing, or the first `rows_max`: calls `one(item)` for each.
//   ForEach(client, &ControlStub::ListDags, request, &Response::dags, kAll, one)
template <class Request, class Response, class Items, class F>
Status ForEach(Client& client,
               grpc::Status (ControlStub::*method)(grpc::ClientContext*, const Request&, Response*),
               Request request, const Items& (Response::*items)() const, uint64_t rows_max, F one) {
  uint64_t seen = 0;
  while (seen < rows_max) {
    request.set_limit(static_cast<uint32_t>(std::min<uint64_t>(kPage, rows_max - seen)));
    request.set_offset(static_cast<uint32_t>(seen));
    GALE_ASSIGN_OR_RETURN(Response page, client.Call(method, request));
    const Items& rows = (page.*items)();
    for (const auto& item : rows) one(item);
    seen += static_cast<uint64_t>(rows.size());
    if (rows.empty() || seen >= page.total_entries()) break;
  }
  return OkStatus();
}

// The task instances of a run, in the order of its DAG. NOT_FOUND names the run.
Result<v1::ListTaskInstancesResponse> ListTasksOfRun(Client& client, const std::string& dag_id,
                                                     const std::string& run_id,
                                                     const std::string& task_id = "",
                                                     std::optional<int32_t> map_index = {});

}  // namespace gale::cli
