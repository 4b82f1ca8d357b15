// Random events on random DAGs. After each, World::Check asks for the audit, the ledger, the queue
// and a recovery; when the events stop and the workers do their work, every run must end.
#include <gtest/gtest.h>

#include "tests/scenarios/world.h"
#include "tests/unit/master/core/dags.h"

namespace gale::core::testing {
namespace {

class Walk {
 public:
  Walk(uint64_t seed, bool with_past, bool mapped) : random_(seed), mapped_(mapped) {
    world_.SetPool("small", 2);
    world_.SetDag(RandomDag(random_, "d0", with_past, mapped), false);
    world_.SetDag(RandomDag(random_, "d1", false, mapped), false);
    Trigger();
    Check();
  }

  void Step() {
    switch (Upto(16)) {
      case 0: Trigger(); break;
      case 1:
      case 2:
      case 3:
      case 4: ClaimSome(); break;
      case 5:
      case 6:
      case 7:
      case 8: FinishSome(); break;
      case 9: world_.now += std::chrono::seconds(Upto(30)); break;
      case 10: ByHand(); break;
      case 11: world_.SetPaused(fmt::format("d{}", Upto(2)), Upto(3) == 0); break;
      case 12: world_.SetPool("small", static_cast<int32_t>(2 + Upto(3))); break;
      case 13: world_.Crash(); break;
      case 14: Stale(); break;
      case 15: break;  // the timers only
    }
    Check();
  }

  // People leave, workers do their work, failures stop: everything must come to an end.
  void Wind() {
    for (const char* dag : {"d0", "d1"}) world_.SetPaused(dag, false);
    world_.SetPool("small", 3);
    for (int step = 0; step < 3000 && !Over(); ++step) {
      world_.Turn();
      ClaimSome();
      if (auto live = Live(); !live.empty()) {
        Finish(live[0], Outcome::kSuccess);
      } else if (auto wake = world_.scheduler->NextWake(); wake && world_.queue.empty()) {
        world_.now = std::max(world_.now, *wake);
      }
      Check();
      if (::testing::Test::HasFatalFailure()) return;
    }
    ASSERT_TRUE(Over()) << "a run did not end:" << Describe();
    EXPECT_EQ(world_.scheduler->admission().Usage("default_pool").held, 0u);
    EXPECT_TRUE(world_.queue.empty());
    EXPECT_TRUE(world_.scheduler->runs().empty()) << "what is at rest leaves memory";
  }
  size_t ends() const { return ends_; }

 private:
  uint32_t Upto(size_t n) { return static_cast<uint32_t>(random_() % n); }
  TimePoint Day(uint32_t n) { return TimePoint(std::chrono::hours(24) * (1 + n)); }

  void Check() {
    world_.Turn();
    world_.out = {};
    ASSERT_EQ(world_.Check(), "");
    if (++checks_ % 5 != 0) return;  // it costs as much as all the rest
    ASSERT_EQ(Unexplained(), "");
  }
  // Whatever waits can say for what: all that is looked at before that is met, what comes after it
  // isn't looked at.
  std::string Unexplained() {
    const QueueStanding queue{{"w1"}, 1, 1, 0};
    std::string bad;
    for (const auto& [id, run] : world_.scheduler->runs()) {
      const Why of_run = world_.scheduler->ExplainRun(*run, world_.now);
      if ((Unmet(of_run.checks) != nullptr) == (run->head.state == RunState::kRunning)) {
        return fmt::format("run {} is {}", id.value, Name(run->head.state));
      }
      run->ForEach([&](Inst t) {
        const TiState state = run->ti(t).state;
        if (IsFinished(state)) return;
        const Why why = world_.scheduler->Explain(*run, t, world_.now, &queue);
        const core::Check* unmet = Unmet(why.checks);
        bool right = (unmet == nullptr) == (state == TiState::kRunning);
        for (const core::Check& check : why.checks) {
          if (run->head.state != RunState::kRunning || unmet == nullptr) break;
          if (&check < unmet) right = right && check.met == true;
          if (&check > unmet) right = right && !check.met;
        }
        if (!right) {
          bad = fmt::format("run {} task {} [{}] {}: {}", id.value, t.task.value, t.map_index,
                            Name(state), fmt::join(Sentences(why, world_.now), "; "));
        }
      });
    }
    return bad;
  }
  // Runs of DAGs that wait for their past hang, and are meant to, when the past failed.
  bool Over() {
    for (const auto& [id, run] : world_.scheduler->runs()) {
      std::vector<Inst> waiting;
      run->ForEach([&](Inst t) {
        if (run->ti(t).waits_for_past) waiting.push_back(t);
      });
      if (!waiting.empty() && run->live().empty() && !run->anything_moving()) {
        world_.Do(id, SetTasks{waiting, TiState::kSuccess});
        world_.Turn();
        return false;
      }
    }
    return world_.scheduler->runs().empty();
  }
  std::string Describe() {
    std::string out;
    for (const auto& [id, run] : world_.scheduler->runs()) {
      out += fmt::format("\nrun {} {}", id.value, Name(run->head.state));
      for (const std::string& why :
           Sentences(world_.scheduler->ExplainRun(*run, world_.now), world_.now))
        out += ", " + why;
      run->ForEach([&](Inst t) {
        const auto why = Sentences(world_.scheduler->Explain(*run, t, world_.now), world_.now);
        out += fmt::format("\n  t{} [{}] {}: {}", t.task.value, t.map_index, Name(run->ti(t).state),
                           why.empty() ? "" : why.back());
      });
    }
    return out;
  }
  void Trigger() {
    if (world_.ledger.size() >= 8) return;
    const uint32_t n = static_cast<uint32_t>(world_.ledger.size());
    world_.Trigger(fmt::format("d{}", Upto(2)), fmt::format("r{}", n), Day(Upto(6) * 10 + n),
                   world_.now + std::chrono::seconds(Upto(2) * 20));
  }
  void ClaimSome() {
    if (world_.queue.empty()) return;
    auto it = world_.queue.begin();
    std::advance(it, Upto(world_.queue.size()));
    const AttemptId id = *it;
    ASSERT_TRUE(world_.Do(id.run, Claim{id, "w1"}).granted);
    ASSERT_FALSE(world_.Do(id.run, Claim{id, "w2"}).granted) << "twice";
  }
  std::vector<AttemptId> Live() {
    std::vector<AttemptId> live;
    for (const auto& [id, run] : world_.scheduler->runs()) {
      for (const auto& [inst, attempt] : run->live()) live.push_back(run->attempt(inst));
    }
    std::sort(live.begin(), live.end());
    return live;
  }
  void Finish(const AttemptId& id, Outcome outcome) {
    AttemptFinished done;
    done.attempt = id;
    done.outcome = outcome;
    if (mapped_ && Upto(8) > 0) done.value_length = Upto(4);
    if (Upto(4) == 0) {
      const Run recalled = world_.Recall(id.run);
      for (uint32_t n = 1 + Upto(3); n > 0; --n) {
        const auto index =
            Upto(4) == 0 ? std::optional(static_cast<int32_t>(Upto(3))) : std::nullopt;
        done.skips.push_back({TaskIndex(Upto(recalled.size())), index});
      }
    }
    if (Upto(3) > 0) done.next_at = world_.now + std::chrono::seconds(Upto(100));
    world_.Do(id.run, done);
    ++ends_;
  }
  void FinishSome() {
    const auto live = Live();
    if (live.empty()) return;
    static constexpr Outcome kOutcomes[] = {
        Outcome::kSuccess,   Outcome::kSuccess,    Outcome::kSuccess, Outcome::kFailed,
        Outcome::kFailed,    Outcome::kSkipped,    Outcome::kLost,    Outcome::kFailedNoRetry,
        Outcome::kUnstarted, Outcome::kRescheduled};
    Finish(live[Upto(live.size())], kOutcomes[Upto(std::size(kOutcomes))]);
  }
  RunId AnyRun() { return RunId(1 + Upto(world_.ledger.size())); }
  void ByHand() {
    const RunId run = AnyRun();
    const Run recalled = world_.Recall(run);
    std::vector<Inst> tasks;
    for (int i = 0; i < 2; ++i) {
      const TaskIndex t(Upto(recalled.size()));
      const bool all = !mapped_ || Upto(2) == 0;
      const uint32_t one = mapped_ ? Upto(recalled.width(t)) : 0;
      recalled.ForEachOf(t, [&](Inst each) {
        if (all || static_cast<int32_t>(one) == std::max(each.map_index, 0)) tasks.push_back(each);
      });
    }
    static constexpr TiState kMarks[] = {TiState::kSuccess, TiState::kFailed, TiState::kSkipped};
    static constexpr RunState kRuns[] = {RunState::kSuccess, RunState::kFailed, RunState::kQueued};
    switch (Upto(4)) {
      case 0: world_.Do(run, SetTasks{tasks, kMarks[Upto(3)]}); break;
      case 1: world_.Do(run, SetRun{kRuns[Upto(3)]}); break;
      default: world_.Do(run, ClearTasks{tasks}); break;
    }
  }
  // What at-least-once delivery brings: of any try of any task.
  void Stale() {
    const RunId run = AnyRun();
    const Run* live = world_.scheduler->Find(run);
    if (live == nullptr) return;
    const TaskIndex t(Upto(live->size()));
    AttemptId id = live->attempt(live->instance(t, mapped_ ? Upto(live->width(t)) : 0));
    if (id.try_number > 0 && Upto(2) == 0) --id.try_number;
    if (world_.queue.contains(id) || live->live({id.task, id.map_index}) != nullptr) return;
    const size_t rows = world_.out.tis.size();
    Finish(id, Outcome::kFailed);
    ASSERT_FALSE(world_.Do(run, Claim{id, "w9"}).granted);
    world_.Do(run, AttemptStarted{id, 1});
    ASSERT_EQ(world_.out.tis.size(), rows);
  }

  std::mt19937_64 random_;
  const bool mapped_;
  World world_;
  size_t ends_ = 0, checks_ = 0;
};

void WalkAll(uint64_t first, uint64_t last, bool with_past, bool mapped = false) {
  size_t ends = 0;
  for (uint64_t seed = first; seed <= last; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}{}", seed, with_past ? " with depends_on_past" : ""));
    Walk walk(seed, with_past, mapped);
    for (int i = 0; i < 200 && !::testing::Test::HasFatalFailure(); ++i) walk.Step();
    if (!::testing::Test::HasFatalFailure()) walk.Wind();
    if (::testing::Test::HasFatalFailure()) return;
    ends += walk.ends();
  }
  EXPECT_GT(ends, 20 * (last - first)) << "the walks went nowhere";
}

TEST(RandomWalk, EveryInvariantHoldsAndEveryRunEnds) { WalkAll(1, 60, false); }
TEST(RandomWalk, AlsoWithMappedTasks) { WalkAll(2001, 2030, false, true); }
TEST(RandomWalk, AlsoWithMappedTasksAndDependsOnPast) { WalkAll(3001, 3030, true, true); }
TEST(RandomWalk, AlsoWithDependsOnPast) { WalkAll(1001, 1060, true); }

}  // namespace
}  // namespace gale::core::testing
