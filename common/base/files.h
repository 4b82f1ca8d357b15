// The file system, for everything that Gale itself keeps there: one place that opens, writes, syncs
// and replaces files, so that a test can make any of it fail (tests/support/faulty_files.h).
//
//   GALE_RETURN_IF_ERROR(files.Replace(path, bytes, {.sync = true}));   // whole, or as it was
//
// Errors name the operation, the path and the kernel's word: kNotFound (there is none),
// kAlreadyExists, kPermissionDenied, else kUnavailable (a full disk, an I/O error, too many open
// files). Nothing follows `~` or makes a folder by the way. Thread-safe; every descriptor is
// close-on-exec. Not for /proc of other processes, sockets, pipes and databases.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/status.h"

namespace gale {

// An open file; closes with the object.
class File {
 public:
  File() = default;
  File(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  File(File&& other) noexcept : fd_(std::exchange(other.fd_, -1)), path_(std::move(other.path_)) {}
  File& operator=(File&& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(path_, other.path_);
    return *this;
  }
  ~File() { Close(); }
  void Close();
  bool open() const { return fd_ >= 0; }
  // For what takes a descriptor (flock, a child's stdout). Still ours.
  int fd() const { return fd_; }
  const std::string& path() const { return path_; }
  void MovedTo(std::string path) { path_ = std::move(path); }  // what errors call it

 private:
  int fd_ = -1;
  std::string path_;
};

enum class Access {
  kRead,
  kUpdate,    // reads and writes; made if missing
  kTruncate,  // writes; made if missing, emptied if not
  kNew,       // writes; kAlreadyExists if there is one, and through no link
  kAppend,    // reads, writes at the end; made if missing
};

struct WriteOptions {
  mode_t mode = 0600;  // of a file that is made, whatever the umask is
  bool sync = false;   // on the disk, not only in the kernel, when it returns
};

class Files {
 public:
  virtual ~Files() = default;
  // The machine's. Lives for ever.
  static Files& Real();

  // The operations: what a decorator overrides. Each may fail on its own.

  virtual Result<File> Open(const std::string& path, Access access, mode_t mode = 0600) = 0;
  // Up to `bytes`, from `offset`; none at the end of the file.
  virtual Result<std::string> ReadSome(const File& file, uint64_t offset, size_t bytes) = 0;
  // How many were taken: perhaps not all. Without an offset: at the file's position.
  virtual Result<size_t> WriteSome(const File& file, std::string_view bytes,
                                   std::optional<uint64_t> offset) = 0;
  virtual Status Sync(const File& file) = 0;
  virtual Status Truncate(const File& file, uint64_t bytes) = 0;  // to that many, also by zeroes
  virtual Status SetMode(const File& file, mode_t mode) = 0;
  virtual Result<struct stat> Look(const File& file) = 0;
  virtual Result<struct stat> Look(const std::string& path) = 0;
  virtual Status MakeFolder(const std::string& path, mode_t mode = 0700) = 0;
  virtual Result<std::vector<std::string>> List(const std::string& folder) = 0;  // names, unsorted
  virtual Status Move(const std::string& from, const std::string& to) = 0;  // over what is there
  virtual Status Link(const std::string& from, const std::string& to) = 0;
  virtual Status Remove(const std::string& path) = 0;  // a file, or an empty folder
  // With all that is in it. None there is fine.
  virtual Status RemoveTree(const std::string& path) = 0;

  // What is made of them.

  // kResourceExhausted: there is more than `bytes_max`.
  Result<std::string> Read(const std::string& path, size_t bytes_max = size_t{1} << 30);
  // The first line, without the blanks at its end.
  Result<std::string> ReadLine(const std::string& path);
  // The bytes [from, to), or as many of them as there are.
  Result<std::string> ReadRange(const File& file, uint64_t from, uint64_t to);
  Status WriteAll(const File& file, std::string_view bytes,
                  std::optional<uint64_t> offset = std::nullopt);
  // In place: a failure, or a crash, leaves a part.
  Status Write(const std::string& path, std::string_view bytes, const WriteOptions& options = {});
  // By way of <path>.new: afterwards the file holds either all of `bytes` or what it held before.
  Status Replace(const std::string& path, std::string_view bytes, const WriteOptions& options = {});
  // kAlreadyExists if there is one; a failure leaves none.
  Status WriteNew(const std::string& path, std::string_view bytes,
                  const WriteOptions& options = {});
  // So that names made, moved and removed in it outlive a loss of power.
  Status SyncFolder(const std::string& folder);
  // One that is there is fine (its mode stays). Makes no parents.
  Status EnsureFolder(const std::string& path, mode_t mode = 0700);
  // With those above it (0755) that aren't there.
  Status EnsureFolders(const std::string& path, mode_t mode = 0700);
  bool Exists(const std::string& path) { return Look(path).ok(); }

 private:
  Status Fill(const File& file, std::string_view bytes, const WriteOptions& options);
};

// "cannot <what> '<path>': <the kernel's word for error>", with the code that stands above.
Status FileError(int error, std::string_view what, std::string_view path);
// kUnavailable with the same words: where another host, or a later try, may do better whatever the
// disk's reason was.
Status AsUnavailable(const Status& status);

}  // namespace gale
