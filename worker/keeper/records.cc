#include "worker/keeper/records.h"

#include "common/base/log.h"

namespace gale::keeper {
namespace {

constexpr size_t kLineBytes = 10 + 1 + 20 + 1 + 20 + 1 + 1 + 1;

// One line of kLineBytes, for Started rewrites it in place.
std::string Format(const RunningRecord& r) {
  return fmt::format("{:010} {:020} {:020} {}\n", r.pid, r.birthday,
                     r.started_at.time_since_epoch().count(), int{r.own_cwd});
}

Result<std::vector<std::string>> Keys(Files& files, const std::string& dir) {
  GALE_ASSIGN_OR_RETURN(std::vector<std::string> names, files.List(dir));
  std::erase_if(names, [](const std::string& name) { return !CheckKey(name).ok(); });
  return names;
}

}  // namespace

Result<Records> Records::Open(const std::string& home, Files& files) {
  GALE_RETURN_IF_ERROR(files.EnsureFolders(home, 0700).WithContext("keeper home"));
  for (const char* dir : {"/running", "/exits", "/tmp", "/trash"}) {
    GALE_RETURN_IF_ERROR(files.EnsureFolder(home + dir, 0700).WithContext("keeper home"));
  }
  return Records(home, files);
}

Result<File> Records::Starting(const RunningRecord& record) const {
  auto file = files_->Open(home_ + "/running/" + record.key, Access::kUpdate);
  Status status = file.ok() ? files_->WriteAll(*file, Format(record), 0) : file.status();
  if (status.ok()) return file;
  Forget(record.key);
  return status.WithContext("keeper record");
}

// A failure would be a disk's: the record with pid 0 stays good, its family has the marker.
void Records::Started(const File& file, const RunningRecord& record) const {
  (void)files_->WriteAll(file, Format(record), 0);
}

void Records::Forget(const std::string& key) const {
  (void)files_->Remove(home_ + "/running/" + key);
}

// The exit goes behind the line of the running record, whose file then moves: half the work for the
// file system of a file more, and the move is atomic.
Status Records::Exit(const Exited& exit) const {
  const std::string from = home_ + "/running/" + exit.key;
  auto write = [&] {
    GALE_ASSIGN_OR_RETURN(File file, files_->Open(from, Access::kUpdate));
    GALE_RETURN_IF_ERROR(files_->WriteAll(file, Encode(exit), kLineBytes));
    return files_->Move(from, home_ + "/exits/" + exit.key);
  };
  return write().WithContext("keeper record");
}

void Records::Take(const std::string& key) const { (void)files_->Remove(home_ + "/exits/" + key); }

Result<std::vector<RunningRecord>> Records::LoadRunning() const {
  GALE_ASSIGN_OR_RETURN(const auto names, Keys(*files_, home_ + "/running"));
  std::vector<RunningRecord> out;
  for (const std::string& key : names) {
    RunningRecord r{.key = key};
    unsigned long long birthday = 0;
    long long started = 0;
    int own_cwd = 0;
    // One that is cut off stays with pid 0: its family is then found by its marker.
    const std::string file = files_->Read(home_ + "/running/" + key, kPacketBytesMax).value_or("");
    if (sscanf(file.c_str(), "%d %llu %lld %d", &r.pid, &birthday, &started, &own_cwd) != 4) {
      r.pid = 0;
    }
    r.birthday = birthday;
    r.started_at = TimePoint(Duration(started));
    r.own_cwd = own_cwd != 0;
    out.push_back(std::move(r));
  }
  return out;
}

Result<std::vector<Exited>> Records::LoadExits() const {
  GALE_ASSIGN_OR_RETURN(const auto names, Keys(*files_, home_ + "/exits"));
  std::vector<Exited> out;
  for (const std::string& key : names) {
    auto file = files_->Read(home_ + "/exits/" + key, kPacketBytesMax);
    Result<Message> message = !file.ok() ? file.status()
                              : file->size() <= kLineBytes
                                  ? InvalidArgument("it is cut off")
                                  : Decode(std::string_view(*file).substr(kLineBytes));
    if (!message.ok()) {
      GALE_WARN("exit '{}': {}; it counts as never told", key, message.status().ToString());
      continue;
    }
    if (auto* exit = std::get_if<Exited>(&*message)) out.push_back(std::move(*exit));
  }
  return out;
}

}  // namespace gale::keeper
