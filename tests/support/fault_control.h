// Which operation on a file fails next, told from one process to another: a test arms it, the worker
// or the keeper that it started counts (FaultyFiles::decide). In a file that both have mapped.
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <string>

#include "common/base/check.h"

namespace gale {

class FaultControl {
 public:
  static FaultControl& Map(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    GALE_CHECK(fd >= 0 && ::ftruncate(fd, sizeof(FaultControl)) == 0, "no fault control");
    void* at = ::mmap(nullptr, sizeof(FaultControl), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    GALE_CHECK(at != MAP_FAILED, "no fault control");
    ::close(fd);
    return *static_cast<FaultControl*>(at);  // zeroes are a good one
  }

  // The operation number `n` from now on (the first is 1) fails; of a full disk only writes count.
  void Arm(int64_t n, int error) { fired_ = 0, error_ = error, left_ = n; }
  void Disarm() { left_ = 0; }
  bool fired() const { return fired_ != 0; }

  // For FaultyFiles.
  int Decide(bool writes) {
    if (left_ <= 0 || (!writes && error_ == ENOSPC)) return 0;
    if (left_.fetch_sub(1) != 1) return 0;
    fired_ = 1;
    return error_;
  }

 private:
  std::atomic<int64_t> left_;
  std::atomic<int> error_;
  std::atomic<int> fired_;
};

}  // namespace gale
