// Whether a connection's host can be reached from here: a TCP connection, and nothing said over it.
#pragma once

#include <string>

#include "common/base/clock.h"
#include "master/secrets/connection.h"

namespace gale {

struct Probed {
  bool reached = false;
  std::string message;  // for people: where it went, and what came of it
};

inline constexpr Duration kProbeTimeout = std::chrono::seconds(5);  // of each of its addresses

// Blocks: for the name's lookup, too.
Probed ProbeConnection(const Connection& connection, Duration timeout = kProbeTimeout);

}  // namespace gale
