// Looks at the worker's machine on a thread of its own: at /proc every 5 s, at its devices by a command
// every 10 s, which it ends if it takes too long. What it saw goes with the heartbeats.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "common/base/clock.h"
#include "common/base/service.h"
#include "worker/load.h"

namespace gale::worker {

class LoadWatch : public Service {
 public:
  static constexpr Duration kLook = std::chrono::seconds(5);
  static constexpr Duration kLookAtDevices = std::chrono::seconds(10);
  static constexpr Duration kCommandTime = std::chrono::seconds(5);
  static constexpr size_t kOutputBytesMax = 64 << 10;

  // The command for the devices, of words without quotes; empty, or its program isn't there: none
  // are told.
  explicit LoadWatch(std::string devices_command) : command_(std::move(devices_command)) {}
  ~LoadWatch() override { Stop(MonoTime()); }

  std::string_view name() const override { return "load watch"; }
  Status Start() override;
  void Stop(MonoTime deadline) override;

  // What was seen since it was last taken; after `Anew`, the last. Any thread.
  std::optional<v1::Load> Take();
  void Anew();

 private:
  void Run();
  void Look();
  std::vector<v1::Device> LookAtDevices();
  bool Wait(Duration length);  // false: it stops

  const std::string command_;
  std::optional<CpuTicks> ticks_;  // of its thread, as the next three
  std::vector<v1::Device> devices_;
  MonoTime next_devices_{};
  pid_t left_ = 0;  // a command that could not be ended
  std::thread thread_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  bool taken_ = true;
  std::optional<v1::Load> load_;
};

}  // namespace gale::worker
