#include "master/janitor.h"

#include <set>

#include "common/base/files.h"
#include "common/base/log.h"
#include "gale/v1/worker.pb.h"
#include "master/logs/log_store.h"

namespace gale {
namespace {

constexpr std::chrono::minutes kPause{1};   // a pass that finds nothing reads a page
constexpr std::chrono::seconds kFirst{30};  // after the start: let it find its feet
constexpr std::chrono::hours kRound{1};     // what is old by [database] keep is looked for
// Between two steps of a round: the leader's commits come first.
constexpr std::chrono::milliseconds kBreath{50};

Result<Cleaning*> CleaningIn(Store& store) {
  if (Cleaning* cleaning = CleaningOf(store)) return cleaning;
  return Unimplemented("this kind of database can't be cleaned");
}

// Unless a new run has the name by now. The folder is renamed first, at once, so that a new run that
// takes the name meanwhile keeps what it writes.
bool RemoveLogs(Store& store, const std::filesystem::path& base, const CleanedRun& run) {
  if (base.empty()) return false;
  const std::filesystem::path folder =
      (base / LogKey{run.dag_id, run.run_id, "t"}.Path()).parent_path().parent_path();
  const std::filesystem::path aside =
      folder.parent_path() / fmt::format(".cleaned-{}", run.id.value);
  Files& files = Files::Real();
  if (store.loader().GetRun(run.dag_id, run.run_id).status().code() == Code::kNotFound) {
    const Status moved = files.Move(folder, aside);
    if (!moved.ok() && moved.code() != Code::kNotFound)
      GALE_WARN("logs of a run that was cleaned away: {}", moved.message());
  }
  if (!files.Exists(aside)) return false;
  const Status removed = files.RemoveTree(aside);  // of a try before, too
  if (!removed.ok()) GALE_WARN("logs of a run that was cleaned away: {}", removed.message());
  return removed.ok();
}

// What belongs to runs that went a while ago.
Status FinishRuns(Store& store, Cleaning& cleaning, const CleanRequest& request,
                  const std::function<bool()>& go_on, std::vector<OldRows>& counts) {
  uint64_t finished = 0, logs = 0;
  while (go_on()) {
    GALE_ASSIGN_OR_RETURN(const std::vector<CleanedRun> runs,
                          cleaning.RunsToFinish(request.now - kCleanGrace));
    for (const CleanedRun& run : runs) {
      if (!go_on()) return OkStatus();
      GALE_ASSIGN_OR_RETURN(const bool gone, cleaning.FinishRun(run, request.fence));
      if (!gone) continue;
      if (RemoveLogs(store, request.logs, run)) ++logs;
      GALE_RETURN_IF_ERROR(cleaning.EndRun(run, request.fence));
      ++finished;
    }
    if (runs.empty()) break;
  }
  while (go_on()) {
    GALE_ASSIGN_OR_RETURN(const uint64_t forgotten,
                          cleaning.ForgetRuns(request.now - kCleanNoteKept, request.fence));
    if (forgotten == 0) break;
  }
  counts.push_back({"runs' tasks and XComs", finished});
  counts.push_back({"runs' logs", logs});
  return OkStatus();
}

// What a bundle in use consists of.
Result<std::set<std::string>> UsedBlobs(Store& store, Cleaning& cleaning,
                                        const std::function<bool()>& go_on) {
  GALE_ASSIGN_OR_RETURN(const std::vector<std::string> sources, cleaning.UsedSources());
  std::set<std::string> used(sources.begin(), sources.end());
  GALE_ASSIGN_OR_RETURN(const std::vector<std::string> manifests, cleaning.UsedBundles());
  for (const std::string& digest : manifests) {
    if (!go_on()) return Cancelled("stopped");
    used.insert(digest);
    const Result<std::string> bytes = store.GetBlob(digest);
    if (bytes.status().code() == Code::kNotFound) continue;  // nobody can fetch that one anyway
    if (!bytes.ok()) return bytes.status();
    v1::Bundle bundle;
    if (!bundle.ParseFromString(*bytes)) {
      return FailedPrecondition("bundle {} can't be read: no blob is removed", digest);
    }
    for (const v1::Bundle::File& file : bundle.files()) used.insert(file.digest());
  }
  return used;
}

// Calls `of` with those that may go, some at a time, until there are no more or it says false.
Status EachOldBlobs(Store& store, Cleaning& cleaning, const CleanRequest& request,
                    const std::function<bool()>& go_on,
                    const std::function<Status(const std::vector<std::string>&)>& of) {
  GALE_ASSIGN_OR_RETURN(const std::set<std::string> used, UsedBlobs(store, cleaning, go_on));
  std::string last;
  while (go_on()) {
    GALE_ASSIGN_OR_RETURN(std::vector<std::string> old,
                          cleaning.OldBlobs(request.before, last, kCleanBlobsMax));
    if (old.empty()) break;
    last = old.back();
    std::erase_if(old, [&](const std::string& digest) { return used.contains(digest); });
    if (!old.empty()) GALE_RETURN_IF_ERROR(of(old));
  }
  return OkStatus();
}

Result<uint64_t> CountBlobs(Store& store, Cleaning& cleaning, const CleanRequest& request) {
  uint64_t all = 0;
  GALE_RETURN_IF_ERROR(EachOldBlobs(
      store, cleaning, request, [] { return true; },
      [&](const std::vector<std::string>& old) {
        all += old.size();
        return OkStatus();
      }));
  return all;
}

Result<uint64_t> RemoveBlobs(Store& store, Cleaning& cleaning, const CleanRequest& request,
                             const std::function<bool()>& go_on) {
  uint64_t all = 0;
  GALE_RETURN_IF_ERROR(EachOldBlobs(
      store, cleaning, request, go_on, [&](const std::vector<std::string>& old) -> Status {
        GALE_ASSIGN_OR_RETURN(const uint64_t went,
                              cleaning.RemoveBlobs(old, request.before, request.fence));
        all += went;
        return OkStatus();
      }));
  return all;
}

}  // namespace

Result<std::vector<OldRows>> CountOld(Store& store, const CleanRequest& request) {
  GALE_ASSIGN_OR_RETURN(Cleaning * cleaning, CleaningIn(store));
  std::vector<OldRows> counts;
  for (CleanTable table : request.tables) {
    if (table == CleanTable::kBundleBlob) {
      GALE_ASSIGN_OR_RETURN(const uint64_t blobs, CountBlobs(store, *cleaning, request));
      counts.push_back({std::string(Name(table)), blobs});
      continue;
    }
    GALE_ASSIGN_OR_RETURN(const auto rows, cleaning->CountOld(table, request.before));
    counts.insert(counts.end(), rows.begin(), rows.end());
  }
  return counts;
}

Result<std::vector<OldRows>> CleanOld(Store& store, const CleanRequest& request,
                                      const std::function<bool()>& go_on) {
  GALE_ASSIGN_OR_RETURN(Cleaning * cleaning, CleaningIn(store));
  std::vector<OldRows> counts;
  for (CleanTable table : request.tables) {
    uint64_t all = 0;
    if (table == CleanTable::kBundleBlob) {
      GALE_ASSIGN_OR_RETURN(all, RemoveBlobs(store, *cleaning, request, go_on));
      counts.push_back({std::string(Name(table)), all});
      continue;
    }
    while (go_on()) {
      GALE_ASSIGN_OR_RETURN(const uint64_t went,
                            table == CleanTable::kRun
                                ? cleaning->TakeOldRuns(request.before, request.now, request.fence)
                                : cleaning->CleanSome(table, request.before, request.fence));
      if (went == 0) break;
      all += went;
    }
    counts.push_back({std::string(Name(table)), all});
  }
  GALE_RETURN_IF_ERROR(FinishRuns(store, *cleaning, request, go_on, counts));
  return counts;
}

Status Janitor::Start() {
  thread_ = NamedThread("janitor", [this] { Main(); });
  return OkStatus();
}

void Janitor::Stop(MonoTime) {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Janitor::Main() {
  std::unique_lock lock(mutex_);
  std::chrono::seconds wait = kFirst;
  while (!wake_.wait_for(lock, wait, [this] { return stopping_; })) {
    lock.unlock();
    Clean();
    lock.lock();
    wait = kPause;
  }
}

void Janitor::Clean() {
  CleanRequest request;
  request.fence = engine_.leads_in();
  if (!request.fence) return;
  request.now = Clock::Real().Now();
  request.logs = logs_;
  const MonoTime now = Clock::Real().Mono();
  const bool round = keep_ > Duration(0) && now >= next_round_;
  if (round) {
    request.before = request.now - keep_;
    request.tables.assign(std::begin(kCleanTables), std::end(kCleanTables));
  }
  const auto gone = CleanOld(store_, request, [this, round] {
    std::unique_lock lock(mutex_);
    if (round) wake_.wait_for(lock, kBreath, [this] { return stopping_; });
    return !stopping_ && engine_.leads();
  });
  if (!gone.ok()) {
    GALE_WARN("what is old stays for now: {}", gone.status().ToString());
    return;
  }
  if (round) next_round_ = now + kRound;
  std::string text;
  for (const OldRows& each : *gone) {
    if (each.rows > 0)
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", each.rows, each.table);
  }
  if (!text.empty()) {
    GALE_INFO("what is old was removed: {}", text);
  }
}

}  // namespace gale
