// Files whose n-th operation fails: the decorator that tests put between the code and the disk.
#pragma once

#include <atomic>
#include <cerrno>
#include <functional>
#include <string>

#include "common/base/files.h"

namespace gale {

class FaultyFiles : public Files {
 public:
  enum class Fault { kDiskFull, kIoError, kShortWrite };

  explicit FaultyFiles(Files& under = Files::Real()) : under_(under) {}

  // Instead of a number: the error of each operation, 0 if it goes through.
  std::function<int(bool writes, const std::string& path)> decide;

  // The operation number `n` from now on (the first is 1) fails, and with `lasting` all after it,
  // as on a disk that stays full. A short write takes half, and then the disk is full once.
  void FailAt(uint64_t n, Fault fault, bool lasting = false) {
    fault_ = fault, lasting_ = lasting, done_ = 0, at_ = n;
  }
  void Heal() { at_ = 0; }
  uint64_t operations() const { return done_; }
  bool failed() const { return at_ != 0 && done_ >= at_; }
  std::string failed_on() const { return failed_on_; }  // once it has failed

  Result<File> Open(const std::string& path, Access access, mode_t mode) override {
    const bool writes = access != Access::kRead;
    if (int e = Fails(writes, "open", path)) return FileError(e, "open", path);
    return under_.Open(path, access, mode);
  }
  Result<std::string> ReadSome(const File& f, uint64_t offset, size_t bytes) override {
    if (int e = Fails(false, "read", f.path())) return FileError(e, "read", f.path());
    return under_.ReadSome(f, offset, bytes);
  }
  Result<size_t> WriteSome(const File& f, std::string_view bytes,
                           std::optional<uint64_t> offset) override {
    if (int e = Fails(true, "write", f.path())) {
      if (fault_ == Fault::kShortWrite && bytes.size() > 1 && !halved_.exchange(true)) {
        --done_;  // what comes next meets the fault itself
        return under_.WriteSome(f, bytes.substr(0, bytes.size() / 2), offset);
      }
      return FileError(e, "write to", f.path());
    }
    return under_.WriteSome(f, bytes, offset);
  }
  Status Sync(const File& f) override {
    if (int e = Fails(true, "sync", f.path())) return FileError(e, "sync", f.path());
    return under_.Sync(f);
  }
  Status Truncate(const File& f, uint64_t bytes) override {
    if (int e = Fails(false, "truncate", f.path())) return FileError(e, "truncate", f.path());
    return under_.Truncate(f, bytes);
  }
  Status SetMode(const File& f, mode_t mode) override {
    if (int e = Fails(true, "chmod", f.path())) return FileError(e, "set the mode of", f.path());
    return under_.SetMode(f, mode);
  }
  Result<struct stat> Look(const File& f) override {
    if (int e = Fails(false, "look", f.path())) return FileError(e, "look at", f.path());
    return under_.Look(f);
  }
  Result<struct stat> Look(const std::string& path) override {
    if (int e = Fails(false, "look", path)) return FileError(e, "look at", path);
    return under_.Look(path);
  }
  Status MakeFolder(const std::string& path, mode_t mode) override {
    if (int e = Fails(true, "mkdir", path)) return FileError(e, "make the folder", path);
    return under_.MakeFolder(path, mode);
  }
  Result<std::vector<std::string>> List(const std::string& folder) override {
    if (int e = Fails(false, "list", folder)) return FileError(e, "list", folder);
    return under_.List(folder);
  }
  Status Move(const std::string& from, const std::string& to) override {
    if (int e = Fails(true, "move", from)) return FileError(e, "move", from);
    return under_.Move(from, to);
  }
  Status Link(const std::string& from, const std::string& to) override {
    if (int e = Fails(true, "link", to)) return FileError(e, "link", to);
    return under_.Link(from, to);
  }
  Status Remove(const std::string& path) override {
    if (int e = Fails(false, "remove", path)) return FileError(e, "remove", path);
    return under_.Remove(path);
  }
  Status RemoveTree(const std::string& path) override {
    if (int e = Fails(false, "remove tree", path)) return FileError(e, "remove", path);
    return under_.RemoveTree(path);
  }

 private:
  // The error of this operation; 0: it goes through. A full disk lets reads and removals pass.
  int Fails(bool writes, const char* what, const std::string& path) {
    if (decide) return decide(writes, path);
    const uint64_t n = ++done_, at = at_;
    if (at == 0 || n < at || (n > at && !lasting_)) return 0;
    if (!writes && fault_ != Fault::kIoError) {
      if (!lasting_) ++at_;  // the next one, then
      return 0;
    }
    if (n == at) failed_on_ = std::string(what) + " " + path;
    return fault_ == Fault::kIoError ? EIO : ENOSPC;
  }

  Files& under_;
  std::atomic<uint64_t> done_ = 0, at_ = 0;
  std::atomic<bool> halved_ = false;
  Fault fault_ = Fault::kIoError;
  bool lasting_ = false;
  std::string failed_on_;  // written once, by who counts to `at`
};

}  // namespace gale
