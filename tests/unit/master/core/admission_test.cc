// Who may start next: the named cases, and a random walk against a model that looks at everything.
#include "master/core/admission.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace gale::core {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr uint32_t kMany = 1'000'000;

Admission::Request Want(int64_t run, uint32_t task, std::string pool = "p") {
  Admission::Request r;
  r.ref = {RunId(run), TaskIndex(task)};
  r.dag_id = "d";
  r.task_id = fmt::format("t{}", task);
  r.pool = std::move(pool);
  r.run_limit = kMany;
  return r;
}
TiRef Ref(int64_t run, uint32_t task) { return {RunId(run), TaskIndex(task)}; }

void Add(Admission& a, const Admission::Request& r) { a.Add(a.Resolve(r), r.ref.inst); }
void Hold(Admission& a, const Admission::Request& r) { a.Hold(a.Resolve(r), r.ref.inst); }

// What the first check that isn't met says; empty: all are, or it doesn't wait.
std::string WhyNot(const Admission& a, const Admission::Request& r) {
  const std::vector<Check> checks = a.Checks(r);
  const Check* unmet = Unmet(checks);
  return unmet == nullptr ? "" : Sentence(*unmet, TimePoint());
}

TEST(Admission, TakesTheBestFirst) {
  Admission a;
  a.SetPool("p", 3);
  auto low = Want(1, 0), high = Want(2, 1), old = Want(3, 2), young = Want(4, 3);
  high.priority = 5;
  low.date = young.date = 20;
  old.date = 10;
  for (const auto& r : {young, low, old, high}) Add(a, r);
  EXPECT_THAT(a.Admit(), ElementsAre(high.ref, old.ref, low.ref)) << "weight, date, acceptance";
  EXPECT_TRUE(a.waits(young.ref));
  EXPECT_TRUE(a.holds(old.ref));
  EXPECT_EQ(a.Audit(), "");
}

TEST(Admission, WhatWaitsOrHoldsAlreadyIsLeftAlone) {
  Admission a;
  a.SetPool("p", 1);
  Add(a, Want(1, 0));
  Add(a, Want(1, 0));
  EXPECT_EQ(a.Usage("p").waiting, 1u);
  EXPECT_THAT(a.Admit(), ElementsAre(Ref(1, 0)));
  Add(a, Want(1, 0));
  EXPECT_EQ(a.Usage("p").waiting, 0u);
  EXPECT_THAT(a.Admit(), IsEmpty());
}

TEST(Admission, RemovingAndFreeingTheUnknownIsNoError) {
  Admission a;
  a.SetPool("p", 1);
  a.Remove(Ref(9, 9));
  a.Free(Ref(9, 9));
  a.ForgetRun(RunId(9));
  EXPECT_EQ(a.Usage("p").held, 0u);
  EXPECT_EQ(a.Usage("nowhere").slots, 0);
  EXPECT_EQ(a.Audit(), "");
}

TEST(Admission, RecoveryHoldsOverTheLimits) {
  Admission a;
  a.SetPool("p", 1);
  auto limited = [](uint32_t task) {
    auto r = Want(1, task);
    r.run_limit = 1;
    return r;
  };
  Hold(a, limited(0));
  Hold(a, limited(1));
  Hold(a, limited(1));
  EXPECT_EQ(a.Usage("p").held, 2u);
  Add(a, limited(2));
  EXPECT_THAT(a.Admit(), IsEmpty());
  a.Free(Ref(1, 0));
  EXPECT_THAT(a.Admit(), IsEmpty()) << "still one over the limit and none free";
  a.Free(Ref(1, 1));
  EXPECT_THAT(a.Admit(), ElementsAre(Ref(1, 2)));
  EXPECT_EQ(a.Audit(), "");
}

TEST(Admission, HoldingWhatWaitedTakesItOutOfTheLine) {
  Admission a;
  a.SetPool("p", 0);
  Add(a, Want(1, 0));
  Hold(a, Want(1, 0));
  EXPECT_FALSE(a.waits(Ref(1, 0)));
  EXPECT_TRUE(a.holds(Ref(1, 0)));
  EXPECT_EQ(a.Usage("p").waiting, 0u);
  EXPECT_EQ(a.Audit(), "");
}

// Was a bug: a gate let as many candidates through as it had room for, and forgot the rest if
// another gate stopped them.
TEST(Admission, WhatAnotherLimitStopsDoesNotKeepTheNextFromGoing) {
  Admission a;
  a.SetPool("p", 10);
  auto solo = [](int64_t run) {
    auto r = Want(run, 7);
    r.priority = 5;
    r.run_limit = 1;
    r.per_dag_limit = 1;
    return r;
  };
  auto plain = Want(2, 1), first = Want(2, 0);
  plain.run_limit = first.run_limit = 1;
  first.priority = 9;
  Add(a, first);
  ASSERT_THAT(a.Admit(), ElementsAre(first.ref));
  Add(a, solo(2));  // parked at its run's limit
  Add(a, plain);    // too
  Add(a, solo(1));
  ASSERT_THAT(a.Admit(), ElementsAre(solo(1).ref)) << "now the task's own limit is reached as well";
  a.Free(first.ref);
  EXPECT_THAT(a.Admit(), ElementsAre(plain.ref));
  EXPECT_EQ(a.Audit(), "");
}

// Was a bug of the same kind: the candidate was wider than what the pool had left.
TEST(Admission, ACandidateTooWideForThePoolDoesNotKeepTheNextFromGoing) {
  Admission a;
  a.SetPool("p", 4);
  auto hog = Want(1, 0), first = Want(2, 0), wide = Want(2, 1), narrow = Want(2, 2);
  hog.slots = 3;
  first.priority = 9;
  wide.priority = 5;
  wide.slots = 2;
  for (auto* r : {&first, &wide, &narrow}) r->run_limit = 1;
  Hold(a, hog);
  Add(a, first);
  ASSERT_THAT(a.Admit(), ElementsAre(first.ref));
  Add(a, wide);
  Add(a, narrow);
  a.Free(first.ref);
  EXPECT_THAT(a.Admit(), ElementsAre(narrow.ref));
  EXPECT_EQ(a.Audit(), "");
}

TEST(Admission, PoolsTakeTurnsByNameNotByAddress) {
  Admission a;
  for (const char* name : {"zebra", "ant", "moose"}) a.SetPool(name, 1);
  Add(a, Want(1, 0, "zebra"));
  Add(a, Want(1, 1, "moose"));
  Add(a, Want(1, 2, "ant"));
  EXPECT_THAT(a.Admit(), ElementsAre(Ref(1, 2), Ref(1, 1), Ref(1, 0)));
}

TEST(Admission, ANewVersionsLimitCountsAtOnce) {
  Admission a;
  a.SetPool("p", 10);
  auto want = [](int64_t run, uint32_t limit) {
    auto r = Want(run, 0);
    r.per_dag_limit = limit;
    return r;
  };
  Add(a, want(1, 1));
  Add(a, want(2, 1));
  ASSERT_THAT(a.Admit(), ElementsAre(Ref(1, 0)));
  Add(a, want(3, 3));
  EXPECT_THAT(a.Admit(), ElementsAre(Ref(2, 0), Ref(3, 0)));
  EXPECT_EQ(a.Audit(), "");
}

TEST(Admission, AForgottenRunLeavesNothingBehind) {
  Admission a;
  a.SetPool("p", 1);
  auto r = Want(1, 0);
  r.per_run_limit = 1;
  Add(a, r);
  a.Admit();
  a.Free(r.ref);
  a.ForgetRun(RunId(1));
  a.ForgetRun(RunId(1));
  Add(a, r);
  EXPECT_THAT(a.Admit(), ElementsAre(r.ref)) << "it may come back, cleared";
}

TEST(Admission, EveryWaitHasAReason) {
  Admission a;
  auto r = Want(1, 3);
  Add(a, r);
  EXPECT_THAT(WhyNot(a, r), HasSubstr("pool 'p' does not exist"));
  a.SetPool("p", 1);
  EXPECT_EQ(WhyNot(a, r), "") << "it is about to start";
  a.SetPaused("d", true);
  EXPECT_THAT(WhyNot(a, r), HasSubstr("DAG 'd' is paused"));
  a.Admit();
  a.SetPaused("d", false);
  EXPECT_THAT(a.Admit(), ElementsAre(r.ref));
  EXPECT_EQ(WhyNot(a, r), "") << "it no longer waits";
}

// Over all pools the best goes first, whatever its pool is called.
TEST(Admission, ParallelismHoldsOverAllPools) {
  Admission a;
  a.SetPool("p", 9);
  a.SetPool("q", 9);
  a.SetParallelism(2);
  auto low = Want(1, 0, "p"), high = Want(1, 1, "q"), middle = Want(1, 2, "q");
  high.priority = 9;
  middle.priority = 5;
  for (const auto& r : {low, middle, high}) Add(a, r);
  EXPECT_THAT(a.Admit(), ElementsAre(high.ref, middle.ref));
  EXPECT_THAT(WhyNot(a, low), HasSubstr("at most 2 may ([core] parallelism)"));
  EXPECT_THAT(a.Admit(), IsEmpty());
  EXPECT_EQ(a.Audit(), "");
  a.Free(high.ref);
  EXPECT_THAT(a.Admit(), ElementsAre(low.ref)) << "of another pool than the one that ended";
  EXPECT_EQ(a.Audit(), "");
}

// A pool whose slots don't divide evenly must not look at everybody each time a slot comes free.
TEST(Admission, ManyWideRequestsInAnOddPool) {
  Admission a;
  a.SetPool("p", 5);
  constexpr uint32_t kTasks = 20'000;
  for (uint32_t i = 0; i < kTasks; ++i) {
    auto r = Want(1, i);
    r.slots = 2;
    Add(a, r);
  }
  std::vector<TiRef> going = a.Admit();
  uint32_t done = 0;
  while (!going.empty()) {
    ASSERT_EQ(going.size(), done == 0 ? 2u : 1u);
    if (done == 0) a.Free(going[1]), ++done, going.pop_back(), a.Admit();
    a.Free(going[0]);
    ++done;
    going = a.Admit();
    if (done + 3 >= kTasks) break;
  }
  EXPECT_EQ(a.Audit(), "");
}

// The random walk.

// The same rules, with no memory of who waits where: every question is answered by looking at all.
class Model {
 public:
  struct Entry {
    Admission::Request request;
    bool holds = false;
  };

  std::map<TiRef, Entry> entries;
  std::map<std::string, int32_t> pools;
  std::set<std::string> paused;

  int64_t Free(const std::string& pool) const {
    auto it = pools.find(pool);
    if (it == pools.end()) return 0;
    if (it->second < 0) return 1 << 30;
    int64_t used = 0;
    for (const auto& [ref, e] : entries)
      used += e.holds && e.request.pool == pool ? e.request.slots : 0;
    return it->second - used;
  }
  bool Eligible(const Admission::Request& r) const {
    if (paused.contains(r.dag_id) || Free(r.pool) < static_cast<int64_t>(r.slots)) return false;
    uint32_t of_run = 0, of_task = 0, of_task_in_run = 0;
    for (const auto& [ref, e] : entries) {
      if (!e.holds) continue;
      of_run += ref.run == r.ref.run;
      const bool same_task = e.request.dag_id == r.dag_id && e.request.task_id == r.task_id;
      of_task += same_task && e.request.per_dag_limit.has_value();
      of_task_in_run += same_task && ref.run == r.ref.run;
    }
    return of_run < r.run_limit && (!r.per_dag_limit || of_task < *r.per_dag_limit) &&
           (!r.per_run_limit || of_task_in_run < *r.per_run_limit);
  }
  static bool Better(const Admission::Request& a, const Admission::Request& b) {
    return std::tuple(-a.priority, a.date, a.ref) < std::tuple(-b.priority, b.date, b.ref);
  }
  // What is wrong with admitting `ref` now; then it holds.
  std::string Admit(TiRef ref) {
    Entry& e = entries.at(ref);
    if (e.holds) return "it holds already";
    if (!Eligible(e.request)) return "a limit forbids it";
    for (const auto& [other, o] : entries) {
      if (o.holds || o.request.pool != e.request.pool || !Better(o.request, e.request)) continue;
      if (Eligible(o.request))
        return fmt::format("task {} of run {} was first", other.inst.task.value, other.run.value);
    }
    e.holds = true;
    return "";
  }
  std::string Idle() const {
    for (const auto& [ref, e] : entries) {
      if (!e.holds && Eligible(e.request)) {
        return fmt::format("task {} of run {} could start", ref.inst.task.value, ref.run.value);
      }
    }
    return "";
  }
};

class Walk {
 public:
  explicit Walk(uint64_t seed) : random_(seed) {
    for (int p = 0; p < 3; ++p) SetPool(fmt::format("p{}", p), static_cast<int32_t>(Upto(5)));
    for (uint32_t& limit : run_limits_) limit = 1 + Upto(4);
    for (auto& limit : task_limits_) limit = Upto(3);
  }

  void Step() {
    const TiRef ref = Ref(1 + Upto(6), Upto(10));
    auto it = model_.entries.find(ref);
    switch (Upto(10)) {
      case 0:
      case 1:
      case 2:
      case 3:
        if (it == model_.entries.end()) model_.entries[ref].request = MakeRequest(ref);
        Add(real_, MakeRequest(ref));
        break;
      case 4:
      case 5:
      case 6:
        if (it != model_.entries.end() && it->second.holds) model_.entries.erase(it);
        real_.Free(ref);
        break;
      case 7:
        if (it != model_.entries.end() && !it->second.holds) model_.entries.erase(it);
        real_.Remove(ref);
        break;
      case 8:
        if (Upto(6) == 0) {
          const std::string pool = fmt::format("p{}", Upto(3));
          model_.pools.erase(pool);
          real_.DeletePool(pool);
        } else {
          SetPool(fmt::format("p{}", Upto(3)), static_cast<int32_t>(Upto(7)) - 1);
        }
        break;
      case 9: {
        const std::string dag = fmt::format("d{}", Upto(2));
        const bool pause = Upto(3) == 0;
        pause ? (void)model_.paused.insert(dag) : (void)model_.paused.erase(dag);
        real_.SetPaused(dag, pause);
        break;
      }
    }
    if (Upto(3) == 0) CheckAdmit();
  }
  void CheckAdmit() {
    for (TiRef ref : real_.Admit()) ASSERT_EQ(model_.Admit(ref), "");
    ASSERT_EQ(model_.Idle(), "");
    ASSERT_EQ(real_.Audit(), "");
    for (const auto& [ref, e] : model_.entries) {
      ASSERT_EQ(real_.holds(ref), e.holds);
      ASSERT_EQ(real_.waits(ref), !e.holds);
      ASSERT_EQ(WhyNot(real_, e.request).empty(), e.holds);
    }
  }

 private:
  uint32_t Upto(uint32_t n) { return static_cast<uint32_t>(random_() % n); }
  void SetPool(const std::string& name, int32_t slots) {
    model_.pools[name] = slots;
    real_.SetPool(name, slots);
  }
  // The same for the same reference: a task doesn't change while it waits.
  Admission::Request MakeRequest(TiRef ref) const {
    const auto run = static_cast<uint32_t>(ref.run.value);
    Admission::Request r;
    r.ref = ref;
    r.dag_id = fmt::format("d{}", run % 2);
    r.task_id = fmt::format("t{}", ref.inst.task.value);
    r.pool = fmt::format("p{}", ref.inst.task.value % 3);
    r.slots = 1 + (ref.inst.task.value * 7 + 3) % 3;
    r.priority = (ref.inst.task.value * 5) % 4;
    r.date = run % 3;
    r.run_limit = run_limits_[run % 6];
    if (ref.inst.task.value % 2 == 0) r.per_dag_limit = task_limits_[ref.inst.task.value];
    if (ref.inst.task.value % 5 == 0) r.per_run_limit = 1;
    return r;
  }

  std::mt19937_64 random_;
  Model model_;
  Admission real_;
  uint32_t run_limits_[6];
  uint32_t task_limits_[10];
};

TEST(Admission, AdmitsWhatAModelThatLooksAtEverythingAdmits) {
  for (uint64_t seed = 1; seed <= 150; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    Walk walk(seed);
    for (int i = 0; i < 300 && !HasFatalFailure(); ++i) walk.Step();
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace gale::core
