#include "worker/keeper/keeper.h"

#include <fcntl.h>
#include <signal.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>

#include "common/base/log.h"
#include "worker/keeper/channel.h"
#include "worker/keeper/children.h"
#include "worker/keeper/recover.h"

namespace gale::keeper {
namespace {

constexpr size_t kLogBytesMax = 5 << 20;
constexpr size_t kLogFiles = 2;
constexpr int kEventsAtOnce = 32;

Status OpenLog(const std::string& home) {
  try {
    auto sink = std::make_shared<spdlog::sinks::rotating_file_sink_st>(home + "/keeper.log",
                                                                       kLogBytesMax, kLogFiles - 1);
    spdlog::set_default_logger(std::make_shared<spdlog::logger>("keeper", std::move(sink)));
    spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l [%P] %v", spdlog::pattern_time_type::utc);
    spdlog::flush_on(spdlog::level::info);
  } catch (const spdlog::spdlog_ex& e) {
    return FailedPrecondition("keeper log: {}", e.what());
  }
  return OkStatus();
}

// Held for the process's life, and by nobody after its death.
Result<File> Lock(Files& files, const std::string& home) {
  GALE_ASSIGN_OR_RETURN(File file, files.Open(home + "/keeper.lock", Access::kUpdate));
  if (flock(file.fd(), LOCK_EX | LOCK_NB) == 0) return file;
  if (errno != EWOULDBLOCK) return FileError(errno, "lock", file.path());
  return AlreadyExists("a keeper lives in '{}' (it holds {})", home, file.path());
}

// Signals come through a descriptor only; what children get is the default.
int TakeSignals() {
  sigset_t set;
  sigemptyset(&set);
  for (int s : {SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGPIPE, SIGUSR1, SIGUSR2}) {
    sigaddset(&set, s);
    signal(s, SIG_DFL);  // an inherited "ignore" of SIGCHLD would lose exits
  }
  sigprocmask(SIG_SETMASK, &set, nullptr);
  return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

// From now on what the runtime says goes to the log. StartKeeper holds the other end of the pipe
// that stdout was: its end says that we listen, or are dead.
void LeaveStarter(Files& files, const std::string& home) {
  auto log = files.Open(home + "/keeper.log", Access::kAppend);
  if (!log.ok()) log = files.Open("/dev/null", Access::kUpdate);
  if (!log.ok()) return close(STDOUT_FILENO), void(close(STDERR_FILENO));
  dup2(log->fd(), STDOUT_FILENO);
  dup2(log->fd(), STDERR_FILENO);
}

class Keeper {
 public:
  Keeper(const KeeperOptions& options, Records records)
      : options_(options),
        epoll_(epoll_create1(EPOLL_CLOEXEC)),
        signals_(TakeSignals()),
        timer_(timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK)),
        channel_(epoll_, [this](Message&& m) { OnMessage(std::move(m)); }),
        children_(std::move(records), [this](const Message& m) { channel_.Send(m); }) {}
  ~Keeper() {
    for (int fd : {timer_, signals_, epoll_}) close(fd);
  }

  Status Listen() {
    std::vector<int> own = {signals_, timer_, children_.forks_fd()};
    if (children_.output_fd() >= 0) own.push_back(children_.output_fd());
    for (int fd : own) {
      epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
      if (fd < 0 || epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) {
        return Unavailable("keeper: no descriptor for signals or time: {}", strerror(errno));
      }
    }
    GALE_RETURN_IF_ERROR(children_.Load());
    return channel_.Listen(SocketPath(options_.home));
  }

  void Run() {
    epoll_event events[kEventsAtOnce];
    while (!Done()) {
      ArmTimer();
      int n = epoll_wait(epoll_, events, kEventsAtOnce, -1);
      for (int i = 0; i < n; ++i) {
        if (!channel_.OnReady(events[i].data.fd, events[i].events)) Drain(events[i].data.fd);
      }
      // After the messages: a renewal that already lies in the socket counts.
      children_.OnTime(BootNowUs());
    }
    unlink(SocketPath(options_.home).c_str());
  }

 private:
  bool Done() {
    if (ending_ && children_.running() == 0) return true;
    if (children_.running() > 0 || channel_.has_client() || children_.fence_ahead()) {
      idle_until_us_ = INT64_MAX;
      return false;
    }
    int64_t now = BootNowUs();
    if (idle_until_us_ == INT64_MAX) idle_until_us_ = now + options_.idle_exit.count();
    if (now < idle_until_us_) return false;
    GALE_INFO("nothing runs, nobody asks: the keeper ends");
    return true;
  }

  void ArmTimer() {
    int64_t next = children_.next_boot_us();
    next = std::min(next, idle_until_us_);
    if (next == armed_us_) return;
    armed_us_ = next;
    next = std::max<int64_t>(next, 1);  // 0 would disarm
    itimerspec spec{};
    if (next != INT64_MAX) {
      spec.it_value = {.tv_sec = next / 1'000'000, .tv_nsec = next % 1'000'000 * 1'000};
    }
    timerfd_settime(timer_, TFD_TIMER_ABSTIME, &spec, nullptr);
  }

  void Drain(int fd) {
    if (fd == timer_) {
      uint64_t expirations;
      [[maybe_unused]] ssize_t n = read(timer_, &expirations, sizeof expirations);
      armed_us_ = -1;
      return;
    }
    if (fd == children_.output_fd()) return children_.OnOutputClosed();
    if (fd == children_.forks_fd()) return children_.OnForks();
    bool died = false, term = false;
    for (signalfd_siginfo info; read(signals_, &info, sizeof info) == sizeof info;) {
      died |= info.ssi_signo == SIGCHLD;
      term |= info.ssi_signo == SIGTERM;
    }
    if (died || term) children_.Reap();
    if (term) OnTerm();
  }

  void OnTerm() {
    ending_ = children_.running() == 0;
    GALE_INFO("SIGTERM: {}", ending_ ? "the keeper ends"
                                     : fmt::format("{} still run, the keeper goes on (gale ends "
                                                   "them, or the fence)",
                                                   children_.running()));
  }

  void OnMessage(Message&& message) {
    if (auto* m = std::get_if<SpawnRequest>(&message)) return children_.Spawn(std::move(*m));
    if (auto* m = std::get_if<Take>(&message)) return children_.Take(m->key);
    if (auto* m = std::get_if<Fence>(&message)) return children_.SetFence(m->boot_us);
    if (auto* m = std::get_if<Kill>(&message)) {
      GALE_INFO("kill '{}': {}", m->key, m->reason);
      return children_.Kill(m->key, m->reason);
    }
    if (auto* m = std::get_if<List>(&message)) {
      return children_.List(m->id, [this](const Message& one) { channel_.Send(one); });
    }
    if (auto* m = std::get_if<Shutdown>(&message)) return OnShutdown(*m);
    channel_.Send(Refused{fmt::format("message {} is not for a keeper", message.index() + 1)});
  }

  void OnShutdown(const Shutdown& m) {
    children_.Reap();
    if (children_.running() > 0 && !m.force) {
      channel_.Send(
          ShutdownAnswer{m.id, fmt::format("{} children still run", children_.running())});
      return;
    }
    GALE_INFO("shutdown: {} children are killed", children_.running());
    channel_.Send(ShutdownAnswer{m.id, ""});
    children_.KillAll();
    ending_ = true;
  }

  KeeperOptions options_;
  int epoll_;
  int signals_;
  int timer_;
  Channel channel_;
  Children children_;
  bool ending_ = false;
  int64_t idle_until_us_ = INT64_MAX;
  int64_t armed_us_ = INT64_MAX;
};

}  // namespace

std::string SocketPath(const std::string& home) { return home + "/keeper.sock"; }

Status RunKeeper(const KeeperOptions& given) {
  KeeperOptions options = given;
  options.home = std::filesystem::absolute(options.home).lexically_normal();
  while (options.home.size() > 1 && options.home.ends_with('/')) options.home.pop_back();
  Files& files = options.files != nullptr ? *options.files : Files::Real();
  GALE_RETURN_IF_ERROR(Records::MakeFolders(options.home, files));
  GALE_ASSIGN_OR_RETURN(File lock, Lock(files, options.home));
  Status status = OpenLog(options.home);
  if (!status.ok()) return status;
  auto opened = Records::Open(options.home, files);
  if (!opened.ok()) {
    GALE_ERROR("{}", opened.status().ToString());
    return opened.status();
  }
  Records records = std::move(*opened);
  if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) {
    status = FailedPrecondition("keeper: cannot become the subreaper: {}", strerror(errno));
  }
  if (status.ok()) {
    GALE_INFO("keeper {} starts in '{}'", getpid(), options.home);
    status = Recover(records);
  }
  if (status.ok()) {
    Keeper keeper(options, std::move(records));
    status = keeper.Listen();
    if (status.ok()) {
      LeaveStarter(files, options.home);
      keeper.Run();
    }
  }
  if (!status.ok()) GALE_ERROR("{}", status.ToString());
  return status;
}

}  // namespace gale::keeper
