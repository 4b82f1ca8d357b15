// A time zone: where its clocks stood, and which instant a wall-clock time means. The only file
// that knows the tz library. Values are cheap to copy; thread-safe. Data: the system's tzdata (its
// rules end in 2037; the last offset holds after that).
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "common/base/status.h"

namespace date {
class time_zone;
}

namespace gale {

using Wall = std::chrono::local_seconds;  // what the clock on the wall shows
using Instant = std::chrono::sys_seconds;

class Zone {
 public:
  // IANA names, and fixed offsets as "+05:30". Empty means UTC, which needs no tzdata.
  static Result<Zone> Find(std::string_view name);

  // A stretch of time, [begin, end), over which the offset from UTC stays.
  struct Span {
    Instant begin;
    Instant end;
    std::chrono::seconds offset;
  };
  Span At(Instant t) const;
  Wall ToWall(Instant t) const { return Wall(t.time_since_epoch() + At(t).offset); }
  // One instant for every wall-clock time. One that the clocks skip moves on by what they skip
  // (02:30 becomes 03:30); of one that comes twice it is the second. So Airflow does it.
  Instant ToInstant(Wall wall) const;
  // By how much the clocks jump near `t`: 0, or the jump if `t` is no further from it than that.
  std::chrono::seconds JumpNear(Instant t) const;

 private:
  const date::time_zone* zone_ = nullptr;  // null: fixed
  std::chrono::seconds fixed_{0};
};

}  // namespace gale
