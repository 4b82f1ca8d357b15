#include "common/model/state.h"

#include <gtest/gtest.h>

#include "common/model/trigger_rule.h"

namespace gale {
namespace {

TiState State(size_t i) { return static_cast<TiState>(i); }

TEST(TiState, EveryNameIsReadBack) {
  for (size_t i = 0; i < kTiStates; ++i) {
    EXPECT_FALSE(Name(State(i)).empty());
    EXPECT_EQ(ParseTiState(Name(State(i))), State(i));
  }
  EXPECT_EQ(Name(TiState::kUpForRetry), "up_for_retry");
  EXPECT_EQ(ParseTiState("exploded"), std::nullopt);
  for (size_t i = 0; i < kRunStates; ++i) {
    EXPECT_EQ(ParseRunState(Name(static_cast<RunState>(i))), static_cast<RunState>(i));
  }
}

TEST(TiState, MayAlwaysStayWhatItIs) {
  for (size_t i = 0; i < kTiStates; ++i) EXPECT_TRUE(MayFollow(State(i), State(i)));
}

TEST(TiState, AFinishedTaskOnlyMovesByHand) {
  for (size_t i = 0; i < kTiStates; ++i) {
    if (!IsFinished(State(i))) continue;
    EXPECT_TRUE(MayFollow(State(i), TiState::kNone)) << Name(State(i));
    EXPECT_FALSE(MayFollow(State(i), TiState::kRunning)) << Name(State(i));
    EXPECT_FALSE(MayFollow(State(i), TiState::kScheduled)) << Name(State(i));
  }
}

TEST(TiState, ALiveProcessIsNeverForgotten) {
  // Cleared while running, a task is restarting until its process is gone; it can't start beside
  // it.
  EXPECT_TRUE(MayFollow(TiState::kRunning, TiState::kRestarting));
  EXPECT_FALSE(MayFollow(TiState::kRunning, TiState::kNone));
  EXPECT_FALSE(MayFollow(TiState::kRestarting, TiState::kScheduled));
  EXPECT_FALSE(MayFollow(TiState::kRestarting, TiState::kRunning));
  EXPECT_TRUE(MayFollow(TiState::kRestarting, TiState::kNone));
}

TEST(TiState, OnlyAQueuedTaskIsGranted) {
  for (size_t i = 0; i < kTiStates; ++i) {
    bool may = State(i) == TiState::kQueued || State(i) == TiState::kRunning;
    EXPECT_EQ(MayFollow(State(i), TiState::kRunning), may) << Name(State(i));
  }
}

TEST(RunState, AFinishedRunIsOnlyQueuedAgain) {
  EXPECT_TRUE(MayFollow(RunState::kQueued, RunState::kRunning));
  EXPECT_TRUE(MayFollow(RunState::kFailed, RunState::kQueued));
  EXPECT_FALSE(MayFollow(RunState::kSuccess, RunState::kRunning));
  EXPECT_FALSE(MayFollow(RunState::kRunning, RunState::kQueued));
}

TEST(TriggerRule, EveryNameIsReadBackAndOldSpellingsToo) {
  for (size_t i = 0; i < kTriggerRules; ++i) {
    auto rule = static_cast<TriggerRule>(i);
    EXPECT_EQ(ParseTriggerRule(Name(rule)), rule);
  }
  EXPECT_EQ(ParseTriggerRule("dummy"), TriggerRule::kAlways);
  EXPECT_EQ(ParseTriggerRule("none_failed_or_skipped"), TriggerRule::kNoneFailedMinOneSuccess);
  EXPECT_EQ(ParseTriggerRule("ALL_SUCCESS"), std::nullopt);
}

}  // namespace
}  // namespace gale
