// The feed's rows on the wire and as JSON.
#include "master/api/feed_codec.h"

#include <gtest/gtest.h>

#include "master/store/row_columns.h"
#include "tests/contract/sample_rows.h"

namespace gale {
namespace {

using namespace testing_rows;  // NOLINT

TEST(FeedCodec, AnInstanceComesThroughWhole) {
  const TiRow row = FullTi(7, 3);
  TasksChanged tasks{row.run, "etl", "r1", {{"load", row}}, false, std::nullopt};
  const FeedTurn came = FromProto(ToProto(FeedTurn{{}, {tasks}}));
  const auto& told = std::get<TasksChanged>(came.changes.at(0));
  EXPECT_EQ(Columns(told.tasks.at(0).row), Columns(row)) << "every column, its usage too";
  const Json json = ChangeJson(tasks)["task_instances"][0];
  EXPECT_EQ(json["cpu_seconds"], 1.234656);
  EXPECT_EQ(json["rss_bytes_max"], row.usage.rss_bytes_max);
}

TEST(FeedCodec, ADagTellsOfItsFailuresInARow) {
  const FeedTurn came = FromProto(ToProto(FeedTurn{{}, {DagChanged{FullDag("etl")}}}));
  EXPECT_EQ(std::get<DagChanged>(came.changes.at(0)).row.failed_in_a_row, 6u);
  EXPECT_EQ(ChangeJson(came.changes.at(0))["failed_in_a_row"], 6);
}

}  // namespace
}  // namespace gale
