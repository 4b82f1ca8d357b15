// Whether the kernel killed for want of memory, as far as an unprivileged process can tell: it
// counts OOM kills of our control group (v2, v1), or else of the machine.
#pragma once

#include <cstdint>
#include <string>

namespace gale::keeper {

class OomWatch {
 public:
  OomWatch();
  // Whether the count has risen since the last call (or the start).
  bool Rose();

 private:
  int64_t Count() const;
  std::string path_;
  int64_t last_ = 0;
};

}  // namespace gale::keeper
