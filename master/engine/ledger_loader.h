// Reads beside the engine what its loop needs from the ledger.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "master/engine/ledger_need.h"

namespace gale {

class LedgerLoader {
 public:
  // More than one, so that a run of 100,000 tasks doesn't hold up what is due.
  static constexpr size_t kThreads = 2;

  // `deliver` is called from the loader's threads; it must not block. `store` must outlive it.
  LedgerLoader(Store& store, Catalog& catalog, std::function<void(LedgerAnswer)> deliver);
  ~LedgerLoader() { Stop(); }

  void Start();
  // What wasn't begun isn't read any more. Returns when the reads that were are over.
  void Stop();
  // Any thread; never blocks. How many there may be is the loop's limit.
  void Ask(std::vector<LedgerNeed> needs);

 private:
  void Main();

  Store& store_;
  Catalog& catalog_;
  const std::function<void(LedgerAnswer)> deliver_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<LedgerNeed> needs_;  // behind mutex_
  bool stopping_ = false;         // behind mutex_
  std::vector<std::thread> threads_;
};

}  // namespace gale
