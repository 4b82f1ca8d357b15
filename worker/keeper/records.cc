#include "worker/keeper/records.h"

#include "common/base/log.h"

namespace gale::keeper {
namespace {

// An entry's first byte: a family that runs (its line, and its key), an exit (as it is told), or
// that a key is free (the key).
constexpr char kRuns = 'r', kExited = 'x', kFree = 'f';
// A line; of the files of earlier versions too, in exits/ with the exit behind it. Its last number
// means nothing any more.
constexpr size_t kLineBytes = 10 + 1 + 20 + 1 + 20 + 1 + 1 + 1;

std::string LineOf(const RunningRecord& r) {
  return fmt::format("{:010} {:020} {:020} {}\n", r.pid, r.birthday,
                     r.started_at.time_since_epoch().count(), 0);
}

// One that is cut off has pid 0: its family is then found by its marker.
RunningRecord Parse(std::string key, const std::string& line) {
  RunningRecord r{.key = std::move(key)};
  unsigned long long birthday = 0;
  long long started = 0;
  if (sscanf(line.c_str(), "%d %llu %lld", &r.pid, &birthday, &started) != 3) r.pid = 0;
  r.birthday = birthday;
  r.started_at = TimePoint(Duration(started));
  return r;
}

}  // namespace

Status Records::MakeFolders(const std::string& home, Files& files) {
  GALE_RETURN_IF_ERROR(files.EnsureFolders(home, 0700).WithContext("keeper home"));
  for (const char* dir : {"/tmp", "/trash"}) {
    GALE_RETURN_IF_ERROR(files.EnsureFolder(home + dir, 0700).WithContext("keeper home"));
  }
  return OkStatus();
}

Result<Records> Records::Open(const std::string& home, Files& files) {
  GALE_RETURN_IF_ERROR(MakeFolders(home, files));
  Entries entries;
  bool lost = false;
  auto journal = Journal::Open(
      files, home + "/records", kMessageBytesMax, [&](uint64_t at, std::string_view bytes) {
        if (Apply(entries, at, bytes)) return;
        GALE_ERROR("'{}/records': what stands at {} is no record", home, at);
        lost = true;
      });
  GALE_RETURN_IF_ERROR(journal.status().WithContext("keeper records"));
  Records records(home, files, std::move(*journal));
  records.entries_ = std::move(entries);
  records.lost_ = lost;
  GALE_RETURN_IF_ERROR(records.TakeFilesIn().WithContext("keeper records"));
  return records;
}

bool Records::Apply(Entries& entries, uint64_t at, std::string_view bytes) {
  Entry entry{.at = at, .bytes = bytes.size() + kJournalHeaderBytes};
  if (bytes.empty()) return false;
  std::string body(bytes.substr(1));
  if (bytes[0] == kFree) {
    entries.erase(body);
    return true;
  }
  if (bytes[0] == kExited) {
    const Result<Message> message = Decode(body);
    const auto* exit = message.ok() ? std::get_if<Exited>(&*message) : nullptr;
    if (exit == nullptr) return false;
    entry.exited = true;
    entries.insert_or_assign(exit->key, std::move(entry));
    return true;
  }
  if (bytes[0] != kRuns || body.size() <= kLineBytes) return false;
  const std::string key = body.substr(kLineBytes);
  entry.running = Parse(key, body);
  entries.insert_or_assign(key, std::move(entry));
  return true;
}

Status Records::Append(const std::string& bytes) {
  GALE_ASSIGN_OR_RETURN(const uint64_t at, journal_.Append(bytes, /*sync=*/false));
  Apply(entries_, at, bytes);
  return OkStatus();
}

Status Records::Note(const RunningRecord& record) {
  return Append(std::string(1, kRuns) + LineOf(record) + record.key);
}

Status Records::Exit(const Exited& exit) {
  return Append(std::string(1, kExited) + Encode(exit)).WithContext("keeper record");
}

void Records::Forget(const std::string& key) {
  if (!entries_.contains(key)) return;
  // One that a full disk keeps is told once more by the next keeper, and taken again.
  if (!Append(std::string(1, kFree) + key).ok()) entries_.erase(key);
  Compact();
}

void Records::Compact() {
  uint64_t bytes = 0;
  // Counted only when it may be worth it.
  if (!journal_.Bloated(0)) return;
  std::vector<uint64_t> places;
  for (const auto& [key, entry] : entries_) bytes += entry.bytes, places.push_back(entry.at);
  if (!journal_.Bloated(bytes)) return;
  auto kept = journal_.Keep(places, /*sync=*/false);
  if (!kept.ok()) {
    GALE_WARN("keeper records: {}", kept.status().ToString());
    return;
  }
  size_t n = 0;
  for (auto& [key, entry] : entries_) entry.at = (*kept)[n++];
}

std::vector<RunningRecord> Records::Running() const {
  std::vector<RunningRecord> out;
  for (const auto& [key, entry] : entries_) {
    if (!entry.exited) out.push_back(entry.running);
  }
  return out;
}

Result<std::vector<Exited>> Records::Exits() const {
  std::vector<Exited> out;
  for (const auto& [key, entry] : entries_) {
    if (!entry.exited) continue;
    GALE_ASSIGN_OR_RETURN(const std::string bytes, journal_.Read(entry.at));
    Result<Message> message = Decode(std::string_view(bytes).substr(1));
    GALE_RETURN_IF_ERROR(message.status());
    if (auto* exit = std::get_if<Exited>(&*message)) out.push_back(std::move(*exit));
  }
  return out;
}

// running/<key> and exits/<key>, of a keeper of an earlier version that was killed.
Status Records::TakeFilesIn() {
  for (const char* folder : {"/running/", "/exits/"}) {
    const auto names = files_->List(home_ + folder);
    if (names.status().code() == Code::kNotFound) continue;
    GALE_RETURN_IF_ERROR(names.status());
    for (const std::string& key : *names) {
      if (!CheckKey(key).ok()) continue;
      const std::string path = home_ + folder + key;
      GALE_ASSIGN_OR_RETURN(const std::string file, files_->Read(path, kMessageBytesMax));
      const bool exited = std::string_view(folder) == "/exits/" && file.size() > kLineBytes;
      Result<Message> exit =
          exited ? Decode(std::string_view(file).substr(kLineBytes)) : NotFound("it has none");
      if (exit.ok() && std::get_if<Exited>(&*exit) != nullptr) {
        GALE_RETURN_IF_ERROR(Exit(std::get<Exited>(*exit)));
      } else if (std::string_view(folder) == "/running/") {
        GALE_RETURN_IF_ERROR(Note(Parse(key, file)));
      } else {
        GALE_WARN("exit '{}' is cut off; it counts as never told", key);
      }
      GALE_RETURN_IF_ERROR(files_->Remove(path));
    }
    (void)files_->Remove(home_ + folder);
  }
  return OkStatus();
}

}  // namespace gale::keeper
