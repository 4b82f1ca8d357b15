#include "common/base/service.h"

#include <pthread.h>

namespace gale {

Status ServiceGroup::Start() {
  for (Service* service : services_) {
    if (Status status = service->Start(); !status.ok()) {
      Stop(Clock::Real().Mono() + std::chrono::seconds(5));
      return status.WithContext(service->name());
    }
    ++started_;
  }
  return OkStatus();
}

void ServiceGroup::Stop(MonoTime deadline) {
  for (; started_ > 0; --started_) services_[started_ - 1]->Stop(deadline);
}

std::thread NamedThread(const char* name, std::function<void()> what) {
  return std::thread([name, what = std::move(what)] {
    pthread_setname_np(pthread_self(), name);
    what();
  });
}

}  // namespace gale
