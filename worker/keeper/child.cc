#include "worker/keeper/child.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <memory>

namespace gale::keeper {
namespace {

// Each of the two processes of a double fork has a stack of its own: they live in one memory.
constexpr size_t kStackBytes = 64 << 10;
constexpr size_t kGuardBytes = 4096;
constexpr int kChildFailed = 127;

enum class Step { kExec, kSession, kFork, kStdio, kCwd };

// All that the child needs, made ready before the fork: until exec it may only make system calls.
struct Prepared {
  const char* const* candidates;  // paths to try, null-terminated
  char* const* argv;
  char* const* envp;
  const char* cwd;
  int stdout_fd, line_fd;
  bool new_session, detached, reset_oom_score, dies_with_parent;
  pid_t parent;
  char* inner_stack_top;
  // What the child reports back through the shared memory.
  volatile int error = 0;
  volatile Step step = Step::kExec;
};

int Fail(Prepared& p, Step step) {
  p.error = errno;
  p.step = step;
  _exit(kChildFailed);
}

void ResetSignals() {
  struct sigaction action {};
  action.sa_handler = SIG_DFL;
  for (int s = 1; s < NSIG; ++s) sigaction(s, &action, nullptr);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

void ResetOomScore() {
  int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (fd < 0) return;
  [[maybe_unused]] ssize_t n = write(fd, "0", 1);
  close(fd);
}

__attribute__((no_sanitize("address", "thread"))) int RunInner(void* arg) {
  Prepared& p = *static_cast<Prepared*>(arg);
  if (p.dies_with_parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != p.parent) _exit(kChildFailed);  // it died just before
  }
  if (p.new_session && setsid() < 0) Fail(p, Step::kSession);
  int null = open("/dev/null", O_RDONLY);
  if (null < 0 || dup2(null, 0) < 0 || dup2(p.stdout_fd, 1) < 0 || dup2(p.stdout_fd, 2) < 0) {
    Fail(p, Step::kStdio);
  }
  unsigned kept = 3;
  if (p.line_fd >= 0) {
    // Onto itself it would stay close-on-exec.
    if (p.line_fd == 3 ? fcntl(3, F_SETFD, 0) < 0 : dup2(p.line_fd, 3) < 0) Fail(p, Step::kStdio);
    kept = 4;
  }
  if (close_range(kept, ~0u, 0) != 0) {
    for (unsigned fd = kept; fd < 65'536; ++fd) close(static_cast<int>(fd));  // before Linux 5.9
  }
  if (p.cwd[0] != '\0' && chdir(p.cwd) != 0) Fail(p, Step::kCwd);
  if (p.reset_oom_score) ResetOomScore();
  ResetSignals();
  int error = ENOENT;
  for (const char* const* path = p.candidates; *path != nullptr; ++path) {
    execve(*path, p.argv, p.envp);
    // As execvp: go on looking, but let "may not" win over "is not there".
    if (errno != ENOENT && errno != ENOTDIR && errno != EACCES) {
      error = errno;
      break;
    }
    if (errno == EACCES) error = EACCES;
  }
  errno = error;
  return Fail(p, Step::kExec);
}

// Between the two forks: its end makes the inner process an orphan.
__attribute__((no_sanitize("address", "thread"))) int RunMiddle(void* arg) {
  Prepared& p = *static_cast<Prepared*>(arg);
  if (clone(RunInner, p.inner_stack_top, CLONE_VM | CLONE_VFORK | SIGCHLD, &p) < 0) {
    Fail(p, Step::kFork);
  }
  _exit(p.error == 0 ? 0 : kChildFailed);
}

std::string_view EnvValue(const std::vector<std::string>& env, std::string_view name) {
  for (std::string_view entry : env) {
    if (entry.size() > name.size() && entry.starts_with(name) && entry[name.size()] == '=') {
      return entry.substr(name.size() + 1);
    }
  }
  return {};
}

std::vector<std::string> Candidates(const ChildSpec& spec) {
  const std::string& program = spec.argv[0];
  if (program.find('/') != std::string::npos) return {program};
  std::string_view path = EnvValue(spec.env, "PATH");
  if (path.empty()) path = "/usr/local/bin:/usr/bin:/bin";
  std::vector<std::string> out;
  for (;;) {
    size_t colon = path.find(':');
    std::string_view dir = path.substr(0, colon);
    out.push_back(dir.empty() ? "./" + program : std::string(dir) + "/" + program);
    if (colon == std::string_view::npos) return out;
    path.remove_prefix(colon + 1);
  }
}

std::vector<char*> Pointers(const std::vector<std::string>& strings) {
  std::vector<char*> out;
  out.reserve(strings.size() + 1);
  for (const std::string& s : strings) out.push_back(const_cast<char*>(s.c_str()));
  out.push_back(nullptr);
  return out;
}

Status Explain(const ChildSpec& spec, const Prepared& p) {
  const char* why = strerror(p.error);
  switch (p.step) {
    case Step::kExec:
      if (p.error == ENOENT && spec.argv[0].find('/') == std::string::npos) {
        return NotFound("cannot start '{}': no such program in PATH={}", spec.argv[0],
                        EnvValue(spec.env, "PATH"));
      }
      if (p.error == E2BIG) {
        return InvalidArgument(
            "cannot start '{}': its arguments and environment are larger than "
            "the kernel takes (128 KiB each, about 6 MiB together)",
            spec.argv[0]);
      }
      return FailedPrecondition("cannot start '{}': {}", spec.argv[0], why);
    case Step::kCwd:
      return FailedPrecondition("cannot start '{}' in directory '{}': {}", spec.argv[0], spec.cwd,
                                why);
    case Step::kSession:
    case Step::kFork:
    case Step::kStdio: return Unavailable("cannot start '{}': {}", spec.argv[0], why);
  }
  return Internal("cannot start '{}': {}", spec.argv[0], why);
}

// A stack with a page below it that faults. Two a thread, kept for its next child.
class Stack {
 public:
  Stack()
      : base_(static_cast<char*>(mmap(nullptr, kGuardBytes + kStackBytes, PROT_READ | PROT_WRITE,
                                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0))) {
    GALE_CHECK(base_ != MAP_FAILED, "no memory for a child's stack");
    GALE_CHECK(mprotect(base_, kGuardBytes, PROT_NONE) == 0, "no guard page for a child's stack");
  }
  ~Stack() { munmap(base_, kGuardBytes + kStackBytes); }
  Stack(const Stack&) = delete;
  Stack& operator=(const Stack&) = delete;
  char* top() const { return base_ + kGuardBytes + kStackBytes; }

 private:
  char* base_;
};

}  // namespace

Result<pid_t> StartChild(const ChildSpec& spec) {
  if (spec.argv.empty() || spec.argv[0].empty()) {
    return InvalidArgument("cannot start: no program is named (argv is empty)");
  }
  thread_local Stack outer, inner;
  std::vector<std::string> candidates = Candidates(spec);
  std::vector<char*> paths = Pointers(candidates), argv = Pointers(spec.argv),
                     envp = Pointers(spec.env);
  Prepared p{.candidates = paths.data(),
             .argv = argv.data(),
             .envp = envp.data(),
             .cwd = spec.cwd.c_str(),
             .stdout_fd = spec.stdout_fd,
             .line_fd = spec.line_fd,
             .new_session = spec.new_session,
             .detached = spec.detached,
             .reset_oom_score = spec.reset_oom_score,
             .dies_with_parent = spec.dies_with_parent,
             .parent = getpid(),
             .inner_stack_top = inner.top()};
  // No signal handler of this process may run in the child, which lives in our memory.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pid_t pid = clone(spec.detached ? RunMiddle : RunInner, outer.top(),
                    CLONE_VM | CLONE_VFORK | SIGCHLD, &p);
  int clone_error = errno;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (pid < 0)
    return Unavailable("cannot start '{}': fork: {}", spec.argv[0], strerror(clone_error));
  if (p.error != 0 || spec.detached) {
    while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  if (p.error != 0) return Explain(spec, p);
  return spec.detached ? 0 : pid;
}

}  // namespace gale::keeper
