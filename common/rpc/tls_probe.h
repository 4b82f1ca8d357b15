// Why two ends don't understand each other. gRPC says "Socket closed" to a peer that speaks TLS
// where it doesn't, or that refuses its certificate; this asks again, by itself, and says why.
#pragma once

#include <chrono>
#include <string>

#include "common/base/status.h"
#include "common/rpc/tls.h"

namespace gale {

inline constexpr std::chrono::milliseconds kTlsProbeTimeout{3000};

// Connects to `target` ("host:port") as a client with `files` would, at most for `timeout`.
// FAILED_PRECONDITION: only one side speaks TLS. UNAUTHENTICATED: the master's certificate isn't
// trusted or names another host, or the master doesn't take ours (or wants one). OK: TLS is not
// what is wrong (nobody listens there, or all is well). Any thread; blocks.
Status ProbeTls(const std::string& target, const TlsFiles& files,
                std::chrono::milliseconds timeout = kTlsProbeTimeout);

}  // namespace gale
