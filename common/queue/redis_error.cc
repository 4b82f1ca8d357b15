#include "common/queue/redis_error.h"

namespace gale {
namespace {

struct Known {
  std::string_view mark;  // in the reply
  Code code;
  std::string_view advice;
};

// In the order to look for them: replies of scripts quote others.
constexpr Known kKnown[] = {
    {"NOAUTH", Code::kPermissionDenied,
     "demands a password: write it into the URL, redis://[user]:password@host"},
    {"WRONGPASS", Code::kPermissionDenied,
     "refuses the user or password of the URL: correct it, or the ACL there"},
    {"invalid password", Code::kPermissionDenied,
     "refuses the password of the URL: correct it, or requirepass there"},
    {"no password is set", Code::kPermissionDenied,
     "has no password, but the URL gives one: take it out, or set requirepass there"},
    {"without any password configured", Code::kPermissionDenied,
     "has no password, but the URL gives one: take it out, or set requirepass there"},
    {"wrong number of arguments for 'auth'", Code::kPermissionDenied,
     "knows no users (it is older than Redis 6): leave the user out of the URL"},
    {"NOPERM", Code::kPermissionDenied,
     "does not let this user do it: ACL SETUSER <user> ~gale:* +@all -@admin -@dangerous"},
    {"DENIED", Code::kPermissionDenied,
     "is in protected mode and takes only local connections: set a password there"},
    {"OOM command not allowed", Code::kUnavailable,
     "is out of memory: raise maxmemory there (CONFIG SET maxmemory), or free some"},
    {"READONLY", Code::kUnavailable,
     "is a read-only replica: name the primary in the URL, or use sentinel://"},
    {"LOADING", Code::kUnavailable, "is loading its data after a start: it will answer soon"},
    {"MASTERDOWN", Code::kUnavailable, "is a replica that lost its primary: name the primary"},
    {"MISCONF", Code::kUnavailable,
     "takes no writes because it can't save to its disk: make room there, or CONFIG SET "
     "stop-writes-on-bgsave-error no"},
    {"MOVED", Code::kFailedPrecondition,
     "is a Redis Cluster, which Gale does not speak: use a single server or Sentinel"},
    {"CROSSSLOT", Code::kFailedPrecondition,
     "is a Redis Cluster, which Gale does not speak: use a single server or Sentinel"},
    {"CLUSTERDOWN", Code::kFailedPrecondition,
     "is a Redis Cluster, which Gale does not speak: use a single server or Sentinel"},
    {"WRONGTYPE", Code::kFailedPrecondition,
     "has something else under Gale's keys: give Gale another namespace or database"},
    {"BUSY", Code::kUnavailable, "is busy with somebody's long script: SCRIPT KILL ends it"},
    {"max number of clients", Code::kUnavailable, "has no room for more clients: raise maxclients"},
    {"DB index is out of range", Code::kFailedPrecondition,
     "has fewer databases than the number in the URL: take a smaller one"},
    {"unknown command", Code::kFailedPrecondition,
     "lacks a command: Gale needs Redis 5 or later, or Valkey, and no renamed commands"},
};

std::string Scrub(std::string_view text, const std::string& password) {
  if (password.empty()) return std::string(text);
  std::string clean;
  for (size_t at; (at = text.find(password)) != std::string_view::npos;) {
    clean.append(text.substr(0, at)).append("***");
    text.remove_prefix(at + password.size());
  }
  return clean.append(text);
}

}  // namespace

Status RedisError(std::string_view name, std::string_view text, const std::string& password) {
  const std::string clean = Scrub(text, password);
  for (const Known& known : kKnown) {
    if (text.find(known.mark) != std::string_view::npos) {
      return Status(known.code, fmt::format("{} {} ({})", name, known.advice, clean));
    }
  }
  return Unavailable("{} answered: {}", name, clean);
}

bool RedisErrorNeedsReconnect(std::string_view text) {
  for (std::string_view mark : {"READONLY", "MASTERDOWN", "NOAUTH", "DENIED"}) {
    if (text.find(mark) != std::string_view::npos) return true;
  }
  return false;
}

}  // namespace gale
