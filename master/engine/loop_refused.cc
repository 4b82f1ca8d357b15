// A row that the ledger refuses: the turn is taken back, and whoever brought the row is told. Nobody
// else notices.
#include <algorithm>

#include "common/base/limit_counts.h"
#include "common/base/log.h"
#include "master/engine/loop.h"

namespace gale {
namespace {

constexpr size_t kReasonBytesMax = 1000;   // of an error that becomes a row itself
constexpr size_t kFileNameBytesMax = 500;  // of a name that was refused
constexpr size_t kErrorTextBytesMax = 16 << 10;

// What every ledger takes: printable ASCII and line ends; every other byte written out.
std::string Plain(std::string_view text, size_t bytes_max) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (byte >= 0x20 && byte < 0x7f) || c == '\n';
    out += plain ? std::string(1, c) : fmt::format("\\x{:02x}", byte);
    if (out.size() > bytes_max) return out.substr(0, bytes_max - 3) + "...";
  }
  return out;
}

}  // namespace

Result<bool> Loop::TakeBack(const Status& why, Took took) {
  GALE_ASSIGN_OR_RETURN(LiveState live, store_.LoadLive());
  const std::string reason = Plain(why.message(), kReasonBytesMax);
  const bool again = took != Took::kAll && LeaveOut(refused_row_, reason, took == Took::kNothing);
  Release undone = std::exchange(release_, {});
  Load(std::move(live));
  Answer(std::move(undone), why.WithContext("nothing was done, the ledger refuses it"),
         took == Took::kOne && !again);
  if (!again) refused_ = {};
  if (took == Took::kNothing && !again) {
    return Internal("the ledger refuses what the master does by itself: {}", why.ToString());
  }
  return again;
}

void Loop::Answer(Release undone, const Status& why, bool guilty) {
  for (const auto& [link, welcome] : undone.welcomes) {
    if (Worker* worker = WorkerOf(link); worker != nullptr && worker->link == link) {
      worker->heard = link->lease().heard();
      worker->link.reset();
    }
    links_.erase(link.get());
    if (!guilty) continue;
    link->lease().End();
    link->Close(why);
  }
  if (!guilty) return;
  GALE_ERROR("{}", Plain(why.message(), kReasonBytesMax));
  for (auto& done : undone.waiting) done(why);
}

bool Loop::LeaveOut(const BatchRow& row, const std::string& why, bool own) {
  using List = BatchRow::List;
  auto of_dag = [&](const std::string& dag_id) {
    if (about_.reported.contains(dag_id)) return refused_.dags.emplace(dag_id, why).second;
    if (!own || !aside_dags_.emplace(dag_id, why).second) return false;
    GALE_ERROR("dag '{}' makes no runs until a master starts anew: {}", dag_id, why);
    return true;
  };
  switch (row.list) {
    case List::kDags: return of_dag(batch_.dags[row.at].dag_id);
    case List::kDagVersions: return of_dag(batch_.dag_versions[row.at].dag_id);
    case List::kVersionBundles: return of_dag(batch_.version_bundles[row.at].dag_id);
    case List::kRuns: return LeaveOutOfRun(batch_.runs[row.at].id, std::nullopt, why, own);
    case List::kTis:
      return LeaveOutOfRun(batch_.tis[row.at].run,
                           core::Inst(batch_.tis[row.at].task, batch_.tis[row.at].map_index), why,
                           own);
    case List::kAttempts: {
      const AttemptId& id = batch_.attempts[row.at].id;
      return LeaveOutOfRun(id.run, core::InstOf(id), why, own);
    }
    case List::kXComs:
      return LeaveOutOfRun(batch_.xcoms[row.at].run,
                           core::Inst(batch_.xcoms[row.at].task, batch_.xcoms[row.at].map_index),
                           why, own);
    case List::kRendered:
      return LeaveOutOfRun(
          batch_.rendered[row.at].run,
          core::Inst(batch_.rendered[row.at].task, batch_.rendered[row.at].map_index), why, own);
    case List::kImportErrors: {
      const std::string& file = batch_.import_errors[row.at].filename;
      const bool named = std::ranges::any_of(refused_.names, [&](const auto& entry) {
        return Plain(entry.first, kFileNameBytesMax) == file;
      });
      if (named) return false;
      if (refused_.errors.emplace(file, why).second) return true;
      return Plain(file, kFileNameBytesMax) != file && refused_.names.emplace(file, why).second;
    }
    case List::kTaskNotes:
    case List::kPools:
    case List::kWorkers:
    case List::kEvents:
    case List::kNone: return false;
  }
  return false;
}

bool Loop::LeaveOutOfRun(RunId id, std::optional<core::Inst> inst, const std::string& why,
                         bool own) {
  auto result = std::ranges::find_if(about_.results, [&](const AttemptId& attempt) {
    return attempt.run == id && inst && core::InstOf(attempt) == *inst;
  });
  if (result != about_.results.end() && refused_.results.emplace(*result, why).second) {
    GALE_ERROR("{}: its result is refused, and it fails: {}", result->ToString(), why);
    return true;
  }
  const core::Run* run = scheduler_->Find(id);
  if (run == nullptr) return false;
  const RunRow& head = run->head;
  if (about_.due.contains(id)) {
    if (!refused_.due.emplace(std::pair(head.dag_id, head.run_id), why).second) return false;
    GALE_ERROR("dag '{}': run '{}' is not made: {}", head.dag_id, head.run_id, why);
    return true;
  }
  // New, or somebody waits for an answer: that is who brought it.
  if (!own && !release_.waiting.empty()) return false;
  if (!aside_runs_.emplace(id, why).second) return false;
  GALE_ERROR("run '{}' of dag '{}' is set aside until a master starts anew: {}", head.run_id,
             head.dag_id, why);
  return true;
}

bool Loop::Rests(const DagRow& row) const {
  return row.is_paused || row.is_stale || aside_dags_.contains(row.dag_id);
}

// An error that was refused is replaced by one that says so, and by a plain name if even the name is.
void Loop::PutImportError(const std::string& fileloc, const std::string& error) {
  const std::string plain = Plain(fileloc, kFileNameBytesMax);
  std::erase_if(batch_.import_errors, [&](const ImportErrorRow& e) {
    return e.filename == fileloc || e.filename == plain;
  });
  LimitCounts::Process().Note(error);
  ImportErrorRow row{0, fileloc, error, now_};
  if (!error.empty()) {
    GALE_WARN("{} can't be imported: {}", fileloc, error.substr(0, error.find('\n')));
    if (auto refused = refused_.errors.find(fileloc); refused != refused_.errors.end()) {
      row.stack_trace =
          fmt::format("The ledger refuses the error of this file as it is: {}\nWritten out:\n{}",
                      refused->second, Plain(error, kErrorTextBytesMax));
    }
    if (refused_.names.contains(fileloc)) row.filename = plain;
  }
  for (const std::string& name : {fileloc, plain}) {
    if (!error.empty() && name == row.filename) continue;
    if (error_files_.erase(name) > 0) batch_.import_error_deletes.push_back(name);
  }
  if (error.empty()) return;
  std::erase(batch_.import_error_deletes, row.filename);
  error_files_.insert(row.filename);
  batch_.import_errors.push_back(std::move(row));
}

}  // namespace gale
