// What is old goes: by `gale db clean`; a leader finishes what that began.
#pragma once

#include <condition_variable>
#include <filesystem>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "common/base/service.h"
#include "master/engine/engine.h"
#include "master/store/clean.h"
#include "master/store/store.h"

namespace gale {

struct CleanRequest {
  TimePoint before;
  std::vector<CleanTable> tables;  // empty: only what was begun is finished
  TimePoint now;
  Cleaning::OfLeader fence = std::nullopt;  // of a leader
  std::filesystem::path logs = {};          // base of the logs; empty: they stay
};
// What would go, in the order of the request's tables.
Result<std::vector<OldRows>> CountOld(Store& store, const CleanRequest& request);
// Removes it, in short steps, until nothing is left or `go_on` says false; returns how much went.
// What belongs to runs goes for those that went kCleanGrace ago.
Result<std::vector<OldRows>> CleanOld(Store& store, const CleanRequest& request,
                                      const std::function<bool()>& go_on);

// As long as its engine leads: once a minute it finishes what `gale db clean` began; once an hour it
// does the same work by itself, if [database] keep is set. A thread of its own: the engine waits for
// none of it.
class Janitor : public Service {
 public:
  // The engine and the store must outlive it. `keep` 0: it removes nothing by itself.
  Janitor(Engine& engine, Store& store, std::filesystem::path logs, Duration keep)
      : engine_(engine), store_(store), logs_(std::move(logs)), keep_(keep) {}
  ~Janitor() override { Stop(MonoTime{}); }

  std::string_view name() const override { return "janitor"; }
  Status Start() override;
  void Stop(MonoTime deadline) override;

 private:
  void Main();
  void Clean();

  Engine& engine_;
  Store& store_;
  const std::filesystem::path logs_;
  const Duration keep_;
  MonoTime next_round_{};  // its thread's
  std::thread thread_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;  // behind mutex_
};

}  // namespace gale
