#include "worker/spool.h"

#include <filesystem>

#include "common/base/log.h"
#include "common/rpc/convert.h"

namespace gale::worker {

Result<std::vector<v1::Finished>> Spool::Load() {
  GALE_RETURN_IF_ERROR(files_.EnsureFolder(folder_, 0700));
  GALE_ASSIGN_OR_RETURN(const std::vector<std::string> names, files_.List(folder_));
  std::vector<v1::Finished> results;
  for (const std::string& name : names) {
    const std::filesystem::path path = folder_ + "/" + name;
    if (path.extension() == ".new") (void)files_.Remove(path);  // its writer died at it
    if (path.extension() != ".result") continue;
    auto bytes = files_.Read(path);
    v1::Finished finished;
    if (!bytes.ok()) {
      SetAside(path, bytes.status());
    } else if (!finished.ParseFromString(*bytes) || finished.outcome() == 0 ||
               FromProto(finished.attempt()).ToString() != path.stem()) {
      SetAside(path, Internal("it is no result of the attempt that its name says"));
    } else {
      results.push_back(std::move(finished));
    }
  }
  entries_ = results.size();
  return results;
}

void Spool::SetAside(const std::string& path, const Status& why) {
  std::string aside = folder_ + "/damaged";
  (void)files_.EnsureFolder(aside, 0700);
  std::string to = aside + "/" + std::filesystem::path(path).filename().string();
  GALE_ERROR(
      "spool: '{}' is damaged ({}); it is now '{}', and its attempt will be given up as lost", path,
      why.ToString(), to);
  if (Status moved = files_.Move(path, to); !moved.ok()) GALE_ERROR("{}", moved.ToString());
}

Status Spool::Write(const v1::Finished& finished, bool sync) {
  if (entries_ >= entries_max_) {
    return ResourceExhausted(
        "the spool '{}' holds {} results that no master acked (kSpoolEntriesMax)", folder_,
        entries_);
  }
  GALE_RETURN_IF_ERROR(files_
                           .Replace(Path(FromProto(finished.attempt())),
                                    finished.SerializeAsString(), {.sync = sync})
                           .WithContext("spool"));
  ++entries_;
  return OkStatus();
}

void Spool::Remove(const AttemptId& id) {
  if (files_.Remove(Path(id)).ok() && entries_ > 0) --entries_;
}

}  // namespace gale::worker
