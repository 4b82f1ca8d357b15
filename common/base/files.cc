#include "common/base/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

namespace gale {
namespace {

constexpr size_t kReadBytes = 1 << 20;

int Flags(Access access) {
  switch (access) {
    case Access::kRead: return O_RDONLY;
    case Access::kUpdate: return O_RDWR | O_CREAT;
    case Access::kTruncate: return O_WRONLY | O_CREAT | O_TRUNC;
    case Access::kNew: return O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
    case Access::kAppend: return O_RDWR | O_CREAT | O_APPEND;
  }
  GALE_CHECK(false, "an access without flags");
}

std::string_view Verb(Access access) {
  return access == Access::kRead ? "open" : access == Access::kNew ? "create" : "write to";
}

class RealFiles : public Files {
 public:
  Result<File> Open(const std::string& path, Access access, mode_t mode) override {
    int fd;
    do {
      // Non-blocking, for a FIFO without a reader would stop us; on files it has no effect.
      fd = ::open(path.c_str(), Flags(access) | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, mode);
    } while (fd < 0 && errno == EINTR);
    if (fd < 0) return FileError(errno, Verb(access), path);
    return File(fd, path);
  }

  Result<std::string> ReadSome(const File& file, uint64_t offset, size_t bytes) override {
    std::string out(bytes, '\0');
    ssize_t n;
    do {
      n = ::pread(file.fd(), out.data(), bytes, static_cast<off_t>(offset));
    } while (n < 0 && errno == EINTR);
    if (n < 0) return FileError(errno, "read", file.path());
    out.resize(static_cast<size_t>(n));
    return out;
  }

  Result<size_t> WriteSome(const File& file, std::string_view bytes,
                           std::optional<uint64_t> offset) override {
    ssize_t n;
    do {
      n = offset ? ::pwrite(file.fd(), bytes.data(), bytes.size(), static_cast<off_t>(*offset))
                 : ::write(file.fd(), bytes.data(), bytes.size());
    } while (n < 0 && errno == EINTR);
    if (n < 0) return FileError(errno, "write to", file.path());
    return static_cast<size_t>(n);
  }

  Status Sync(const File& file) override { return Done(::fsync(file.fd()), "sync", file.path()); }
  Status Truncate(const File& file, uint64_t bytes) override {
    return Done(::ftruncate(file.fd(), static_cast<off_t>(bytes)), "truncate", file.path());
  }
  Status SetMode(const File& file, mode_t mode) override {
    return Done(::fchmod(file.fd(), mode), "set the mode of", file.path());
  }
  Result<struct stat> Look(const File& file) override {
    struct stat st {};
    if (::fstat(file.fd(), &st) != 0) return FileError(errno, "look at", file.path());
    return st;
  }
  Result<struct stat> Look(const std::string& path) override {
    struct stat st {};
    if (::stat(path.c_str(), &st) != 0) return FileError(errno, "look at", path);
    return st;
  }
  Status MakeFolder(const std::string& path, mode_t mode) override {
    return Done(::mkdir(path.c_str(), mode), "make the folder", path);
  }

  Result<std::vector<std::string>> List(const std::string& folder) override {
    DIR* dir = ::opendir(folder.c_str());
    if (dir == nullptr) return FileError(errno, "list", folder);
    std::vector<std::string> names;
    errno = 0;
    while (const dirent* entry = ::readdir(dir)) {
      std::string_view name = entry->d_name;
      if (name != "." && name != "..") names.emplace_back(name);
      errno = 0;
    }
    const int error = errno;
    ::closedir(dir);
    if (error != 0) return FileError(error, "list", folder);
    return names;
  }

  Status Move(const std::string& from, const std::string& to) override {
    return Done(::rename(from.c_str(), to.c_str()), "move", from + "' to '" + to);
  }
  Status Link(const std::string& from, const std::string& to) override {
    return Done(::link(from.c_str(), to.c_str()), "link", from + "' to '" + to);
  }
  Status Remove(const std::string& path) override {
    return Done(::remove(path.c_str()), "remove", path);
  }
  Status RemoveTree(const std::string& path) override {
    std::error_code error;
    std::filesystem::remove_all(path, error);
    return error ? FileError(error.value(), "remove", path) : OkStatus();
  }

 private:
  static Status Done(int result, std::string_view what, std::string_view path) {
    return result == 0 ? OkStatus() : FileError(errno, what, path);
  }
};

}  // namespace

void File::Close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

Status FileError(int error, std::string_view what, std::string_view path) {
  Code code = Code::kUnavailable;
  if (error == ENOENT) code = Code::kNotFound;
  if (error == EEXIST) code = Code::kAlreadyExists;
  if (error == EACCES || error == EPERM || error == EROFS) code = Code::kPermissionDenied;
  return Status(code, fmt::format("cannot {} '{}': {}", what, path, std::strerror(error)));
}

Status AsUnavailable(const Status& status) {
  return status.ok() ? status : Unavailable("{}", status.message());
}

Files& Files::Real() {
  static RealFiles* files = new RealFiles;  // never destroyed: threads may outlive main
  return *files;
}

Result<std::string> Files::Read(const std::string& path, size_t bytes_max) {
  GALE_ASSIGN_OR_RETURN(File file, Open(path, Access::kRead));
  GALE_ASSIGN_OR_RETURN(const struct stat st, Look(file));
  if (S_ISDIR(st.st_mode)) return FileError(EISDIR, "read", path);
  std::string out;
  // To its end, for the size of a file in /proc is 0, and another's may grow.
  for (size_t ask = std::min<size_t>(static_cast<size_t>(st.st_size) + 1, bytes_max + 1);;) {
    GALE_ASSIGN_OR_RETURN(std::string some, ReadSome(file, out.size(), ask));
    if (some.empty()) return out;
    out = out.empty() ? std::move(some) : out + some;
    if (out.size() > bytes_max) {
      return ResourceExhausted("'{}' has more than {} bytes", path, bytes_max);
    }
    if (st.st_size > 0 && out.size() == static_cast<size_t>(st.st_size)) return out;
    ask = std::clamp<size_t>(bytes_max + 1 - out.size(), 1, kReadBytes);
  }
}

Result<std::string> Files::ReadLine(const std::string& path) {
  GALE_ASSIGN_OR_RETURN(std::string text, Read(path, kReadBytes));
  text.resize(std::min(text.find('\n'), text.size()));
  text.erase(text.find_last_not_of(" \t\r\v\f") + 1);
  return text;
}

Result<std::string> Files::ReadRange(const File& file, uint64_t from, uint64_t to) {
  std::string out;
  while (from + out.size() < to) {
    GALE_ASSIGN_OR_RETURN(std::string some, ReadSome(file, from + out.size(),
                                                     static_cast<size_t>(to - from) - out.size()));
    if (some.empty()) break;
    out = out.empty() ? std::move(some) : out + some;
  }
  return out;
}

Status Files::WriteAll(const File& file, std::string_view bytes, std::optional<uint64_t> offset) {
  while (!bytes.empty()) {
    GALE_ASSIGN_OR_RETURN(const size_t n, WriteSome(file, bytes, offset));
    if (n == 0) return FileError(ENOSPC, "write to", file.path());
    bytes.remove_prefix(n);
    if (offset) *offset += n;
  }
  return OkStatus();
}

Status Files::Fill(const File& file, std::string_view bytes, const WriteOptions& options) {
  GALE_RETURN_IF_ERROR(WriteAll(file, bytes));
  return options.sync ? Sync(file) : OkStatus();
}

Status Files::Write(const std::string& path, std::string_view bytes, const WriteOptions& options) {
  GALE_ASSIGN_OR_RETURN(File file, Open(path, Access::kTruncate, options.mode));
  return Fill(file, bytes, options);
}

Status Files::Replace(const std::string& path, std::string_view bytes,
                      const WriteOptions& options) {
  const std::string fresh = path + ".new";
  Status status = Write(fresh, bytes, options);
  if (status.ok()) status = Move(fresh, path);
  if (!status.ok()) {
    (void)Remove(fresh);  // what is left of it is written over the next time
    return status;
  }
  const size_t slash = path.find_last_of('/');
  return options.sync ? SyncFolder(slash == std::string::npos ? "." : path.substr(0, slash + 1))
                      : OkStatus();
}

Status Files::WriteNew(const std::string& path, std::string_view bytes,
                       const WriteOptions& options) {
  GALE_ASSIGN_OR_RETURN(File file, Open(path, Access::kNew, 0600));
  Status status = Fill(file, bytes, options);
  if (status.ok() && options.mode != 0600) status = SetMode(file, options.mode);
  if (!status.ok()) (void)Remove(path);
  return status;
}

Status Files::SyncFolder(const std::string& folder) {
  GALE_ASSIGN_OR_RETURN(File file, Open(folder, Access::kRead));
  return Sync(file);
}

Status Files::EnsureFolder(const std::string& path, mode_t mode) {
  Status status = MakeFolder(path, mode);
  return status.code() == Code::kAlreadyExists ? OkStatus() : status;
}

Status Files::EnsureFolders(const std::string& path, mode_t mode) {
  const size_t slash = path.find_last_of('/');
  if (slash != std::string::npos && slash > 0 && !Exists(path)) {
    GALE_RETURN_IF_ERROR(EnsureFolders(path.substr(0, slash), 0755));
  }
  return EnsureFolder(path, mode);
}

}  // namespace gale
