#include "master/engine/ledger_loader.h"

namespace gale {

LedgerLoader::LedgerLoader(Store& store, Catalog& catalog,
                           std::function<void(LedgerAnswer)> deliver)
    : store_(store), catalog_(catalog), deliver_(std::move(deliver)) {}

void LedgerLoader::Start() {
  for (size_t i = 0; i < kThreads; ++i) threads_.emplace_back([this] { Main(); });
}

void LedgerLoader::Stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    needs_.clear();
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void LedgerLoader::Ask(std::vector<LedgerNeed> needs) {
  if (needs.empty()) return;
  {
    std::lock_guard lock(mutex_);
    if (stopping_) return;
    std::move(needs.begin(), needs.end(), std::back_inserter(needs_));
  }
  wake_.notify_all();
}

void LedgerLoader::Main() {
  for (;;) {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [this] { return stopping_ || !needs_.empty(); });
    if (stopping_) return;
    LedgerNeed need = std::move(needs_.front());
    needs_.pop_front();
    lock.unlock();
    deliver_(ReadNeed(store_.loader(), catalog_, std::move(need)));
  }
}

}  // namespace gale
