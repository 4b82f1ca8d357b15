// What Redis says when it refuses, as a Status that says what to do.
#pragma once

#include <string>
#include <string_view>

#include "common/base/status.h"

namespace gale {

// `text` is an error reply ("OOM command not allowed ..."), also one wrapped in a script's error.
// PERMISSION_DENIED: somebody must change a password or an ACL. FAILED_PRECONDITION: the server
// can't ever serve us as it is (a cluster, a foreign key). UNAVAILABLE: it heals by itself or by
// its operator. `password` (may be empty) is taken out should the server echo it.
Status RedisError(std::string_view name, std::string_view text, const std::string& password);

// After which of these the connection is of no use: the server behind it is the wrong one by now.
bool RedisErrorNeedsReconnect(std::string_view text);

}  // namespace gale
