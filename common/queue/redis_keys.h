// Every key that Gale has in Redis is made here. `ns` is the namespace, one for each Gale that
// shares a Redis; names of queues may hold anything, so they come last.
//
//   gale:<ns>:q:<queue>      ZSET, what waits. Score = -priority. Member = "<sequence>:<attempt>",
//                            the sequence 15 digits wide, so that ties come out in the order of
//                            pushing.
//   gale:<ns>:at:<queue>     HASH, <attempt> -> its sequence, and "next" -> the last sequence
//                            given. Says where in the ZSET an attempt stands; wrong entries do no
//                            harm (redis_scripts.h).
//   gale:<ns>:generation     STRING, written by the leader. Gone or another's: Redis lost its
//                            memory.
#pragma once

#include <string>
#include <string_view>

#include "common/base/ids.h"

namespace gale::redis_keys {

inline constexpr size_t kSequenceDigits = 15;  // of doubles, as Lua's numbers are, all exact

inline std::string Queue(std::string_view ns, std::string_view queue) {
  return fmt::format("gale:{}:q:{}", ns, queue);
}
inline std::string Places(std::string_view ns, std::string_view queue) {
  return fmt::format("gale:{}:at:{}", ns, queue);
}
inline std::string Generation(std::string_view ns) { return fmt::format("gale:{}:generation", ns); }

// A member of a queue's ZSET without its sequence; as it is if there is none.
inline std::string_view AttemptOfMember(std::string_view member) {
  return member.size() > kSequenceDigits && member[kSequenceDigits] == ':'
             ? member.substr(kSequenceDigits + 1)
             : member;
}

}  // namespace gale::redis_keys
