#include "worker/spool.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "common/base/log.h"
#include "common/rpc/convert.h"
#include "worker/runner/attempt_files.h"

namespace gale::worker {
namespace {

namespace fs = std::filesystem;

Status Failed(std::string_view what, const std::string& path) {
  return Unavailable("{} '{}': {}", what, path, std::strerror(errno));
}

Status SyncFile(const std::string& path) {
  int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return Failed("cannot open", path);
  int failed = ::fsync(fd);
  ::close(fd);
  return failed ? Failed("cannot sync", path) : OkStatus();
}

}  // namespace

Result<std::vector<v1::Finished>> Spool::Load() {
  std::error_code error;
  fs::create_directories(folder_, error);
  if (error) return Unavailable("cannot make the spool '{}': {}", folder_, error.message());
  ::chmod(folder_.c_str(), 0700);
  std::vector<v1::Finished> results;
  for (const auto& entry : fs::directory_iterator(folder_, error)) {
    std::string path = entry.path();
    if (entry.path().extension() == ".new") ::unlink(path.c_str());  // its writer died at it
    if (entry.path().extension() != ".result") continue;
    auto bytes = ReadFile(path);
    v1::Finished finished;
    if (!bytes.ok()) {
      SetAside(path, bytes.status());
    } else if (!finished.ParseFromString(*bytes) || finished.outcome() == 0 ||
               FromProto(finished.attempt()).ToString() != entry.path().stem()) {
      SetAside(path, Internal("it is no result of the attempt that its name says"));
    } else {
      results.push_back(std::move(finished));
    }
  }
  if (error) return Unavailable("cannot read the spool '{}': {}", folder_, error.message());
  entries_ = results.size();
  return results;
}

void Spool::SetAside(const std::string& path, const Status& why) {
  std::string aside = folder_ + "/damaged";
  ::mkdir(aside.c_str(), 0700);
  std::string to = aside + "/" + fs::path(path).filename().string();
  GALE_ERROR(
      "spool: '{}' is damaged ({}); it is now '{}', and its attempt will be given up as lost", path,
      why.ToString(), to);
  if (::rename(path.c_str(), to.c_str()) != 0)
    GALE_ERROR("{}", Failed("cannot move", path).ToString());
}

Status Spool::Write(const v1::Finished& finished, bool sync) {
  if (entries_ >= entries_max_) {
    return ResourceExhausted(
        "the spool '{}' holds {} results that no master acked (kSpoolEntriesMax)", folder_,
        entries_);
  }
  std::string path = Path(FromProto(finished.attempt()));
  std::string fresh = path + ".new";
  Status written = WriteFile(fresh, finished.SerializeAsString());
  if (written.ok() && sync) written = SyncFile(fresh);
  if (written.ok() && ::rename(fresh.c_str(), path.c_str()) != 0) {
    written = Failed("cannot rename", fresh);
  }
  if (written.ok() && sync) written = SyncFile(folder_);
  if (!written.ok()) {
    ::unlink(fresh.c_str());
    return written.WithContext("spool");
  }
  ++entries_;
  return OkStatus();
}

void Spool::Remove(const AttemptId& id) {
  if (::unlink(Path(id).c_str()) == 0 && entries_ > 0) --entries_;
}

}  // namespace gale::worker
