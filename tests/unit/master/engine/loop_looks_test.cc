// What the end of a Python task says beside its outcome: whom it passes by, when it comes again, what
// its fields were.
#include "tests/unit/master/engine/loop_fixture.h"

namespace gale {
namespace {

class Looks : public LoopTest {
 protected:
  // One run of branch >> left, right, granted to worker "w".
  void GrantBranch() {
    Know({MakeDag("d", {Bash("branch", {"left", "right"}), Bash("left"), Bash("right")})});
    run_ = MustTrigger("d");
    link_ = Connect(Hello("w"));
    ASSERT_EQ(link_->grants.size(), 1u);
    attempt_ = link_->grants[0];
  }
  void Finish(const AttemptResult& result) {
    MustTurn([&](Loop& l) { l.OnFinished(link_, result); });
  }
  RunRow run_;
  ToldLinkPtr link_;
  AttemptId attempt_;
};

TEST_F(Looks, WhatABranchPassesByIsSkippedInTheCommitOfItsEnd) {
  GrantBranch();
  AttemptResult result = Ended(attempt_);
  result.skips = {{"right", std::nullopt}};
  Finish(result);
  EXPECT_EQ(Ti(run_.id, 0).state, TiState::kSuccess);
  EXPECT_EQ(Ti(run_.id, 0).skips, "2");
  EXPECT_EQ(Ti(run_.id, 1).state, TiState::kRunning);
  EXPECT_EQ(Ti(run_.id, 2).state, TiState::kSkipped);
  EXPECT_EQ(Ti(run_.id, 2).reason, "skipped by task 'branch'");
  // It is remembered by the next master, and by one that reads the run after it has ended.
  Restart();
  auto clear = [&] {
    const ClearRequest request{.dag_id = "d", .run_id = run_.run_id, .task_ids = {"right"}};
    ASSERT_TRUE(OnRun<Result<std::vector<TiRow>>>("d", run_.run_id, [&](Loop& l) {
                  return l.Clear(request, actor_);
                }).ok());
  };
  clear();
  EXPECT_EQ(Ti(run_.id, 2).state, TiState::kSkipped);
}

TEST_F(Looks, ATaskThatThereIsNotFailsWhoNamesIt) {
  GrantBranch();
  AttemptResult result = Ended(attempt_);
  result.skips = {{"right", std::nullopt}, {"ghost", std::nullopt}};
  Finish(result);
  EXPECT_EQ(Ti(run_.id, 0).state, TiState::kFailed);
  EXPECT_EQ(Ti(run_.id, 0).reason,
            "it skips task 'ghost', which version 1 of dag 'd' does not have");
  EXPECT_EQ(Ti(run_.id, 2).state, TiState::kUpstreamFailed) << "nobody was passed by";
}

TEST_F(Looks, ASensorComesAgainWithoutAHistoryRowAndKeepsItsFirstStart) {
  GrantBranch();
  const auto began = Ti(run_.id).start_date;
  AttemptResult look = Ended(attempt_, core::Outcome::kRescheduled);
  look.finished.next_at = clock_.Now() + 3s;
  Finish(look);
  EXPECT_EQ(link_->acks, std::vector{attempt_});
  EXPECT_EQ(Ti(run_.id).state, TiState::kUpForReschedule);
  EXPECT_FALSE(Ti(run_.id).live);
  EXPECT_EQ(Ti(run_.id).worker, "w") << "where it was last";
  EXPECT_TRUE(store_.reads().ListAttempts({run_.id, TaskIndex(0)})->empty());
  // Told again, it is acked again.
  Finish(look);
  EXPECT_EQ(link_->acks.size(), 2u);
  Restart();
  link_ = Connect(Hello("w"));
  Pass(2s);
  EXPECT_TRUE(link_->grants.empty());
  Pass(1s);
  ASSERT_EQ(link_->grants.size(), 1u);
  EXPECT_EQ(link_->grants[0].try_number, 2u);
  EXPECT_EQ(Ti(run_.id).first_start, began);
  EXPECT_EQ(Ti(run_.id).shown_try(), 1u);
  EXPECT_EQ(Ti(run_.id).looks, 1u);
  Finish(Ended(link_->grants[0]));
  const auto history = store_.reads().ListAttempts({run_.id, TaskIndex(0)}).value();
  ASSERT_EQ(history.size(), 1u);
  EXPECT_EQ(history[0].id.try_number, 2u);
  EXPECT_EQ(history[0].shown_try(), 1u);
  EXPECT_EQ(history[0].looks, 1u);
}

TEST_F(Looks, RenderedFieldsAndTheNameOfAnElementAreCommittedWithItsEnd) {
  GrantBranch();
  AttemptResult result = Ended(attempt_, core::Outcome::kFailed);
  result.rendered_json = R"({"bash_command": "echo 1"})";
  result.rendered_map_index = "first";
  Finish(result);
  EXPECT_EQ(store_.reads().GetRendered({run_.id, TaskIndex(0)})->value().fields_json,
            result.rendered_json);
  EXPECT_EQ(Ti(run_.id).rendered_map_index, "first");
  // Of an end that was told before nothing is written.
  result.rendered_json = "{}";
  Finish(result);
  EXPECT_EQ(store_.reads().GetRendered({run_.id, TaskIndex(0)})->value().fields_json,
            R"({"bash_command": "echo 1"})");
}

// The ledger refuses them: its attempt fails, and nothing else of the turn.
TEST_F(Looks, RefusedRenderedFieldsAreTheirAttemptsFailure) {
  GrantBranch();
  AttemptResult result = Ended(attempt_);
  result.rendered_json = "caf\xe9";
  Status committed = Turn([&](Loop& l) { l.OnFinished(link_, result); });
  ASSERT_EQ(committed.code(), Code::kInvalidArgument) << committed.ToString();
  ASSERT_TRUE(*loop_->TakeBack(committed, Loop::Took::kOne)) << "again, without it";
  Finish(result);
  EXPECT_EQ(Ti(run_.id).state, TiState::kFailed);
  EXPECT_NE(Ti(run_.id).reason.find("refused by the ledger"), std::string::npos);
}

}  // namespace
}  // namespace gale
