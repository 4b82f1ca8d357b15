// What people ask of task instances, through the loop: notes, clearing of several runs at once; and
// the times that a row tells of its try.
#include <gmock/gmock.h>

#include "common/base/limits.h"
#include "tests/unit/master/engine/loop_fixture.h"

namespace gale {
namespace {

using testing::HasSubstr;

class Tasks : public LoopTest {
 protected:
  std::string NoteOf(RunId run, uint32_t task) {
    const auto notes =
        store_.reads().ListTaskNotes({{run, TaskIndex(task), TaskIndex(task)}}).value();
    return notes.empty() ? "" : notes.at(0).note;
  }
  Result<std::vector<TiRow>> Set(SetTasksRequest request) {
    request.dag_id = "d";
    return OnRun<Result<std::vector<TiRow>>>("d", request.run_id,
                                             [&](Loop& l) { return l.SetTasks(request, actor_); });
  }
  std::vector<std::string> Events(const std::string& event) {
    std::vector<std::string> found;
    EventQuery query;
    query.event.is = event;
    const Page<EventRow> page = store_.reads().ListEvents(query).value();
    for (const EventRow& row : page.rows) {
      found.push_back(row.run_id + "/" + row.task_id + " by " + row.owner);
    }
    return found;
  }
  // What Control does: the runs are in memory, all of them.
  Result<std::vector<TiRow>> Clear(const ClearRequest& request) {
    std::vector<std::string> runs = request.other_runs;
    runs.push_back(request.run_id);
    Result<std::vector<TiRow>> answer = Internal("not answered");
    MustTurn([&](Loop& l) {
      l.WithRuns("d", runs, [&](Loop& loop, const Status& there) {
        answer = there.ok() ? loop.Clear(request, actor_) : Result<std::vector<TiRow>>(there);
      });
    });
    return answer;
  }
  RunId Failed(const std::string& run_id) {
    const RunId id = Trigger({.dag_id = "d", .run_id = run_id}).value().id;
    OnRun<Result<RunRow>>("d", run_id, [&](Loop& l) {
      return l.SetRunState("d", run_id, RunState::kFailed, actor_);
    }).value();
    EXPECT_EQ(loop_->scheduler().Find(id), nullptr) << "it is over";
    return id;
  }
};

TEST_F(Tasks, ANoteStandsWhateverBecomesOfItsInstance) {
  Know({MakeDag("d", {Bash("a", {"b"}), Bash("b")})});
  const RunRow run = MustTrigger("d");
  auto link = Connect(Hello("w"));
  const auto noted = Set({.run_id = run.run_id, .task_ids = {"b"}, .state = {}, .note = "wait"});
  ASSERT_EQ(noted->size(), 1u);
  EXPECT_EQ(noted->at(0).state, TiState::kNone);
  EXPECT_EQ(NoteOf(run.id, 1), "wait");
  EXPECT_EQ(store_.reads().ListTis(run.id)->size(), 1u) << "nothing has happened to b";
  EXPECT_EQ(Events("set_note"), std::vector<std::string>{run.run_id + "/b by admin"});
  MustTurn([&](Loop& l) { l.OnFinished(link, Ended(link->grants[0])); });
  MustTurn([&](Loop& l) { l.OnFinished(link, Ended(link->grants[1])); });
  ASSERT_EQ(StateOf(run.id), RunState::kSuccess);
  ASSERT_EQ(Clear({.dag_id = "d", .run_id = run.run_id, .task_ids = {"b"}})->size(), 1u);
  EXPECT_EQ(NoteOf(run.id, 1), "wait");
  Restart();
  ASSERT_TRUE(Set({.run_id = run.run_id, .task_ids = {"b"}, .state = {}, .note = ""}).ok());
  EXPECT_EQ(NoteOf(run.id, 1), "");
}

TEST_F(Tasks, AStateAndANoteAreSetTogetherOrNotAtAll) {
  Know({MakeDag("d", {Bash("a", {"b"}), Bash("b")})});
  const RunRow run = MustTrigger("d");
  const auto refused = Set({.run_id = run.run_id,
                            .task_ids = {"a"},
                            .state = TiState::kSkipped,
                            .note = std::string(limits::kNoteBytesMax + 1, 'x')});
  EXPECT_EQ(refused.status().message(),
            "note: has 1001 bytes; at most 1000 are taken (kNoteBytesMax)");
  EXPECT_EQ(Ti(run.id).state, TiState::kQueued);
  const auto set = Set({.run_id = run.run_id,
                        .task_ids = {"a"},
                        .state = TiState::kFailed,
                        .include_downstream = true,
                        .note = "not today"});
  EXPECT_EQ(set->size(), 2u);
  EXPECT_EQ(Ti(run.id).state, TiState::kFailed);
  EXPECT_EQ(NoteOf(run.id, 0), "not today");
  EXPECT_EQ(NoteOf(run.id, 1), "") << "it is of the one that was named";
}

TEST_F(Tasks, ANoteIsToldBesideTheRows) {
  Know({MakeDag("d")});
  const RunRow run = MustTrigger("d");
  auto told = loop_->feed().Subscribe({}, std::nullopt, nullptr).value();
  ASSERT_TRUE(Set({.run_id = run.run_id, .task_ids = {"a"}, .state = {}, .note = "<b>"}).ok());
  const FeedSubscription::News news = told->Take();
  ASSERT_EQ(news.turns.size(), 1u);
  ASSERT_EQ(news.turns[0]->changes.size(), 1u);
  const auto& change = std::get<TasksChanged>(news.turns[0]->changes[0]);
  EXPECT_EQ(change.run_id, run.run_id);
  EXPECT_TRUE(change.tasks.empty());
  ASSERT_EQ(change.notes.size(), 1u);
  EXPECT_EQ(change.notes[0].task_id + " " + change.notes[0].note, "a <b>");
  FeedFilter filter{.run = run.id, .task = TaskIndex(0)};
  EXPECT_TRUE(filter.Matches(news.turns[0]->changes[0]));
  filter.task = TaskIndex(1);
  EXPECT_FALSE(filter.Matches(news.turns[0]->changes[0]));
}

TEST_F(Tasks, SeveralRunsAreClearedInOneTurn) {
  Know({MakeDag("d", {Bash("a", {"b"}), Bash("b"), Bash("c")})});
  const RunId one = Failed("one"), two = Failed("two"), three = Failed("three");
  ClearRequest clear{.dag_id = "d", .run_id = "two", .task_ids = {"a"}};
  clear.include_downstream = clear.dry_run = true;
  clear.other_runs = {"one", "three"};
  EXPECT_EQ(Clear(clear)->size(), 6u);
  for (RunId run : {one, two, three}) {
    EXPECT_EQ(StateOf(run), RunState::kFailed);
    EXPECT_EQ(loop_->scheduler().Find(run), nullptr) << "it has left memory again";
  }
  EXPECT_TRUE(Events("clear").empty());
  clear.dry_run = false;
  EXPECT_EQ(Clear(clear)->size(), 6u);
  for (RunId run : {one, two, three}) {
    EXPECT_EQ(StateOf(run), RunState::kRunning);
    EXPECT_EQ(Ti(run, 0).state, TiState::kQueued);
    EXPECT_EQ(Ti(run, 2).state, TiState::kSkipped) << "c isn't below a";
  }
  EXPECT_EQ(Events("clear").size(), 3u);
}

TEST_F(Tasks, WhatIsTooMuchToClearIsRefusedWhole) {
  std::vector<TaskSpec> tasks;
  for (size_t i = 0; i <= limits::kClearedInstancesMax / 2; ++i) {
    tasks.push_back(Bash(fmt::format("t{}", i)));
  }
  DagSpec dag = MakeDag("d", tasks);
  dag.max_active_tasks = 1;
  Know({dag});
  const RunId one = Failed("one"), two = Failed("two");
  ClearRequest clear{.dag_id = "d", .run_id = "two"};
  clear.other_runs = {"one"};
  const Status refused = Clear(clear).status();
  EXPECT_EQ(refused.code(), Code::kInvalidArgument);
  EXPECT_THAT(
      std::string(refused.message()),
      HasSubstr("10002 task instances of 2 runs would be cleared, at most 10000 may at once "
                "(kClearedInstancesMax)"));
  EXPECT_EQ(StateOf(one), RunState::kFailed);
  EXPECT_EQ(StateOf(two), RunState::kFailed);
  clear.task_ids = {"t7"};
  EXPECT_EQ(Clear(clear)->size(), 2u);
}

TEST_F(Tasks, ARowTellsHowLongItsTryWaitedForASlot) {
  MustTurn([&](Loop& l) { ASSERT_TRUE(l.SetPool({.name = "p", .slots = 1}, actor_).ok()); });
  DagSpec dag = MakeDag("d", {Bash("a"), Bash("b")});
  for (TaskSpec& task : dag.tasks) task.pool = "p";
  Know({dag});
  const RunRow run = MustTrigger("d");
  const TimePoint scheduled = clock_.Now();
  EXPECT_EQ(Ti(run.id, 0).scheduled_at, scheduled);
  EXPECT_EQ(Ti(run.id, 0).queued_at, scheduled);
  EXPECT_EQ(Ti(run.id, 1).scheduled_at, scheduled) << "it waits for the pool";
  EXPECT_EQ(Ti(run.id, 1).queued_at, std::nullopt);
  const Duration wait = 91s + 123'457us;
  clock_.Advance(wait - 1us);
  Restart();  // which takes a microsecond
  const core::Run& live = *loop_->scheduler().Find(run.id);
  EXPECT_EQ(loop_->scheduler().Since(live, TaskIndex(1)), scheduled) << "after a restart, too";
  ASSERT_TRUE(Set({.run_id = run.run_id, .task_ids = {"a"}, .state = TiState::kSuccess}).ok());
  EXPECT_EQ(Ti(run.id, 1).queued_at, scheduled + wait);
  clock_.Advance(7s);
  auto link = Connect(Hello("w"));
  ASSERT_EQ(link->grants.size(), 1u);
  clock_.Advance(3s);
  MustTurn([&](Loop& l) { l.OnFinished(link, Ended(link->grants[0])); });
  const TiRow row = Ti(run.id, 1);
  EXPECT_EQ(row.state, TiState::kSuccess);
  EXPECT_EQ(row.queued_at, scheduled + wait);
  ASSERT_TRUE(row.scheduled_at);
  EXPECT_LE(std::chrono::abs(*row.scheduled_at - scheduled), 10us) << "seven digits of the wait";
  const auto tries = store_.reads().ListAttempts({run.id, TaskIndex(1)}).value();
  ASSERT_EQ(tries.size(), 1u);
  EXPECT_EQ(tries[0].scheduled_at, row.scheduled_at);
  ASSERT_EQ(Clear({.dag_id = "d", .run_id = run.run_id, .task_ids = {"b"}})->size(), 1u);
  EXPECT_EQ(Ti(run.id, 1).scheduled_at, clock_.Now());
}

}  // namespace
}  // namespace gale
