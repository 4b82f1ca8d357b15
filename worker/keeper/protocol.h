// What the keeper and its one client say to each other, and how it stands in a packet.
//
// A Unix seqpacket socket, <home>/keeper.sock. One message a packet: a byte that names the message,
// then its fields, integers little-endian, strings with a 32-bit length before them. A message may
// grow new fields at its end: a reader ignores what it does not know, so an upgraded worker still
// talks to the keeper of its predecessor. A packet above kPacketBytesMax goes as a memfd: the
// packet then holds only the message's byte, and the file descriptor (SCM_RIGHTS) the whole.
//
// Both ends live on one machine: the fence travels as an absolute CLOCK_BOOTTIME, so a packet that
// waited in a socket does not move it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/base/clock.h"
#include "common/base/status.h"

namespace gale::keeper {

inline constexpr uint32_t kProtocolVersion = 1;
inline constexpr size_t kPacketBytesMax = 60 << 10;  // inside a packet; more goes by memfd
inline constexpr size_t kMessageBytesMax = 8 << 20;  // any message; the kernel's argv + env: 6 MiB
inline constexpr size_t kKeyBytesMax = 200;          // also a file name
inline constexpr size_t kReasonBytesMax = 4 << 10;   // longer ones are cut
inline constexpr Duration kKillGraceDefault = std::chrono::seconds(5);
inline constexpr Duration kKillGraceMax = std::chrono::hours(24);

inline constexpr size_t kTemplatesAskedMax = 4;  // that one start names

// The words.

// A process that has imported what tasks need, and from which they are forked
// (sdk/python/gale/template_process.py). The keeper starts it when a start wants it, and keeps it.
struct TemplateSpec {
  std::string id;                 // same id: the same argv, env and cwd, and the same code
  std::vector<std::string> argv;  // as in SpawnRequest
  std::vector<std::string> env;   // no task's: tasks get theirs after the fork
  std::string cwd = "/";
  Duration import_max = std::chrono::seconds(30);  // then it is ended, and the start runs argv
};

// One process family to run. `key` names it for good (the attempt's id): letters, digits, '.', '_',
// '-', not first a '.', at most kKeyBytesMax.
struct SpawnRequest {
  std::string key;
  std::vector<std::string> argv;  // argv[0] is searched in the PATH of `env` if it has no '/'
  std::vector<std::string> env;   // all of it, "NAME=value"; the keeper adds GALE_KEEPER_KEY
  std::string cwd;                // empty: a fresh directory, removed when the family is gone
  std::string log_path;           // stdout and stderr are appended to it; made with mode 0600
  Duration kill_grace = kKillGraceDefault;  // between TERM and KILL
  Duration timeout{0};                      // of the execution, from the start; 0: none
  // Fork it from the first of these that can be, the most special first; if none can, run argv.
  // argv is then `PYTHON -m MODULE [ARGUMENT...]`: the fork calls MODULE.main(). A keeper of before
  // doesn't know them, and runs argv.
  std::vector<TemplateSpec> templates;
  uint32_t templates_max = 8;                      // kept at a time; 0: none
  int64_t templates_bytes_max = int64_t{2} << 30;  // of memory that they have for themselves
};

struct Started {
  std::string key;
  int32_t pid = 0;
  TimePoint at;
  bool forked = false;  // from a template
  std::string note;     // for people: why not, the first time that it is so
};

// Nothing ran: the program is missing, the directory is, the fence has passed... The key is free.
struct StartFailed {
  std::string key;
  std::string reason;  // for people: names the program or the file
  bool host = false;   // it isn't the task's fault: a full disk, no more processes, no lease

  // kUnavailable is the host's.
  static StartFailed Of(std::string key, const Status& why) {
    return {std::move(key), std::string(why.message()), why.code() == Code::kUnavailable};
  }
};

// The process ended and nothing of its family runs any more. Kept until Take.
struct Exited {
  std::string key;
  int32_t pid = 0;
  int32_t exit_code = -1;    // -1 if a signal ended it, or if nobody knows
  int32_t signal = 0;        // 0: it exited
  bool timed_out = false;    // the keeper killed it: execution timeout
  bool fenced = false;       // the keeper killed it: the fence passed (the lease was lost)
  bool killed = false;       // the keeper killed it: Kill, or a forced Shutdown
  bool oom = false;          // the kernel killed it: out of memory, as far as can be told
  bool keeper_died = false;  // its keeper died; the next one killed what was left. Code unknown
  std::string reason;        // for people; empty for an exit of its own accord
  TimePoint started_at;
  TimePoint ended_at;
  Duration user_time{0};  // of the process and of the children it waited for
  Duration system_time{0};
  int64_t max_rss_bytes = 0;
};

struct Running {
  std::string key;
  int32_t pid = 0;  // 0: it is being forked
  TimePoint started_at;
};

// The messages.

// From the client.
struct Hello {
  uint32_t version = kProtocolVersion;
};  // first; only now is an older client closed
struct Kill {
  std::string key, reason;
};
struct Fence {
  int64_t boot_us = 0;
};  // CLOCK_BOOTTIME; INT64_MAX: no fence
struct Take {
  std::string key;
};
struct List {
  uint32_t id = 0;
};
struct Shutdown {
  uint32_t id = 0;
  bool force = false;
};

// From the keeper, besides Started, StartFailed and Exited.
struct Welcome {
  uint32_t version = kProtocolVersion;
  int32_t pid = 0;
};
struct ListRunning {
  uint32_t id = 0;
  Running running;
};
struct ListExited {
  uint32_t id = 0;
  Exited exited;
};
struct ListEnd {
  uint32_t id = 0;
};
struct ShutdownAnswer {
  uint32_t id = 0;
  std::string refusal;
};  // empty: it goes
struct Refused {
  std::string reason;
};  // of a packet that made no sense

using Message = std::variant<Hello, SpawnRequest, Kill, Fence, Take, List, Shutdown,  //
                             Welcome, Started, StartFailed, Exited, ListRunning, ListExited,
                             ListEnd, ShutdownAnswer, Refused>;

// The message as it stands in a packet (or a memfd, or a file of <home>/exits).
std::string Encode(const Message& message);
// kInvalidArgument if it is cut off or unknown.
Result<Message> Decode(std::string_view bytes);

// Whether `key` may name an attempt and a file.
Status CheckKey(std::string_view key);

// A reason as it goes: at most kReasonBytesMax.
std::string CutReason(std::string reason);

// CLOCK_BOOTTIME, microseconds: goes on during suspend, so a lease does too.
int64_t BootNowUs();

// Packets.

// Sends one encoded message, by memfd if it is large; never blocks, never raises SIGPIPE.
// kUnavailable: the socket is full (`*full` is then true) or closed. kResourceExhausted: too large.
Status SendPacket(int fd, std::string_view encoded, bool* full);

// Reads one message; never blocks. kUnavailable: the peer has closed. kCancelled: nothing there
// now. kInvalidArgument: a packet that made no sense; the next may.
Result<Message> ReceivePacket(int fd);

// Connects a seqpacket socket to `path`: close-on-exec, non-blocking. kUnavailable: nobody listens.
Result<int> ConnectSocket(const std::string& path);

}  // namespace gale::keeper
