#include "worker/tasks/task_socket.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "common/base/limits.h"
#include "common/base/log.h"
#include "common/rpc/convert.h"
#include "worker/runner/runner.h"

namespace gale::worker {
namespace {

// epoll's numbers of what is no line; lines count from kLinesFrom.
constexpr uint64_t kListener = 0, kWaker = 1, kLinesFrom = 2;
constexpr int kTickMs = 1'000;  // how often silent lines are looked for
constexpr int kBacklog = 1'024;

void Control(int epoll_fd, int operation, int fd, uint64_t number, uint32_t events) {
  epoll_event event{.events = events, .data = {.u64 = number}};
  (void)::epoll_ctl(epoll_fd, operation, fd, &event);
}

}  // namespace

TaskSocket::TaskSocket(const std::string& home, AttemptFiles files, std::string join_token,
                       std::string worker)
    : path_(std::filesystem::absolute(home).lexically_normal().string() + "/tasks.sock"),
      worker_(std::move(worker)),
      desk_(std::move(files)),
      asker_(std::move(join_token)) {}

Status TaskSocket::Listen() {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path_.size() >= sizeof address.sun_path) {
    return InvalidArgument("the path '{}' is too long for a socket ({} bytes at most)", path_,
                           sizeof address.sun_path - 1);
  }
  std::memcpy(address.sun_path, path_.c_str(), path_.size());
  const auto failed = [&](const char* what) {
    return Unavailable("task socket '{}': {}: {}", path_, what, std::strerror(errno));
  };
  listen_fd_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (listen_fd_ < 0) return failed("socket");
  ::unlink(path_.c_str());  // of the worker before; the home is ours alone (worker.lock)
  if (::bind(listen_fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    return failed("bind");
  }
  if (::chmod(path_.c_str(), 0600) != 0) return failed("chmod");
  if (::listen(listen_fd_, kBacklog) != 0) return failed("listen");
  epoll_fd_ = ::epoll_create1(EPOLL_CLOEXEC);
  wake_fd_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (epoll_fd_ < 0 || wake_fd_ < 0) return failed("epoll");
  Control(epoll_fd_, EPOLL_CTL_ADD, listen_fd_, kListener, EPOLLIN);
  Control(epoll_fd_, EPOLL_CTL_ADD, wake_fd_, kWaker, EPOLLIN);
  return OkStatus();
}

Status TaskSocket::Start() {
  GALE_RETURN_IF_ERROR(Listen());
  GALE_RETURN_IF_ERROR(asker_.Start());
  thread_ = NamedThread("task socket", [this] { Run(); });
  return OkStatus();
}

void TaskSocket::Stop(MonoTime deadline) {
  asker_.Stop(deadline);
  if (thread_.joinable()) {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
      (void)::eventfd_write(wake_fd_, 1);
    }
    thread_.join();
  }
  for (int* fd : {&epoll_fd_, &listen_fd_, &wake_fd_}) {
    if (*fd >= 0) ::close(*fd);
    *fd = -1;
  }
}

void TaskSocket::Run() {
  std::array<epoll_event, 64> events;
  for (;;) {
    const bool ticks = deaf_ || lines_.size() > 0;
    const int n = ::epoll_wait(epoll_fd_, events.data(), static_cast<int>(events.size()),
                               ticks ? kTickMs : -1);
    {
      std::lock_guard lock(mutex_);
      if (stopping_) break;
    }
    if (deaf_) {
      deaf_ = false;
      Control(epoll_fd_, EPOLL_CTL_MOD, listen_fd_, kListener, EPOLLIN);
    }
    for (int i = 0; i < n; ++i) {
      const epoll_event& event = events[static_cast<size_t>(i)];
      if (event.data.u64 == kListener) {
        Accept();
      } else if (event.data.u64 == kWaker) {
        TakeAnswers();
      } else {
        OnLine(event.data.u64, event.events);
      }
    }
    CutTheSilent();
    FeedTheStarved();
  }
  while (!lines_.empty()) Cut(lines_.begin()->first);
}

void TaskSocket::Accept() {
  for (;;) {
    const int fd = ::accept4(listen_fd_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      if (errno == EAGAIN) return;
      deaf_ = true;  // no descriptors: the tasks wait in the backlog
      return Control(epoll_fd_, EPOLL_CTL_MOD, listen_fd_, kListener, 0);
    }
    if (lines_.size() >= limits::kTaskLinesMax) {
      GALE_WARN("task socket: {} lines are open (kTaskLinesMax); another is refused",
                lines_.size());
      ::close(fd);
      continue;
    }
    const uint64_t number = kLinesFrom + lines_made_++;
    Line& line = lines_[number];
    line.fd = fd;
    line.since = Clock::Real().Mono();
    Control(epoll_fd_, EPOLL_CTL_ADD, fd, number, line.events = EPOLLIN);
  }
}

void TaskSocket::OnLine(uint64_t number, uint32_t events) {
  const auto it = lines_.find(number);
  if (it == lines_.end()) return;  // cut by an event before
  Line& line = it->second;
  bool good = (events & EPOLLERR) == 0;
  if (good && (events & EPOLLOUT) != 0) good = Write(line);
  if (good && (events & (EPOLLIN | EPOLLHUP)) != 0) good = Read(line);
  if (good) good = TakeFrames(number, line);
  if (!good || (line.closing && line.out.empty())) return Cut(number);
  Watch(number, line);
}

bool TaskSocket::Read(Line& line) {
  const ssize_t n = ::read(line.fd, buffer_.data(), buffer_.size());
  if (n == 0) return false;
  if (n < 0) return errno == EAGAIN || errno == EINTR;
  line.in.Add({buffer_.data(), static_cast<size_t>(n)});
  return true;
}

bool TaskSocket::Reserve(Line& line) {
  const size_t size = line.in.Announced().value_or(0);
  if (size <= kSmallBytes || line.reserved > 0) return true;
  if (reserved_ + size > limits::kTaskFramesBytesMax) {
    starved_ = true;
    return false;
  }
  reserved_ += line.reserved = size;
  return true;
}

bool TaskSocket::TakeFrames(uint64_t number, Line& line) {
  while (!line.closing && line.asked.size() < limits::kTaskLineQuestionsMax) {
    const size_t size = line.in.Announced().value_or(0);
    if (size > limits::kTaskFrameBytesMax) {
      GALE_WARN("task socket: a task sends {} bytes at once (kTaskFrameBytesMax is {}); it is cut",
                size, limits::kTaskFrameBytesMax);
      return false;
    }
    if (!Reserve(line)) return true;
    const auto frame = line.in.Next();
    if (!frame) return true;
    const size_t reserved = std::exchange(line.reserved, 0);
    if (!TakeFrame(number, line, *frame, reserved)) return false;
  }
  return true;
}

bool TaskSocket::TakeFrame(uint64_t number, Line& line, const std::string& frame, size_t reserved) {
  reserved_ -= reserved;  // unless a master is asked
  const auto question = ParseQuestion(frame);
  if (!question.ok()) {
    GALE_WARN("task socket: {}; the line is cut", question.status().message());
    return false;
  }
  if (!line.who) return TakeHello(line, *question);
  auto answer = desk_.Ask(*line.who, *question);
  if (!answer.ok()) {
    GALE_WARN("attempt {}: what its task tells can't be kept now: {}", line.who->attempt.ToString(),
              answer.status().ToString());
    return false;  // it comes again
  }
  if (const auto& own = *answer) {
    line.out += AnswerFrame(question->id, own->body, own->error, own->detail);
    return Write(line);
  }
  if (!line.asked.emplace(question->id, reserved).second) return false;  // an id, twice
  reserved_ += reserved;
  v1::TaskQuestion ask;
  *ask.mutable_attempt() = ToProto(line.who->attempt);
  ask.set_token(line.who->token);
  ask.set_worker(worker_);
  ask.set_body_json(std::string(question->body));
  asker_.Ask(number, std::move(ask), [this, number, id = question->id](TaskDesk::Answer said) {
    std::lock_guard lock(mutex_);
    answered_.push_back({number, id, std::move(said)});
    (void)::eventfd_write(wake_fd_, 1);
  });
  return true;
}

bool TaskSocket::TakeHello(Line& line, const Question& hello) {
  auto who = desk_.Welcome(hello);
  if (who.ok() && lines_of_[who->attempt] >= kLinesPerTaskMax) {
    who = ResourceExhausted("attempt {} has {} lines to its worker (kLinesPerTaskMax)",
                            who->attempt.ToString(), kLinesPerTaskMax);
  }
  if (who.ok()) {
    line.out += AnswerFrame(hello.id, who->details);
    who->details.clear();
    ++lines_of_[who->attempt];
    line.who = std::move(*who);
    return Write(line);
  }
  GALE_WARN("task socket: {}", who.status().ToString());
  if (who.status().code() == Code::kUnavailable) return false;  // it comes again
  line.out += AnswerFrame(hello.id, "", "REFUSED", ToJsonString(who.status().message()));
  line.closing = true;
  return Write(line);
}

bool TaskSocket::Write(Line& line) {
  size_t sent = 0;
  while (sent < line.out.size()) {
    const ssize_t n = ::send(line.fd, line.out.data() + sent, line.out.size() - sent, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno != EAGAIN) return false;
    if (n < 0) break;
    sent += static_cast<size_t>(n);
  }
  line.out.erase(0, sent);
  return true;
}

void TaskSocket::TakeAnswers() {
  eventfd_t count = 0;
  (void)::eventfd_read(wake_fd_, &count);
  std::vector<Answered> answered;
  {
    std::lock_guard lock(mutex_);
    answered.swap(answered_);
  }
  for (Answered& each : answered) {
    const auto it = lines_.find(each.line);
    if (it == lines_.end()) continue;
    Line& line = it->second;
    if (auto asked = line.asked.extract(each.question)) reserved_ -= asked.mapped();
    line.out += AnswerFrame(each.question, each.answer.body, each.answer.error, each.answer.detail);
    if (!Write(line)) {
      Cut(each.line);
    } else {
      OnLine(each.line, 0);
    }
  }
}

// Frames that there was no room for: perhaps there is now.
void TaskSocket::FeedTheStarved() {
  if (!std::exchange(starved_, false)) return;
  std::vector<uint64_t> starved;
  for (const auto& [number, line] : lines_) {
    if (line.in.Announced().value_or(0) > kSmallBytes && line.reserved == 0) {
      starved.push_back(number);
    }
  }
  for (uint64_t number : starved) OnLine(number, 0);
}

void TaskSocket::CutTheSilent() {
  const MonoTime now = Clock::Real().Mono();
  if (now - looked_at_ < std::chrono::milliseconds(kTickMs)) return;
  looked_at_ = now;
  std::vector<uint64_t> silent;
  for (const auto& [number, line] : lines_) {
    if (!line.who && now - line.since > kHelloTimeout) silent.push_back(number);
  }
  for (uint64_t number : silent) Cut(number);
}

void TaskSocket::Watch(uint64_t number, Line& line) {
  const bool reads = !line.closing && line.asked.size() < limits::kTaskLineQuestionsMax &&
                     line.out.size() < kOutBytesMax && Reserve(line);
  const uint32_t events = (reads ? EPOLLIN : 0u) | (line.out.empty() ? 0u : EPOLLOUT);
  if (events == line.events) return;
  Control(epoll_fd_, EPOLL_CTL_MOD, line.fd, number, line.events = events);
}

void TaskSocket::Cut(uint64_t number) {
  auto node = lines_.extract(number);
  if (node.empty()) return;
  Line& line = node.mapped();
  asker_.Drop(number);
  reserved_ -= line.reserved;
  for (const auto& [id, reserved] : line.asked) reserved_ -= reserved;
  if (line.who && --lines_of_[line.who->attempt] == 0) lines_of_.erase(line.who->attempt);
  ::close(line.fd);
}

}  // namespace gale::worker
