// An engine on its own threads over LoopTest's ledger, with one task that runs on one worker.
#pragma once

#include <spdlog/spdlog.h>

#include <atomic>
#include <condition_variable>

#include "master/engine/engine.h"
#include "tests/unit/master/engine/loop_fixture.h"

namespace gale {

// As ManualClock, but several threads may read it: for an engine and its beats.
class SharedClock : public Clock {
 public:
  TimePoint Now() const override {
    return TimePoint(std::chrono::seconds(1'700'000'000)) + Duration(passed_.load());
  }
  MonoTime Mono() const override { return MonoTime(Duration(passed_.load())); }
  void Advance(Duration by) { passed_ += by.count(); }

 private:
  std::atomic<int64_t> passed_{1};
};

class RunningEngineTest : public LoopTest {
 protected:
  static constexpr auto kPatience = 20s;

  RunningEngineTest() {
    spdlog::set_level(spdlog::level::off);
    // The engine has a loop of its own.
    GALE_CHECK(store_.ReleaseLeadership(loop_->epoch()).ok(), "release");
    loop_.reset();
  }
  void StartOn(Store& ledger, std::optional<LeadershipOptions> leadership) {
    if (leadership) {
      leadership->self = {"m", "m", "m:1", "", "", {}, {}};
      options_.owner = options_.instance = "m";
    }
    engine_ = std::make_unique<Engine>(ledger, queue_, &queue_, options_, time_, leadership);
    engine_->OnLeading([this](bool leads) {
      std::lock_guard lock(mutex_);
      told_.push_back(leads);
      changed_.notify_all();
    });
    ASSERT_TRUE(engine_->Start().ok());
    link_ = std::make_shared<ToldLink>();
    ASSERT_TRUE(Call([&](Loop& loop) {
                  loop.ReportFile(File("/dags/f.py", {MakeDag("d")}));
                  run_ = loop.Trigger({.dag_id = "d"}, actor_).value();
                  loop.OnHello(link_, Hello("w"));
                }).ok());
    // What one turn grants has left when the turn after it has been.
    ASSERT_TRUE(Call([](Loop&) {}).ok());
    ASSERT_EQ(link_->grants.size(), 1u);
  }
  Status Call(std::function<void(Loop&)> what) {
    return engine_->Call<Status>([&](Loop& loop) {
      what(loop);
      return OkStatus();
    });
  }
  bool AwaitTold(const std::vector<bool>& told) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, [&] { return told_ == told; });
  }

  SharedClock time_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<bool> told_;  // what OnLeading said; behind mutex_
  RunRow run_;
  ToldLinkPtr link_;
  std::unique_ptr<Engine> engine_;  // ends first
};

}  // namespace gale
