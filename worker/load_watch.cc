#include "worker/load_watch.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sstream>

#include "common/base/files.h"
#include "common/base/log.h"

namespace gale::worker {
namespace {

std::string ReadWhole(const char* path) {
  constexpr size_t kBytesMax = 1 << 20;
  return Files::Real().Read(path, kBytesMax).value_or("");
}

std::vector<std::string> Words(const std::string& command) {
  std::istringstream in(command);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

// In a process group of its own, its output in `out`. -1: it can't be started.
pid_t Spawn(std::vector<std::string>& words, int out) {
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  pid_t pid = -1;
  const int error = ::posix_spawnp(&pid, argv[0], &actions, &attributes, argv.data(), ::environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  return error == 0 ? pid : -1;
}

// What it prints until it closes its output, `length` at most; false: it took longer.
bool ReadUntil(int fd, Duration length, std::string& out) {
  const MonoTime end = Clock::Real().Mono() + length;
  char piece[4096];
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::Real().Mono());
    pollfd poll{fd, POLLIN, 0};
    if (left.count() <= 0 || ::poll(&poll, 1, static_cast<int>(left.count())) == 0) return false;
    const ssize_t n = ::read(fd, piece, sizeof piece);
    if (n <= 0) return true;
    if (out.size() < LoadWatch::kOutputBytesMax) out.append(piece, static_cast<size_t>(n));
  }
}

// It was killed: waits a second for it.
bool Reap(pid_t pid) {
  for (int i = 0; i < 50; ++i) {
    if (::waitpid(pid, nullptr, WNOHANG) != 0) return true;
    ::poll(nullptr, 0, 20);
  }
  return false;
}

}  // namespace

Status LoadWatch::Start() {
  thread_ = NamedThread("load-watch", [this] { Run(); });
  return OkStatus();
}

void LoadWatch::Stop(MonoTime) {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    wake_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

bool LoadWatch::Wait(Duration length) {
  std::unique_lock lock(mutex_);
  return !wake_.wait_for(lock, length, [&] { return stopping_; });
}

void LoadWatch::Run() {
  do {
    Look();
  } while (Wait(kLook));
}

void LoadWatch::Look() {
  v1::Load load;
  if (const auto ticks = ParseStat(ReadWhole("/proc/stat"))) {
    load.set_cpu_count(ticks->cores);
    if (ticks_) load.set_cpu_load(CoresInUse(*ticks_, *ticks));
    ticks_ = ticks;
  }
  if (const auto memory = ParseMeminfo(ReadWhole("/proc/meminfo"))) {
    load.set_memory_bytes(memory->bytes);
    load.set_memory_used_bytes(memory->used_bytes);
  }
  if (const MonoTime now = Clock::Real().Mono(); now >= next_devices_) {
    next_devices_ = now + kLookAtDevices;
    devices_ = LookAtDevices();
  }
  for (const v1::Device& device : devices_) *load.add_devices() = device;
  std::lock_guard lock(mutex_);
  load_ = std::move(load);
  taken_ = false;
}

std::vector<v1::Device> LoadWatch::LookAtDevices() {
  // One that hangs in its driver can't be ended: no other beside it.
  if (left_ > 0 && ::waitpid(left_, nullptr, WNOHANG) == 0) return {};
  left_ = 0;
  std::vector<std::string> words = Words(command_);
  int ends[2];
  if (words.empty() || ::pipe2(ends, O_CLOEXEC) != 0) return {};
  const pid_t pid = Spawn(words, ends[1]);
  ::close(ends[1]);
  std::string output;
  bool whole = false;
  if (pid > 0) {
    whole = ReadUntil(ends[0], kCommandTime, output);
    // It may have closed its output and go on: what is left of its group is ended.
    ::kill(-pid, SIGKILL);
    left_ = Reap(pid) ? 0 : pid;
    if (!whole) GALE_WARN("'{}' took longer than {:.0f} s: ended", command_, Seconds(kCommandTime));
  }
  ::close(ends[0]);
  return whole ? ParseDevices(output) : std::vector<v1::Device>();
}

std::optional<v1::Load> LoadWatch::Take() {
  std::lock_guard lock(mutex_);
  if (taken_) return std::nullopt;
  taken_ = true;
  return load_;
}

void LoadWatch::Anew() {
  std::lock_guard lock(mutex_);
  taken_ = !load_.has_value();
}

}  // namespace gale::worker
