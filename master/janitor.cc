#include "master/janitor.h"

#include "common/base/files.h"
#include "common/base/log.h"
#include "master/logs/log_store.h"

namespace gale {
namespace {

constexpr std::chrono::minutes kPause{1};   // a pass that finds nothing reads a page
constexpr std::chrono::seconds kFirst{30};  // after the start: let it find its feet

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

}  // namespace

Result<std::vector<OldRows>> CountOld(Store& store, const CleanRequest& request) {
  GALE_ASSIGN_OR_RETURN(Cleaning * cleaning, CleaningIn(store));
  std::vector<OldRows> counts;
  for (CleanTable table : request.tables) {
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
  const auto gone = CleanOld(store_, request, [this] {
    std::lock_guard lock(mutex_);
    return !stopping_ && engine_.leads();
  });
  if (!gone.ok()) {
    GALE_WARN("what belongs to runs that were cleaned stays for now: {}", gone.status().ToString());
    return;
  }
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
