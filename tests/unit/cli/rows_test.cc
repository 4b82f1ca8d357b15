// The master's answers as rows.
#include "cli/rows.h"

#include <gtest/gtest.h>

#include <sstream>

namespace gale::cli {
namespace {

std::string JsonOf(std::span<const RowColumn> columns, const google::protobuf::Message& message) {
  Table table = TableOf(columns);
  AddRow(table, columns, message);
  std::ostringstream out;
  table.PrintRecord(out, Format::kJson, false);
  std::string text;
  for (const char c : out.str()) {
    if (c != '\n' && c != ' ') text += c;
  }
  return text;
}

TEST(RowsTest, ATaskInstanceShowsWhatIsKnownOfIt) {
  v1::TaskInstance ti;
  EXPECT_EQ(JsonOf(kTaskInstanceColumns, ti),
            R"({"dag_id":"","run_id":"","task_id":"","map_index":0,"state":"","start_date":null,)"
            R"("end_date":null,"try_number":0,"max_tries":0,"next_retry_at":null,)"
            R"("cpu_seconds":null,"rss_mib_max":null,"reason":null,"worker":null,"pid":0,)"
            R"("operator":"","pool":"","pool_slots":0,"queue":"","priority_weight":0,)"
            R"("scheduled_at":null,"note":null})");
  ti.set_rss_bytes_max((3 << 20) + 1);
  ti.mutable_user_time()->set_seconds(1);
  ti.mutable_system_time()->set_nanos(250'000'000);
  ti.set_operator_name("BashOperator");
  const std::string json = JsonOf(kTaskInstanceColumns, ti);
  EXPECT_NE(json.find(R"("cpu_seconds":1.25,"rss_mib_max":4,)"), std::string::npos) << json;
  EXPECT_NE(json.find(R"("operator":"BashOperator")"), std::string::npos) << json;
}

TEST(RowsTest, EveryListingFitsItsMessage) {
  v1::DagInfo dag;
  dag.add_owners("a");
  dag.add_owners("b");
  EXPECT_NE(JsonOf(kDagColumns, dag).find(R"("owners":"a,b")"), std::string::npos);
  EXPECT_NE(JsonOf(kRunColumns, v1::DagRun()).find(R"("conf":{})"), std::string::npos);
  EXPECT_NE(JsonOf(kPoolColumns, v1::Pool()).find(R"("pool":"")"), std::string::npos);
  EXPECT_NE(JsonOf(kWorkerColumns, v1::WorkerInfo()).find(R"("queues":[])"), std::string::npos);
}

}  // namespace
}  // namespace gale::cli
