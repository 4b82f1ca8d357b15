// What the stories of a worker's core are told with: steps, and the actions that came of the last.
#pragma once

#include <gtest/gtest.h>

#include <vector>

#include "worker/core/worker_core.h"

namespace gale::worker {

using namespace std::chrono_literals;
using namespace action;

inline AttemptId Attempt(int64_t run, uint32_t try_number = 1) {
  return {RunId(run), TaskIndex(0), kUnmapped, try_number};
}

class WorkerCoreTest : public ::testing::Test {
 protected:
  static constexpr Duration kLease = 10s;
  static constexpr Duration kBeat = 2s;

  explicit WorkerCoreTest(uint32_t slots = 2) : core(CoreOptions{.slots = slots}) {}

  template <class E>
  Actions Step(E e) {
    return last = core.Step({now, std::move(e)});
  }
  Actions Connect(std::vector<AttemptId> unwanted = {}) {
    Actions all = Step(event::Opened{});
    Actions more = Step(event::Welcome{kLease, kBeat, Epoch(1), {}, std::move(unwanted), true});
    all.insert(all.end(), more.begin(), more.end());
    return last = all;
  }
  Actions Tick(Duration by) {
    now += by;
    return Step(event::Tick{});
  }
  void Run(AttemptId id) {
    Step(event::Granted{id, Epoch(1)});
    Step(event::Started{id, 100 + id.run.value});
  }
  // To the end and onto the disk.
  Actions End(AttemptId id, Exit exit = {}) {
    Step(event::Exited{id, exit});
    return Step(event::Spooled{id, true});
  }

  // The actions of kind A in the last answer.
  template <class A>
  std::vector<A> All() const {
    std::vector<A> found;
    for (const Action& a : last) {
      if (auto* one = std::get_if<A>(&a)) found.push_back(*one);
    }
    return found;
  }
  template <class A>
  bool Has() const {
    return !All<A>().empty();
  }
  template <class A>
  A The() const {
    EXPECT_EQ(All<A>().size(), 1u);
    return All<A>().empty() ? A{} : All<A>().front();
  }

  WorkerCore core;
  MonoTime now{1s};
  Actions last;
  const AttemptId a = Attempt(1), b = Attempt(2), c = Attempt(3);
};

}  // namespace gale::worker
