// DAG files: what they said, in which version, and of which bundle.
#include "common/base/log.h"
#include "common/base/text_limits.h"
#include "master/engine/loop.h"
#include "master/store/bounds.h"

namespace gale {

void Loop::LoadDags(const LiveState& live) {
  bundle_ = live.bundle;
  for (const DagVersionRow& row : live.versions) {
    const Result<DagVersionPtr> version = catalog_.Of(row);
    if (!version.ok()) {
      // One DAG that this build can't read must not keep all others down.
      GALE_ERROR("dag '{}' version {} can't be read, its runs wait: {}", row.dag_id, row.version,
                 version.status().ToString());
      continue;
    }
    versions_[{row.dag_id, row.version}] = {(*version)->dag, row.bundle};
  }
  for (const DagRow& row : live.dags) {
    auto dag = versions_.find({row.dag_id, row.version});
    if (dag == versions_.end()) {
      unreadable_[row.dag_id] = row;
      continue;
    }
    DagEntry& entry = dags_[row.dag_id];
    entry.row = row;
    for (const DagVersionRow& version : live.versions) {
      if (version.dag_id == row.dag_id && version.version == row.version) entry.hash = version.hash;
    }
    scheduler_->SetDag(dag->second.dag, row.is_paused);
    std::optional<DataInterval> last;
    if (row.last_interval_start && row.last_interval_end) {
      last = DataInterval{*row.last_interval_start, *row.last_interval_end};
    }
    calendar_->SetDag(dag->second.dag, Rests(row), last, now_);
  }
}

// Digests come and go with the folder: a version that isn't the folder's any more keeps the one
// that it was last seen in.
void Loop::SetVersionBundle(const VersionKey& key, const std::string& bundle) {
  Version& version = versions_.at(key);
  const bool keeps = !version.bundle.empty() && !bundle.empty();
  if (keeps || version.bundle == bundle) return;
  version.bundle = bundle;
  dirty_bundles_[key] = bundle;
}

void Loop::SetBundle(const std::string& digest, const std::set<std::string>& unread) {
  if (digest == bundle_) return;
  for (const auto& [id, entry] : dags_) {
    if (unread.contains(entry.row.fileloc)) SetVersionBundle({id, entry.row.version}, bundle_);
  }
  bundle_ = digest;
  batch_.bundle = digest;
}

// Empty: it came from no file.
std::string Loop::BundleOf(const Dag& dag) const {
  if (!dag.spec().fileloc.starts_with('/')) return "";
  auto version = versions_.find({dag.id(), dag.version()});
  return version == versions_.end() || version->second.bundle.empty() ? bundle_
                                                                      : version->second.bundle;
}

// Those that no run needs any more.
void Loop::ForgetVersions() {
  std::set<VersionKey> needed;
  for (const auto& [id, entry] : dags_) needed.insert({id, entry.row.version});
  for (const auto& [id, run] : scheduler_->runs()) {
    needed.insert({run->head.dag_id, run->head.version});
  }
  std::erase_if(versions_, [&](const auto& entry) { return !needed.contains(entry.first); });
}

void Loop::UpdateCalendar(DagEntry& entry) {
  const DagPtr dag = versions_.at({entry.row.dag_id, entry.row.version}).dag;
  std::optional<DataInterval> last;
  if (const core::Calendar::Place* place = calendar_->Find(entry.row.dag_id)) last = place->last;
  calendar_->SetDag(dag, Rests(entry.row), last, now_);
}

namespace {

// What a row says of its DAG's file and of the DAG itself.
void Describe(const FileReport& report, const Dag& dag, DagRow& row) {
  const DagSpec& spec = dag.spec();
  row.dag_id = spec.dag_id;
  row.version = dag.version();
  row.fileloc = report.fileloc;
  row.description = spec.description;
  row.timetable_summary = dag.timetable().Summary();
  row.timetable_description = dag.timetable().Description();
  row.tags = spec.tags;
  row.max_active_runs = spec.max_active_runs;
  row.max_active_tasks = spec.max_active_tasks;
  std::set<std::string> owners;
  for (const TaskSpec& task : spec.tasks) owners.insert(task.owner);
  row.owners.assign(owners.begin(), owners.end());
}

}  // namespace

void Loop::Pause(DagEntry& entry, bool paused, const Actor& actor, std::string why) {
  const std::string& id = entry.row.dag_id;
  entry.row.is_paused = paused;
  scheduler_->SetPaused(id, paused);
  calendar_->SetPaused(id, Rests(entry.row), now_);
  dirty_dags_.insert(id);
  Audit(actor, paused ? "pause" : "unpause", id, "", "", std::move(why));
}

// max_consecutive_failed_dag_runs: as many failed runs in a row pause their DAG, and so does each
// that follows. A run that a person marked failed is no failure of the DAG's.
// Source: Airflow 3, models/dagrun.py, _check_last_n_dagruns_failed.
void Loop::CountFailures(const core::Run& run) {
  DagEntry& entry = dags_.at(run.head.dag_id);
  uint32_t& failed = entry.row.failed_in_a_row;
  const uint32_t max = scheduler_->FindDag(run.head.dag_id)->spec().max_consecutive_failed_dag_runs;
  const uint32_t before = failed;
  if (run.head.state == RunState::kSuccess || max == 0) {
    failed = 0;
  } else if (run.head.reason != core::kMarkedByHand) {
    ++failed;
  }
  if (failed == before) return;
  dirty_dags_.insert(run.head.dag_id);
  if (failed == 0 || failed < max || entry.row.is_paused) return;
  GALE_WARN("dag '{}' is paused: its last {} runs failed (max_consecutive_failed_dag_runs is {})",
            run.head.dag_id, failed, max);
  Pause(entry, true, {"scheduler", "timetable"},
        fmt::format("{} runs failed in a row, max_consecutive_failed_dag_runs is {}", failed, max));
}

void Loop::RegisterDag(const FileReport& report, const ParsedDag& parsed, std::string& error) {
  const DagSpec& spec = parsed.spec;
  about_.reported.insert(spec.dag_id);
  if (auto refused = refused_.dags.find(spec.dag_id); refused != refused_.dags.end()) {
    error += fmt::format("DAG '{}' stays as it was: {}\n", spec.dag_id, refused->second);
    return;
  }
  auto it = dags_.find(spec.dag_id);
  if (it != dags_.end() && !it->second.row.is_stale && it->second.row.fileloc != report.fileloc) {
    error += fmt::format("DAG '{}' is also defined in {}: a dag_id may stand in one file only\n",
                         spec.dag_id, it->second.row.fileloc);
    return;
  }
  const bool fresh = it == dags_.end();
  // A version's spec says where it stands: moved, it is another.
  const bool changed =
      fresh || it->second.hash != parsed.hash || it->second.row.fileloc != report.fileloc;
  auto unreadable = unreadable_.find(spec.dag_id);
  const int64_t last = !fresh                            ? it->second.row.version
                       : unreadable != unreadable_.end() ? unreadable->second.version
                                                         : 0;
  const int64_t version = last + (changed ? 1 : 0);
  DagPtr dag;
  if (changed) {
    auto made = Dag::Make(spec, version);
    Status status = made.status();
    if (made.ok() && (*made)->maps_by_function()) {
      status = Unimplemented("dag '{}': map() over elements can't be run by this version of gale",
                             spec.dag_id);
    } else if (made.ok()) {
      DagRow row;
      Describe(report, **made, row);
      status = CheckRow(row);
    }
    if (!status.ok()) {
      error += fmt::format("{}\n", status.message());
      if (!fresh) SetVersionBundle({spec.dag_id, last}, bundle_);
      return;
    }
    dag = *made;
    if (!fresh) SetVersionBundle({spec.dag_id, last}, bundle_);  // unless it has one of its own
    versions_[{spec.dag_id, version}] = {dag, ""};
    const bool varies = dag->has_task_dates() || dag->has_mapped();
    batch_.dag_versions.push_back({.dag_id = spec.dag_id,
                                   .version = version,
                                   .hash = parsed.hash,
                                   .spec = parsed.bytes,
                                   .created_at = now_,
                                   .tasks = varies ? 0 : static_cast<uint32_t>(dag->size()),
                                   .source = report.source});
  } else {
    dag = versions_.at({spec.dag_id, version}).dag;
    SetVersionBundle({spec.dag_id, version}, "");
  }
  DagEntry& entry = dags_[spec.dag_id];
  DagRow& row = entry.row;
  if (unreadable != unreadable_.end()) {
    row = std::move(unreadable->second);
    unreadable_.erase(unreadable);
  } else if (fresh) {
    row.is_paused = spec.is_paused_upon_creation.value_or(options_.paused_at_creation);
  }
  entry.hash = parsed.hash;
  Describe(report, *dag, row);
  row.is_stale = false;
  row.last_parsed = now_;
  scheduler_->SetDag(dag, row.is_paused);
  UpdateCalendar(entry);
  dirty_dags_.insert(spec.dag_id);
  if (changed) GALE_INFO("dag '{}' version {} from {}", spec.dag_id, version, report.fileloc);
}

void Loop::MarkStale(DagEntry& entry) {
  if (entry.row.is_stale) return;
  entry.row.is_stale = true;
  entry.row.last_expired = now_;
  SetVersionBundle({entry.row.dag_id, entry.row.version}, bundle_);
  UpdateCalendar(entry);
  dirty_dags_.insert(entry.row.dag_id);
  GALE_INFO("dag '{}' is gone from {}", entry.row.dag_id, entry.row.fileloc);
}

void Loop::ReportFile(const FileReport& report) {
  std::string error;
  std::set<std::string> named;
  for (const ParsedDag& parsed : report.dags) {
    if (!named.insert(parsed.spec.dag_id).second) {
      error += fmt::format("DAG '{}' is defined twice in this file\n", parsed.spec.dag_id);
      continue;
    }
    RegisterDag(report, parsed, error);
  }
  for (auto& [id, entry] : dags_) {
    if (entry.row.fileloc != report.fileloc || named.contains(id)) continue;
    if (report.error.empty()) {
      MarkStale(entry);
    } else {  // it may be what the error is about: it stays as it was, and so does its code
      SetVersionBundle({id, entry.row.version}, bundle_);
    }
  }
  if (!report.error.empty()) error = report.error + (error.empty() ? "" : "\n") + error;
  PutImportError(RepairPath(report.fileloc, limits::kErrorFileBytesMax),
                 RepairText(error, limits::kStackTraceBytesMax));
}

void Loop::ReportFileGone(const std::string& fileloc) {
  for (auto& [id, entry] : dags_) {
    if (entry.row.fileloc == fileloc) MarkStale(entry);
  }
  PutImportError(RepairPath(fileloc, limits::kErrorFileBytesMax), "");
}

std::set<std::string> Loop::KnownFiles() const {
  std::set<std::string> files = error_files_;
  for (const auto& [id, entry] : dags_) {
    if (!entry.row.is_stale) files.insert(entry.row.fileloc);
  }
  return files;
}

}  // namespace gale
