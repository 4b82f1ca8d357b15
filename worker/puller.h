// Takes attempts out of Redis for as long as the worker has room: a thread that waits there.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "common/queue/redis_popper.h"

namespace gale::worker {

class Puller {
 public:
  static constexpr Duration kWait = std::chrono::seconds(1);  // in Redis, for one pop
  static constexpr Duration kRetryMin = std::chrono::milliseconds(100);
  static constexpr Duration kRetryMax = std::chrono::seconds(1);

  // `on_popped` is called from its thread, and may wait. Nothing more is taken until Took.
  Puller(std::unique_ptr<RedisPopper> popper, std::vector<std::string> queues,
         std::function<void(std::vector<AttemptId>)> on_popped);
  ~Puller() { Stop(); }

  void Start();
  void Stop();  // at once
  // How many more to take; replaces the last. Takes effect before the next pop.
  void SetRoom(uint32_t room);
  // What was popped has been counted, and the room that was last set is true again.
  void Took();

 private:
  void Run();

  const std::unique_ptr<RedisPopper> popper_;
  const std::vector<std::string> queues_;
  const std::function<void(std::vector<AttemptId>)> on_popped_;
  std::mutex mutex_;
  std::condition_variable changed_;
  uint32_t room_ = 0;
  bool given_ = false;  // popped, and not yet taken
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace gale::worker
