#include "master/logs/log_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>

namespace gale {
namespace {

// The longest name that file systems take is 255 bytes; "map_index=" and its like stand before
// these.
constexpr size_t kNameBytesMax = 200;

bool BelongsIntoName(unsigned char c) {
  return std::isalnum(c) != 0 || c >= 0x80 || std::strchr("_-.+:~@=", c) != nullptr;
}

// FNV-1a: tells apart names that are cut.
uint64_t Fnv(std::string_view text, uint64_t h) {
  for (unsigned char c : text) h = (h ^ c) * 0x100000001b3ull;
  return h;
}

std::string SafeName(std::string_view id) {
  std::string name;
  for (unsigned char c : id) {
    if (c != 0 && BelongsIntoName(c)) {
      name += static_cast<char>(c);
    } else {
      name += fmt::format("%{:02X}", c);
    }
  }
  if (name.size() > kNameBytesMax) {
    name.resize(kNameBytesMax);
    name += fmt::format("%{:016x}{:016x}", Fnv(id, 0xcbf29ce484222325ull), Fnv(id, 0x9747b28cull));
  }
  return name;
}

Status ErrnoStatus(std::string_view what, const std::string& path) {
  const int error = errno;
  const std::string text = fmt::format("log file {}: {}: {}", path, what, std::strerror(error));
  if (error == ENOSPC || error == EDQUOT) return ResourceExhausted("{}", text);
  return Internal("{}", text);
}

Result<uint64_t> SizeOf(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return uint64_t{0};
    return ErrnoStatus("stat", path);
  }
  return static_cast<uint64_t>(info.st_size);
}

}  // namespace

std::string LogKey::Path() const {
  const std::string mapped = map_index == kUnmapped ? "" : fmt::format("map_index={}/", map_index);
  return fmt::format("dag_id={}/run_id={}/task_id={}/{}attempt={}.log", SafeName(dag_id),
                     SafeName(run_id), SafeName(task_id), mapped, try_number);
}

LogStore::File::~File() {
  if (fd >= 0) ::close(fd);
}

LogStore::~LogStore() = default;

Result<std::shared_ptr<LogStore::File>> LogStore::Open(const std::string& path) {
  std::lock_guard lock(mutex_);
  if (auto found = by_path_.find(path); found != by_path_.end()) {
    open_.splice(open_.begin(), open_, found->second);
    return open_.front();
  }
  std::error_code error;
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  // The base is nobody else's, and so is what is in it.
  std::filesystem::create_directories(base_.parent_path(), error);
  ::mkdir(base_.c_str(), 0700);
  std::filesystem::create_directories(folder, error);
  if (error) return Internal("log folder {}: {}", folder.string(), error.message());
  auto file = std::make_shared<File>();
  file->path = path;
  file->fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (file->fd < 0) return ErrnoStatus("open", path);
  GALE_ASSIGN_OR_RETURN(file->size, SizeOf(path));
  if (open_.size() >= kOpenFilesMax) {
    by_path_.erase(open_.back()->path);
    open_.pop_back();
  }
  open_.push_front(file);
  by_path_[path] = open_.begin();
  return file;
}

Result<uint64_t> LogStore::Append(const LogKey& key, uint64_t offset, std::string_view data) {
  GALE_ASSIGN_OR_RETURN(std::shared_ptr<File> file, Open((base_ / key.Path()).string()));
  std::lock_guard lock(file->mutex);
  // Asked anew: it may be open twice for a moment, if it was let go while it was written.
  GALE_ASSIGN_OR_RETURN(file->size, SizeOf(file->path));
  if (offset > file->size) {
    return OutOfRange("log file {} has {} bytes, and the chunk begins at {}: send from {} on",
                      file->path, file->size, offset, file->size);
  }
  const uint64_t known = std::min<uint64_t>(file->size - offset, data.size());
  data.remove_prefix(known);
  while (!data.empty()) {
    const ssize_t n = ::pwrite(file->fd, data.data(), data.size(), static_cast<off_t>(file->size));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return ErrnoStatus("write", file->path);
    file->size += static_cast<uint64_t>(n);
    data.remove_prefix(static_cast<size_t>(n));
  }
  return file->size;
}

Result<uint64_t> LogStore::Size(const LogKey& key) const {
  return SizeOf((base_ / key.Path()).string());
}

Result<std::string> LogStore::Read(const LogKey& key, uint64_t offset, size_t max) const {
  const std::string path = (base_ / key.Path()).string();
  GALE_ASSIGN_OR_RETURN(uint64_t size, SizeOf(path));
  if (offset >= size || max == 0) return std::string();
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return ErrnoStatus("open", path);
  std::string data(static_cast<size_t>(std::min<uint64_t>(max, size - offset)), '\0');
  size_t got = 0;
  while (got < data.size()) {
    const ssize_t n =
        ::pread(fd, data.data() + got, data.size() - got, static_cast<off_t>(offset + got));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      Status error = ErrnoStatus("read", path);
      ::close(fd);
      return error;
    }
    if (n == 0) break;
    got += static_cast<size_t>(n);
  }
  ::close(fd);
  data.resize(got);
  return data;
}

}  // namespace gale
