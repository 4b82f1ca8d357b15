#include "worker/runner/attempt_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>

namespace gale::worker {
namespace {

// First line of a .grant file: this and output_offset.
constexpr std::string_view kGrantMagic = "gale-grant-1 ";

class Fd {
 public:
  explicit Fd(int fd) : fd_(fd) {}
  ~Fd() {
    if (fd_ >= 0) ::close(fd_);
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

Status Failed(std::string_view what, const std::string& path) {
  int error = errno;
  Code code = error == ENOENT ? Code::kNotFound : Code::kUnavailable;
  return Status(code, fmt::format("{} '{}': {}", what, path, std::strerror(error)));
}

Status WriteAll(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Failed("cannot write", path);
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return OkStatus();
}

Result<std::string> ReadRange(int fd, uint64_t from, uint64_t to, const std::string& path) {
  std::string out(to - from, '\0');
  size_t have = 0;
  while (have < out.size()) {
    ssize_t n = ::pread(fd, out.data() + have, out.size() - have, static_cast<off_t>(from + have));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Failed("cannot read", path);
    if (n == 0) break;
    have += static_cast<size_t>(n);
  }
  out.resize(have);
  return out;
}

}  // namespace

Status WriteFile(const std::string& path, std::string_view bytes) {
  Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (fd.get() < 0) return Failed("cannot create", path);
  return WriteAll(fd.get(), bytes, path);
}

Result<std::string> ReadFile(const std::string& path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat st;
  if (fd.get() < 0 || ::fstat(fd.get(), &st) != 0) return Failed("cannot open", path);
  return ReadRange(fd.get(), 0, static_cast<uint64_t>(st.st_size), path);
}

Status AttemptFiles::Create() const {
  if (::mkdir(folder_.c_str(), 0700) != 0 && errno != EEXIST) {
    return Failed("cannot make the folder", folder_);
  }
  return OkStatus();
}

Status AttemptFiles::WriteGrant(const AttemptId& id, const StoredGrant& stored) const {
  std::string bytes = fmt::format("{}{}\n", kGrantMagic, stored.output_offset);
  stored.grant.AppendToString(&bytes);
  return WriteFile(GrantPath(id), bytes);
}

Result<StoredGrant> AttemptFiles::ReadGrant(const AttemptId& id) const {
  std::string path = GrantPath(id);
  GALE_ASSIGN_OR_RETURN(std::string bytes, ReadFile(path));
  StoredGrant stored;
  size_t line_end = bytes.find('\n');
  if (line_end == std::string::npos || bytes.compare(0, kGrantMagic.size(), kGrantMagic) != 0) {
    return Internal("'{}' is no grant of gale", path);
  }
  std::from_chars(bytes.data() + kGrantMagic.size(), bytes.data() + line_end, stored.output_offset);
  if (!stored.grant.ParseFromArray(bytes.data() + line_end + 1,
                                   static_cast<int>(bytes.size() - line_end - 1))) {
    return Internal("the grant in '{}' is damaged", path);
  }
  return stored;
}

Status AttemptFiles::WriteTask(const AttemptId& id, std::string_view json) const {
  return WriteFile(TaskPath(id), json);
}

Result<uint64_t> AttemptFiles::AppendLog(const AttemptId& id, std::string_view text) const {
  std::string path = LogPath(id);
  Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  struct stat st;
  if (fd.get() < 0 || ::fstat(fd.get(), &st) != 0) return Failed("cannot open", path);
  char last = '\n';
  if (st.st_size > 0 && ::pread(fd.get(), &last, 1, st.st_size - 1) != 1) last = '\n';
  std::string bytes = last == '\n' ? std::string() : std::string("\n");
  bytes += text;
  GALE_RETURN_IF_ERROR(WriteAll(fd.get(), bytes, path));
  return static_cast<uint64_t>(st.st_size) + bytes.size();
}

uint64_t AttemptFiles::LogSize(const AttemptId& id) const {
  struct stat st;
  return ::stat(LogPath(id).c_str(), &st) == 0 ? static_cast<uint64_t>(st.st_size) : 0;
}

Result<std::optional<std::string>> AttemptFiles::LastLine(const AttemptId& id, uint64_t from,
                                                          uint64_t to, size_t bytes_max) const {
  if (to <= from) return std::optional<std::string>("");
  std::string path = LogPath(id);
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) return Failed("cannot open", path);
  // Room for the newline at its end and for the byte that shows where it begins.
  uint64_t begin = to - from > bytes_max + 2 ? to - (bytes_max + 2) : from;
  GALE_ASSIGN_OR_RETURN(std::string text, ReadRange(fd.get(), begin, to, path));
  if (!text.empty() && text.back() == '\n') text.pop_back();
  size_t newline = text.rfind('\n');
  if (newline == std::string::npos && begin != from) return std::optional<std::string>();
  if (newline != std::string::npos) text.erase(0, newline + 1);
  text.erase(text.find_last_not_of(" \t\r\n\v\f") + 1);
  if (text.size() > bytes_max) return std::optional<std::string>();
  return std::optional<std::string>(std::move(text));
}

void AttemptFiles::RemoveAllButLog(const AttemptId& id) const {
  ::unlink(GrantPath(id).c_str());
  ::unlink(TaskPath(id).c_str());
}

}  // namespace gale::worker
