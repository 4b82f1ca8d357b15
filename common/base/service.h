// The one life cycle of everything that runs in the background: Start, then Stop with a deadline.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "common/base/clock.h"
#include "common/base/status.h"

namespace gale {

class Service {
 public:
  virtual ~Service() = default;
  virtual std::string_view name() const = 0;
  // Returns when the service works, or with the reason why it can't. Called once.
  virtual Status Start() = 0;
  // Returns when nothing of it runs any more, at the latest at `deadline` (it then lets go of what
  // is left). Safe after a failed Start.
  virtual void Stop(MonoTime deadline) = 0;
};

// Starts services in the visible order they were added and stops them in the reverse of it.
class ServiceGroup : public Service {
 public:
  // Not owned; must outlive the group.
  void Add(Service& service) { services_.push_back(&service); }
  std::string_view name() const override { return "services"; }
  // On a failure stops what had been started, and says which service failed.
  Status Start() override;
  void Stop(MonoTime deadline) override;

 private:
  std::vector<Service*> services_;
  size_t started_ = 0;
};

// A thread that tools (top -H, perf) call `name`: at most 15 characters, that outlive its start.
std::thread NamedThread(const char* name, std::function<void()> what);

}  // namespace gale
