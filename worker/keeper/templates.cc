#include "worker/keeper/templates.h"

#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/log.h"
#include "worker/keeper/child.h"
#include "worker/keeper/proc.h"

namespace gale::keeper {
namespace {

constexpr int kEventsAtOnce = 32;
constexpr size_t kWordBytesMax = 4096;

// What epoll gives back: a template by its serial, a start by its number. Neither is used twice.
uint64_t TemplateToken(uint64_t serial) { return serial * 2; }
uint64_t StartToken(uint64_t number) { return number * 2 + 1; }

// The strings with a zero byte behind each: key, directory, how many arguments, they, environment.
std::string PayloadOf(const SpawnRequest& r) {
  std::string out;
  auto put = [&out](const std::string& s) { out.append(s).push_back('\0'); };
  put(r.key), put(r.cwd), put(std::to_string(r.argv.size()));
  for (const std::string& s : r.argv) put(s);
  for (const std::string& s : r.env) put(s);
  return out;
}

// The first of its environment: the marker, with room for any task's. Each fork writes its own over
// it, for there /proc reads.
std::string RoomForMarker(const std::string& home) {
  std::string key(kTemplateKey);
  key.resize(kKeyBytesMax, '.');
  return fmt::format("{}={}@{}", kMarkerName, key, home);
}

Status SendDescriptor(int line, std::string_view word, int attached) {
  union {
    cmsghdr header;
    char bytes[CMSG_SPACE(sizeof attached)];
  } control{};
  iovec iov{const_cast<char*>(word.data()), word.size()};
  msghdr msg{};
  msg.msg_iov = &iov;
  msg.msg_iovlen = 1;
  msg.msg_control = control.bytes;
  msg.msg_controllen = sizeof control.bytes;
  cmsghdr* c = CMSG_FIRSTHDR(&msg);
  c->cmsg_level = SOL_SOCKET;
  c->cmsg_type = SCM_RIGHTS;
  c->cmsg_len = CMSG_LEN(sizeof attached);
  memcpy(CMSG_DATA(c), &attached, sizeof attached);
  if (sendmsg(line, &msg, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0) return OkStatus();
  return Unavailable("its template takes nothing: {}", strerror(errno));
}

// What a fork says. Nothing: it has said nothing yet.
struct Word {
  pid_t here = 0;     // its pid, which the kernel tells; 0: it isn't here
  std::string stale;  // the file that its template hasn't read as it is now; empty: it has ended
};

std::optional<Word> ReadWord(int line) {
  char word[kWordBytesMax];
  iovec iov{word, sizeof word};
  union {
    cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(ucred))];
  } control{};
  msghdr msg{};
  msg.msg_iov = &iov;
  msg.msg_iovlen = 1;
  msg.msg_control = control.bytes;
  msg.msg_controllen = sizeof control.bytes;
  ssize_t n;
  do {
    n = recvmsg(line, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  } while (n < 0 && errno == EINTR);
  if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return std::nullopt;
  const std::string_view said(word, n < 0 ? 0 : static_cast<size_t>(n));
  if (said.starts_with("stale ")) return Word{.stale = std::string(said.substr(6))};
  const cmsghdr* c = CMSG_FIRSTHDR(&msg);
  if (said != "here" || c == nullptr || c->cmsg_level != SOL_SOCKET ||
      c->cmsg_type != SCM_CREDENTIALS) {
    return Word{};
  }
  ucred sender{};
  memcpy(&sender, CMSG_DATA(c), sizeof sender);
  // Ours, in a session of its own, and not ended meanwhile: only we reap it.
  const auto process = ReadProcess(sender.pid);
  const bool good =
      process && process->alive() && process->parent == getpid() && process->session == sender.pid;
  return Word{.here = good ? sender.pid : 0};
}

}  // namespace

Templates::Templates(std::string home, bool reset_oom_score, Owner owner)
    : home_(std::move(home)),
      reset_oom_score_(reset_oom_score),
      owner_(std::move(owner)),
      epoll_(epoll_create1(EPOLL_CLOEXEC)) {}

Templates::~Templates() {
  EndAll();
  for (auto& [key, start] : starts_) CloseLine(start);
  close(epoll_);
}

void Templates::Start(const SpawnRequest& request) {
  Starting& start = starts_[request.key];
  start.request = request;
  std::vector<TemplatePool::Wanted> wanted;
  for (const TemplateSpec& spec : request.templates) wanted.push_back({spec.id, spec.import_max});
  Do(pool_.Want(request.key, std::move(wanted),
                {request.templates_max, request.templates_bytes_max}, BootNowUs()));
}

void Templates::Drop(const std::string& key) {
  auto it = starts_.find(key);
  if (it == starts_.end()) return;
  CloseLine(it->second);
  starts_.erase(it);
  Do(pool_.Dropped(key, BootNowUs()));
}

void Templates::EndAll() {
  for (auto& [serial, process] : processes_) {
    CloseLines(process);
    kill(-process.pid, SIGKILL);
  }
  processes_.clear();
}

// What is to be done may fail, and then there is more to do.
void Templates::Do(TemplatePool::Steps steps) {
  auto more = [&steps](TemplatePool::Steps next) {
    steps.insert(steps.end(), std::make_move_iterator(next.begin()),
                 std::make_move_iterator(next.end()));
  };
  for (size_t i = 0; i < steps.size(); ++i) {
    const TemplatePool::Step step = std::move(steps[i]);
    auto start = starts_.find(step.key);
    switch (step.what) {
      case TemplatePool::Do::kStart: {
        Status started =
            start == starts_.end() ? Internal("its start is gone") : StartProcess(step);
        if (!started.ok()) {
          more(pool_.Gone(step.serial, std::string(started.message()), BootNowUs()));
        }
        break;
      }
      case TemplatePool::Do::kAsk: {
        auto process = processes_.find(step.serial);
        if (start == starts_.end() || process == processes_.end()) break;  // Gone is on its way
        Status asked = Ask(step.key, process->second);
        if (!asked.ok()) {
          CloseLine(start->second);
          more(pool_.NotForked(step.key, std::string(asked.message()), BootNowUs()));
        }
        break;
      }
      case TemplatePool::Do::kEnd: End(step); break;
      case TemplatePool::Do::kFresh:
        if (start == starts_.end()) break;
        CloseLine(start->second);
        starts_.erase(start);
        owner_.on_fresh(step.key, step.why);
        break;
    }
  }
}

Status Templates::Watch(int fd, uint64_t token) {
  epoll_event event{.events = EPOLLIN, .data = {.u64 = token}};
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) == 0) return OkStatus();
  return Unavailable("epoll: {}", strerror(errno));
}

// Templates.

Status Templates::StartProcess(const TemplatePool::Step& step) {
  const SpawnRequest& request = starts_.at(step.key).request;
  const TemplateSpec* spec = nullptr;
  for (const TemplateSpec& s : request.templates) {
    if (s.id == step.id) spec = &s;
  }
  if (spec == nullptr) return Internal("nobody said how the template is started");
  // What its import prints is for who waits for it.
  GALE_ASSIGN_OR_RETURN(const File log, owner_.open_log(step.key));
  int line[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, line) != 0) {
    return Unavailable("socketpair: {}", strerror(errno));
  }
  ChildSpec child{.argv = spec->argv,
                  .env = {RoomForMarker(home_)},
                  .cwd = spec->cwd,
                  .stdout_fd = log.fd(),
                  .line_fd = line[1],
                  .reset_oom_score = reset_oom_score_,
                  .dies_with_parent = true};
  for (const std::string& e : spec->env) {
    if (!e.starts_with(std::string(kMarkerName) + "=")) child.env.push_back(e);
  }
  Result<pid_t> pid = StartChild(child);
  close(line[1]);
  Status watched = pid.ok() ? Watch(line[0], TemplateToken(step.serial)) : pid.status();
  if (pid.ok()) {
    serials_by_pid_[*pid] = step.serial;
    processes_[step.serial] = {step.serial, step.id, *pid, line[0], -1, BootNowUs()};
  } else {
    close(line[0]);
  }
  return watched;
}

void Templates::End(const TemplatePool::Step& step) {
  auto it = processes_.find(step.serial);
  if (!step.why.empty()) GALE_INFO("template '{}': {}", step.id, step.why);
  if (it == processes_.end()) return;
  CloseLines(it->second);
  kill(-it->second.pid, SIGKILL);  // its number is its own until it is reaped
  processes_.erase(it);
}

bool Templates::Reaped(pid_t pid) {
  auto it = serials_by_pid_.find(pid);
  if (it == serials_by_pid_.end()) return false;
  const uint64_t serial = it->second;
  serials_by_pid_.erase(it);
  ReadTemplate(serial);  // its last words
  if (auto process = processes_.find(serial); process != processes_.end()) {
    ReadForksOf(serial);
    // Its number may be another's from now on.
    CloseLines(process->second);
    processes_.erase(process);
    Do(pool_.Gone(serial, "its process ended", BootNowUs()));
  }
  return true;
}

// It then ends by itself, and so does its spare.
void Templates::CloseLines(Process& process) {
  for (int line : {process.line, process.spare}) {
    if (line >= 0) close(line);
  }
}

void Templates::ReadTemplate(uint64_t serial) {
  char word[kWordBytesMax];
  for (auto it = processes_.find(serial); it != processes_.end(); it = processes_.find(serial)) {
    const ssize_t n = recv(it->second.line, word, sizeof word, MSG_DONTWAIT);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
    if (n > 0) {
      OnWord(serial, std::string_view(word, static_cast<size_t>(n)));
      continue;
    }
    ReadForksOf(serial);
    Do(pool_.Gone(serial, "it closed its line", BootNowUs()));
    return;
  }
}

void Templates::OnWord(uint64_t serial, std::string_view word) {
  const Process& process = processes_.at(serial);
  const int64_t now = BootNowUs();
  const size_t space = std::min(word.find(' '), word.size());
  const std::string rest(word.substr(std::min(space + 1, word.size())));
  word = word.substr(0, space);
  if (word == "ready") {
    const int64_t bytes = OwnBytes(process.pid);
    GALE_INFO("template '{}' (pid {}) is ready after {} ms, {} MiB", process.id, process.pid,
              (now - process.started_boot_us) / 1000, bytes >> 20);
    return Do(pool_.Ready(serial, bytes, now));
  }
  if (word == "unforkable") return Do(pool_.Unforkable(serial, rest, now));
  ReadForksOf(serial);  // those that it has forked go on
  Do(pool_.Gone(serial, fmt::format("it says '{}'", word), now));
}

// Forks.

// A fork that waits for what it is to do.
Result<int> Templates::Fork(const Process& process) {
  int line[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, line) != 0) {
    return Unavailable("socketpair: {}", strerror(errno));
  }
  const int on = 1;
  Status sent = SendDescriptor(process.line, "fork", line[1]);
  if (sent.ok() && setsockopt(line[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0) {
    sent = Unavailable("SO_PASSCRED: {}", strerror(errno));
  }
  close(line[1]);
  if (sent.ok()) return line[0];
  close(line[0]);
  return sent;
}

Status Templates::Ask(const std::string& key, Process& process) {
  GALE_ASSIGN_OR_RETURN(const File log, owner_.open_log(key));
  Starting& start = starts_.at(key);
  CloseLine(start);
  start.line = std::exchange(process.spare, -1);
  // A spare may have been killed meanwhile.
  if (start.line >= 0 && !SendDescriptor(start.line, "start", log.fd()).ok()) CloseLine(start);
  if (start.line < 0) {
    GALE_ASSIGN_OR_RETURN(start.line, Fork(process));
    GALE_RETURN_IF_ERROR(SendDescriptor(start.line, "start", log.fd()));
  }
  start.serial = process.serial;
  start.number = ++last_number_;
  keys_[start.number] = key;
  bool full;
  GALE_RETURN_IF_ERROR(SendPacket(start.line, PayloadOf(start.request), &full));
  return Watch(start.line, StartToken(start.number));
}

// The next start needs no fork.
void Templates::KeepSpare(uint64_t serial) {
  auto process = processes_.find(serial);
  if (process == processes_.end() || process->second.spare >= 0) return;
  if (Result<int> line = Fork(process->second); line.ok()) process->second.spare = *line;
}

void Templates::CloseLine(Starting& start) {
  if (start.line >= 0) close(start.line);
  keys_.erase(start.number);
  start.line = -1;
  start.number = 0;
}

void Templates::ReadFork(uint64_t number) {
  auto key = keys_.find(number);
  if (key == keys_.end()) return;
  const std::string name = key->second;
  const uint64_t serial = starts_.at(name).serial;
  std::string stale;
  if (TakeFork(name, &stale)) return;
  if (!stale.empty()) {
    GALE_INFO("template '{}': {} has changed", processes_.at(serial).id, stale);
    ReadForksOf(serial);
    return Do(pool_.Stale(serial, BootNowUs()));
  }
  ReadTemplate(serial);  // perhaps all of it has ended
  if (!keys_.contains(number)) return;
  CloseLine(starts_.at(name));
  Do(pool_.NotForked(name, "its fork ended before it began", BootNowUs()));
}

// False: the fork ended, or there was none, or it would be none of what the files are now.
bool Templates::TakeFork(const std::string& key, std::string* stale) {
  Starting& start = starts_.at(key);
  const std::optional<Word> word = ReadWord(start.line);
  if (!word) return true;
  if (word->here == 0) return *stale = word->stale, false;
  const uint64_t serial = start.serial;
  const int line = std::exchange(start.line, -1);
  keys_.erase(start.number);
  starts_.erase(key);
  if (owner_.on_forked(key, word->here)) (void)send(line, "go", 2, MSG_NOSIGNAL | MSG_DONTWAIT);
  close(line);
  Do(pool_.Forked(key, BootNowUs()));
  KeepSpare(serial);
  return true;
}

// A template is at its end: who is here goes on. Whom it has forked besides finds its line closed,
// and nothing more is asked of it.
void Templates::ReadForksOf(uint64_t serial) {
  pool_.Closing(serial);
  std::vector<std::string> keys;
  for (const auto& [key, start] : starts_) {
    if (start.line >= 0 && start.serial == serial) keys.push_back(key);
  }
  for (const std::string& key : keys) {
    std::string unused;
    TakeFork(key, &unused);
    if (auto start = starts_.find(key); start != starts_.end()) CloseLine(start->second);
  }
}

// The loop's.

void Templates::OnReady() {
  epoll_event events[kEventsAtOnce];
  for (int n = kEventsAtOnce; n == kEventsAtOnce;) {
    n = epoll_wait(epoll_, events, kEventsAtOnce, 0);
    for (int i = 0; i < n; ++i) {
      const uint64_t token = events[i].data.u64;
      if (token % 2 == 0) {
        ReadTemplate(token / 2);
      } else {
        ReadFork(token / 2);
      }
    }
  }
}

void Templates::OnTime(int64_t now_boot_us) {
  if (now_boot_us < pool_.next()) return;
  OnReady();  // what was said before the time was up counts
  Do(pool_.OnTime(now_boot_us));
}

}  // namespace gale::keeper
