// What stands in the worker's messages, in the engine's words and back.
#include "master/api/grants.h"

#include <gtest/gtest.h>

#include "common/base/text_limits.h"
#include "common/rpc/convert.h"

namespace gale {
namespace {

using std::chrono::minutes;

const TimePoint kNow(std::chrono::seconds(1'700'000'000));

v1::Finished Ended(TimePoint start, TimePoint end) {
  v1::Finished out;
  out.set_outcome(v1::Finished::SUCCESS);
  *out.mutable_started_at() = ToProto(start);
  *out.mutable_finished_at() = ToProto(end);
  *out.mutable_usage()->mutable_user_time() = ToProto(Duration(1'500'000));
  out.mutable_usage()->set_rss_bytes_max(4096);
  return out;
}

// The worker's clock is an hour ahead; the message comes six minutes after the end, since the
// master could take nothing before.
TEST(Grants, AnEndIsAsLongAgoAsTheWorkerSays) {
  const TimePoint there = kNow + minutes(60);
  const AttemptResult result =
      FromProto(Ended(there - minutes(9), there - minutes(6)), there, kNow);
  EXPECT_EQ(result.finished.started_at, kNow - minutes(9));
  EXPECT_EQ(result.finished.ended_at, kNow - minutes(6));
  EXPECT_EQ(result.finished.usage.user_time, Duration(1'500'000));
  EXPECT_EQ(result.finished.usage.rss_bytes_max, 4096u);
}

TEST(Grants, WhatASpoolKeptIsAsLongAgoAsItsHelloSays) {
  v1::Hello hello;
  hello.set_name("w");
  hello.set_slots(1);
  hello.add_queues("default");
  *hello.mutable_sent_at() = ToProto(kNow);
  *hello.add_spooled() = Ended(kNow - minutes(3), kNow - minutes(2));
  const auto said = FromProto(hello, kNow + minutes(1));
  ASSERT_TRUE(said.ok());
  EXPECT_EQ(said->spooled.at(0).finished.ended_at, kNow - minutes(1));
}

TEST(Grants, WithoutTheTimeOfSendingThereAreNoTimes) {
  const AttemptResult result = FromProto(Ended(kNow, kNow), std::nullopt, kNow);
  EXPECT_EQ(result.finished.started_at, std::nullopt);
  EXPECT_EQ(result.finished.ended_at, std::nullopt);
}

TEST(Grants, NothingIsFromTheFutureNorTooMuchForTheLedger) {
  v1::Finished wild = Ended(kNow, kNow + minutes(5));
  wild.mutable_usage()->mutable_user_time()->set_seconds(-5);
  wild.mutable_usage()->set_rss_bytes_max(UINT64_MAX);
  const AttemptResult result = FromProto(wild, kNow, kNow);
  EXPECT_EQ(result.finished.ended_at, kNow);
  EXPECT_EQ(result.finished.usage.user_time, Duration(0));
  EXPECT_EQ(result.finished.usage.rss_bytes_max, uint64_t{INT64_MAX});
}

// [] means that no code skips; on the wire an empty list means [99].
TEST(Grants, NoSkippingExitCodeIsSaidToTheWorker) {
  for (const bool none : {true, false}) {
    BashWork work{.command = "exit 99"};
    if (none) work.skip_on_exit_code.clear();
    DagSpec spec;
    spec.dag_id = "d";
    spec.tasks.resize(1);
    spec.tasks[0].task_id = "t";
    spec.tasks[0].work = work;
    Grant grant;
    grant.dag = *Dag::Make(spec);
    grant.attempt = {RunId(1), TaskIndex(0), kUnmapped, 1};
    const v1::Grant sent = GrantWriter().ToProto(grant);
    ASSERT_EQ(sent.bash().skip_on_exit_code_size(), 1);
    EXPECT_EQ(sent.bash().skip_on_exit_code(0), none ? -1 : 99);
  }
}

TEST(Grants, AnEndPassesTasksByComesAgainAndShowsItsFields) {
  v1::Finished said = Ended(kNow, kNow);
  said.set_outcome(v1::Finished::RESCHEDULED);
  said.add_skips()->set_task_id("left");
  v1::TaskSkip& one = *said.add_skips();
  one.set_task_id("right");
  one.set_map_index(3);
  *said.mutable_reschedule_at() = ToProto(kNow + minutes(61));
  said.set_rendered_fields_json(R"({"bash_command": "echo"})");
  said.set_rendered_map_index(
      "gr\xc3\xb6\xc3\x9f"
      "e\xff");
  // The worker's clock is an hour ahead.
  const AttemptResult result = FromProto(said, kNow + minutes(60), kNow);
  EXPECT_EQ(result.finished.outcome, core::Outcome::kRescheduled);
  EXPECT_EQ(result.finished.next_at, kNow + minutes(1));
  ASSERT_EQ(result.skips.size(), 2u);
  EXPECT_EQ(result.skips[0].task_id, "left");
  EXPECT_EQ(result.skips[0].map_index, std::nullopt);
  EXPECT_EQ(result.skips[1].map_index, 3);
  EXPECT_EQ(result.rendered_json, R"({"bash_command": "echo"})");
  EXPECT_EQ(result.rendered_map_index,
            "gr\xc3\xb6\xc3\x9f"
            "e\\xff");
}

TEST(Grants, RenderedFieldsThatAreWrongCostOnlyThemselves) {
  for (const std::string& wrong :
       {std::string("[1]"), std::string("{"), std::string("\"caf\xe9\""),
        "{\"x\": \"" + std::string(limits::kRenderedBytesMax, 'x') + "\"}"}) {
    v1::Finished said = Ended(kNow, kNow);
    said.set_rendered_fields_json(wrong);
    const AttemptResult result = FromProto(said, kNow, kNow);
    EXPECT_EQ(result.finished.outcome, core::Outcome::kSuccess);
    EXPECT_EQ(result.rendered_json, "");
  }
}

}  // namespace
}  // namespace gale
