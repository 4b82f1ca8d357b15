// The queue as a leader rings it: calls only note what is to be done, a thread does it in Redis.
// So a Redis that is slow, hung or gone stops dispatch and nothing else; what it missed is rung
// when it is back, and what it lost is rung again within a second.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "common/base/service.h"
#include "common/queue/redis_queue.h"

namespace gale {

class Doorbell : public QueueBell, public Service {
 public:
  static constexpr Duration kCheck = std::chrono::milliseconds(500);  // for lost entries
  static constexpr size_t kNotesMax = 200'000;  // entries; past it all is rung anew later

  explicit Doorbell(std::unique_ptr<RedisQueue> queue) : queue_(std::move(queue)) {}
  ~Doorbell() override { Stop(MonoTime()); }

  std::string_view name() const override { return "doorbell"; }
  Status Start() override;
  void Stop(MonoTime deadline) override;

  // From now on `owner` (a leader and its epoch) rings; empty: nobody does, until the next.
  void Lead(const std::string& owner);
  // Called from its thread: entries may be lost, all that is queued must be rung again. Before Start.
  void OnLost(std::function<void()> callback) { on_lost_ = std::move(callback); }
  // Of the last thing done in Redis.
  Status health() const;
  const std::string& server() const { return queue_->name(); }

  Status Push(std::span<const QueueEntry> entries) override { return Note(Kind::kPush, entries); }
  Status Remove(std::span<const QueueEntry> entries) override {
    return Note(Kind::kRemove, entries);
  }
  // Says 0: how many there were is logged.
  Result<size_t> Restore(std::span<const QueueEntry> entries) override;

 private:
  enum class Kind { kPush, kRemove, kRestore };
  struct Work {
    Kind kind;
    std::vector<QueueEntry> entries;
  };
  Status Note(Kind kind, std::span<const QueueEntry> entries);
  void Run();
  Status Do(const Work& work);
  Status Check(const std::string& owner, bool lost);
  void Tell(const Status& status);

  const std::unique_ptr<RedisQueue> queue_;
  std::function<void()> on_lost_;
  std::thread thread_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Work> notes_;  // in order
  size_t noted_ = 0;         // entries in them
  std::string owner_;
  bool lost_ = false;
  bool stopping_ = false;
  Status health_;
};

}  // namespace gale
