#include "master/logs/log_store.h"

#include <atomic>
#include <cctype>
#include <cstring>

#include "common/base/files.h"
#include "common/base/limits.h"
#include "master/logs/run_logs.h"

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

}  // namespace

std::string LogKey::RunFolder() const {
  return fmt::format("dag_id={}/run_id={}", SafeName(dag_id), SafeName(run_id));
}

std::string LogKey::Name() const {
  const std::string mapped = map_index == kUnmapped ? "" : fmt::format("map_index={}/", map_index);
  return fmt::format("task_id={}/{}attempt={}.log", SafeName(task_id), mapped, try_number);
}

std::string LogKey::Path() const { return RunFolder() + "/" + Name(); }

struct LogStore::Run {
  Run(Files& files, const std::string& base, std::string name, const std::string& writer)
      : folder(std::move(name)), logs(files, base, base + "/" + folder, writer) {}
  const std::string folder;  // below the base
  std::mutex mutex;          // guards what follows; other runs don't wait
  RunLogs logs;
  std::atomic<size_t> entries = 0, descriptors = 0;  // of `logs`, after the last use
};

LogStore::LogStore(std::filesystem::path base, std::string_view writer, Files* files)
    : base_(std::move(base)),
      writer_(SafeName(writer)),
      files_(files != nullptr ? *files : Files::Real()) {}

LogStore::~LogStore() = default;

std::shared_ptr<LogStore::Run> LogStore::Use(const std::string& folder) const {
  std::lock_guard lock(mutex_);
  if (auto found = by_folder_.find(folder); found != by_folder_.end()) {
    open_.splice(open_.begin(), open_, found->second);
    return open_.front();
  }
  open_.push_front(std::make_shared<Run>(files_, base_.string(), folder, writer_));
  by_folder_[folder] = open_.begin();
  return open_.front();
}

// Who is being used stays: there must never be two of one folder.
void LogStore::LetGo() const {
  std::vector<std::shared_ptr<Run>> gone;  // closed behind the lock
  std::lock_guard lock(mutex_);
  size_t entries = 0, descriptors = 0, runs = open_.size();
  for (const auto& run : open_) entries += run->entries, descriptors += run->descriptors;
  for (auto it = open_.end(); it != open_.begin() && runs > 1;) {
    if (runs <= limits::kLogRunsOpenMax && entries <= limits::kLogEntriesMax &&
        descriptors <= limits::kLogDescriptorsMax) {
      break;
    }
    --it;
    if (it->use_count() > 1) continue;
    entries -= (*it)->entries;
    descriptors -= (*it)->descriptors;
    --runs;
    by_folder_.erase((*it)->folder);
    gone.push_back(std::move(*it));
    it = open_.erase(it);
  }
}

size_t LogStore::open_runs() const {
  std::lock_guard lock(mutex_);
  return open_.size();
}

template <typename Do>
auto LogStore::With(const LogKey& key, Do do_it) const {
  const std::shared_ptr<Run> run = Use(key.RunFolder());
  auto result = [&] {
    std::lock_guard lock(run->mutex);
    auto done = do_it(run->logs, key.Name());
    run->entries = run->logs.entries();
    run->descriptors = run->logs.descriptors();
    return done;
  }();
  LetGo();
  return result;
}

Result<uint64_t> LogStore::Append(const LogKey& key, uint64_t offset, std::string_view data,
                                  TimePoint now) {
  return With(key, [&](RunLogs& logs, const std::string& name) {
    return logs.Append(name, offset, data, now);
  });
}

Result<uint64_t> LogStore::Size(const LogKey& key) const {
  return With(key, [](RunLogs& logs, const std::string& name) { return logs.Size(name); });
}

Result<std::string> LogStore::Read(const LogKey& key, uint64_t offset, size_t max) const {
  return With(key,
              [&](RunLogs& logs, const std::string& name) { return logs.Read(name, offset, max); });
}

Result<std::vector<LogTime>> LogStore::Times(const LogKey& key, uint64_t offset,
                                             size_t bytes) const {
  return With(
      key, [&](RunLogs& logs, const std::string& name) { return logs.Times(name, offset, bytes); });
}

}  // namespace gale
