#include "worker/keeper/records.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>

namespace gale::keeper {
namespace {

constexpr size_t kLineBytes = 10 + 1 + 20 + 1 + 20 + 1 + 1 + 1;

std::string ReadFile(const std::string& path) {
  int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return {};
  std::string out(kPacketBytesMax, '\0');
  ssize_t n = read(fd, out.data(), out.size());
  close(fd);
  out.resize(n > 0 ? static_cast<size_t>(n) : 0);
  return out;
}

// One line of kLineBytes, for Started rewrites it in place.
std::string Format(const RunningRecord& r) {
  return fmt::format("{:010} {:020} {:020} {}\n", r.pid, r.birthday,
                     r.started_at.time_since_epoch().count(), int{r.own_cwd});
}

std::vector<std::string> Names(const std::string& dir) {
  std::vector<std::string> out;
  std::error_code error;
  for (std::filesystem::directory_iterator it(dir, error), end; !error && it != end;
       it.increment(error)) {
    if (std::string name = it->path().filename(); CheckKey(name).ok()) out.push_back(name);
  }
  return out;
}

}  // namespace

Result<Records> Records::Open(const std::string& home) {
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(home).parent_path(), error);
  for (const char* dir : {"", "/running", "/exits", "/tmp", "/trash"}) {
    std::string path = home + dir;
    if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
      return FailedPrecondition("keeper home '{}': {}", path, strerror(errno));
    }
  }
  return Records(home);
}

Result<int> Records::Starting(const RunningRecord& record) const {
  std::string path = home_ + "/running/" + record.key, line = Format(record);
  int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return Unavailable("keeper record '{}': {}", path, strerror(errno));
  if (write(fd, line.data(), line.size()) == static_cast<ssize_t>(line.size())) return fd;
  Status status = Unavailable("keeper record '{}': {}", path, strerror(errno));
  close(fd);
  Forget(record.key);
  return status;
}

// A failure would be a disk's: the record with pid 0 stays good, its family has the marker.
void Records::Started(int fd, const RunningRecord& record) const {
  std::string line = Format(record);
  [[maybe_unused]] ssize_t n = pwrite(fd, line.data(), line.size(), 0);
  close(fd);
}

void Records::Forget(const std::string& key) const { unlink((home_ + "/running/" + key).c_str()); }

// The exit goes behind the line of the running record, whose file then moves: half the work for the
// file system of a file more, and the move is atomic.
Status Records::Exit(const Exited& exit) const {
  std::string from = home_ + "/running/" + exit.key, bytes = Encode(exit);
  int fd = open(from.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  ssize_t n = fd < 0 ? -1 : pwrite(fd, bytes.data(), bytes.size(), kLineBytes);
  int error = errno;
  if (fd >= 0) close(fd);
  if (n != static_cast<ssize_t>(bytes.size())) {
    return Unavailable("keeper record '{}': {}", from,
                       n < 0 ? strerror(error) : "the disk is full");
  }
  if (rename(from.c_str(), (home_ + "/exits/" + exit.key).c_str()) == 0) return OkStatus();
  return Unavailable("keeper record '{}': {}", from, strerror(errno));
}

void Records::Take(const std::string& key) const { unlink((home_ + "/exits/" + key).c_str()); }

std::vector<RunningRecord> Records::LoadRunning() const {
  std::vector<RunningRecord> out;
  for (const std::string& key : Names(home_ + "/running")) {
    RunningRecord r{.key = key};
    unsigned long long birthday = 0;
    long long started = 0;
    int own_cwd = 0;
    // One that is cut off stays with pid 0: its family is then found by its marker.
    if (sscanf(ReadFile(home_ + "/running/" + key).c_str(), "%d %llu %lld %d", &r.pid, &birthday,
               &started, &own_cwd) != 4) {
      r.pid = 0;
    }
    r.birthday = birthday;
    r.started_at = TimePoint(Duration(started));
    r.own_cwd = own_cwd != 0;
    out.push_back(std::move(r));
  }
  return out;
}

std::vector<Exited> Records::LoadExits() const {
  std::vector<Exited> out;
  for (const std::string& key : Names(home_ + "/exits")) {
    std::string file = ReadFile(home_ + "/exits/" + key);
    if (file.size() <= kLineBytes) continue;
    Result<Message> message = Decode(std::string_view(file).substr(kLineBytes));
    if (!message.ok()) continue;
    if (auto* exit = std::get_if<Exited>(&*message)) out.push_back(std::move(*exit));
  }
  return out;
}

}  // namespace gale::keeper
