#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>

#include "worker/keeper/child.h"
#include "worker/keeper/keeper.h"
#include "worker/keeper/protocol.h"

extern char** environ;

namespace gale::keeper {
namespace {

constexpr size_t kLastWordsBytesMax = 2 << 10;
constexpr int kRetryMs = 10;
constexpr int kLookMs = 1'000;

// A dying keeper's socket still takes connections for a moment, and resets them; a living one
// answers our end with its own. One that says nothing in time is there, however busy.
bool Listens(const std::string& home) {
  Result<int> fd = ConnectSocket(SocketPath(home));
  if (!fd.ok()) return false;
  shutdown(*fd, SHUT_WR);
  pollfd p{.fd = *fd, .events = POLLIN};
  char byte;
  bool living = poll(&p, 1, kLookMs) <= 0 || recv(*fd, &byte, 1, MSG_DONTWAIT) >= 0;
  close(*fd);
  return living;
}

bool Locked(const std::string& home) {
  auto file = Files::Real().Open(home + "/keeper.lock", Access::kRead);
  return file.ok() && flock(file->fd(), LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

// The lock's holder may be at its start (perhaps killing a predecessor's orphans), or dying: OK as
// soon as it listens, NotFound when nobody holds the lock.
Status AwaitHolder(const std::string& home, int64_t until_boot_us, Duration timeout) {
  while (!Listens(home)) {
    if (!Locked(home) && !Listens(home)) return NotFound("no keeper lives in '{}'", home);
    if (BootNowUs() >= until_boot_us) {
      return DeadlineExceeded("the keeper in '{}' does not listen after {} s; see {}/keeper.log",
                              home, Seconds(timeout), home);
    }
    poll(nullptr, 0, kRetryMs);
  }
  return OkStatus();
}

// What the new keeper prints until it lets go of the pipe: it then listens, or is dead.
std::string LastWords(int fd, int64_t until_boot_us) {
  std::string out;
  for (;;) {
    int64_t left_ms = (until_boot_us - BootNowUs()) / 1000;
    pollfd p{.fd = fd, .events = POLLIN};
    if (left_ms <= 0 || poll(&p, 1, static_cast<int>(left_ms)) == 0) return out;
    char buffer[512];
    ssize_t n = read(fd, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return out;
    if (out.size() < kLastWordsBytesMax) out.append(buffer, static_cast<size_t>(n));
  }
}

}  // namespace

Status StartKeeper(const StartOptions& given) {
  std::string home = std::filesystem::absolute(given.home).lexically_normal();
  while (home.size() > 1 && home.ends_with('/')) home.pop_back();
  int64_t until = BootNowUs() + given.timeout.count();
  Status there = AwaitHolder(home, until, given.timeout);
  if (there.code() != Code::kNotFound) return there;
  ChildSpec spec{.argv = given.argv, .cwd = "/", .detached = true};
  if (spec.argv.empty()) spec.argv = {"/proc/self/exe", "keeper", "--home", home};
  for (char** e = environ; *e != nullptr; ++e) spec.env.push_back(*e);
  int pipe_fds[2];
  if (pipe2(pipe_fds, O_CLOEXEC) != 0) return Unavailable("keeper: pipe: {}", strerror(errno));
  spec.stdout_fd = pipe_fds[1];
  Result<pid_t> started = StartChild(spec);
  close(pipe_fds[1]);
  std::string words = started.ok() ? LastWords(pipe_fds[0], until) : "";
  close(pipe_fds[0]);
  if (!started.ok()) return started.status().WithContext("keeper");
  there = AwaitHolder(home, until, given.timeout);  // it, or another's that won the lock
  if (there.code() != Code::kNotFound) return there;
  return FailedPrecondition("the keeper in '{}' ended at its start; see {}/keeper.log. {}", home,
                            home, words);
}

}  // namespace gale::keeper
