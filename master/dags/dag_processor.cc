#include "master/dags/dag_processor.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "common/base/log.h"

namespace gale {
namespace {

constexpr uint32_t kEvents = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CREATE |
                             IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF;
constexpr size_t kEventBytes = 64 << 10;

}  // namespace

DagProcessor::DagProcessor(DagSink& sink, DagProcessorOptions options)
    : sink_(sink),
      options_(std::move(options)),
      parser_(options_.parser, [this](ParsedFile f) { OnParsed(std::move(f)); }),
      wake_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      folder_({options_.dags_folder, options_.ignore_syntax, options_.bundles != nullptr,
               [this](const std::string& folder) { return Watch(folder); }}) {
  if (options_.bundles != nullptr) bundler_.emplace(*options_.bundles, options_.dags_folder);
  if (options_.sources != nullptr) sources_.emplace(*options_.sources);
}

DagProcessor::~DagProcessor() {
  Stop(Clock::Real().Mono());
  close(wake_fd_);
}

Status DagProcessor::Start() {
  struct stat st;
  if (stat(options_.dags_folder.c_str(), &st) != 0 || !S_ISDIR(st.st_mode)) {
    return NotFound("the DAGs folder '{}' is not there: make it, or set [core] dags_folder",
                    options_.dags_folder);
  }
  inotify_fd_ = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  stop_fd_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (inotify_fd_ < 0 || stop_fd_ < 0 || wake_fd_ < 0)
    return Internal("inotify: {}", std::strerror(errno));
  GALE_RETURN_IF_ERROR(parser_.Start());
  scan_at_ = Clock::Real().Mono();
  heartbeat_us_ = Clock::Real().Now().time_since_epoch().count();
  thread_ = NamedThread("dag processor", [this] { Main(); });
  return OkStatus();
}

void DagProcessor::Stop(MonoTime) {
  if (thread_.joinable()) {
    const uint64_t one = 1;
    if (write(stop_fd_, &one, sizeof one) < 0) GALE_ERROR("eventfd: {}", std::strerror(errno));
    thread_.join();
  }
  parser_.Stop();
  for (int* fd : {&inotify_fd_, &stop_fd_}) {
    if (*fd >= 0) close(*fd);
    *fd = -1;
  }
}

void DagProcessor::SetActive(bool active) {
  active_ = active;
  if (!active) return;
  start_over_ = true;
  const uint64_t one = 1;
  if (write(wake_fd_, &one, sizeof one) < 0) {
    GALE_ERROR("eventfd: {}", std::strerror(errno));
  }
}

int DagProcessor::WaitMillis() const {
  const MonoTime now = Clock::Real().Mono();
  MonoTime at = scan_at_.value_or(now + options_.rescan_interval);
  if (const auto parser = parser_.wake_at(); parser && *parser < at) at = *parser;
  if (!reread_.empty() && asked_.empty()) at = std::min(at, reread_at_);
  const auto millis = std::chrono::ceil<std::chrono::milliseconds>(at - now).count();
  return static_cast<int>(std::max<int64_t>(0, millis));
}

void DagProcessor::Main() {
  for (;;) {
    pollfd fds[] = {{stop_fd_, POLLIN, 0},
                    {inotify_fd_, POLLIN, 0},
                    {parser_.fd(), parser_.events(), 0},
                    {wake_fd_, POLLIN, 0},
                    {parser_.answers_fd(), POLLIN, 0}};
    poll(fds, std::size(fds), WaitMillis());
    heartbeat_us_ = Clock::Real().Now().time_since_epoch().count();
    if (fds[0].revents != 0) return;
    if (fds[1].revents != 0) ReadEvents();
    uint64_t woken;
    if (fds[3].revents != 0 && read(wake_fd_, &woken, sizeof woken) < 0) continue;
    if (start_over_.exchange(false)) {
      files_.clear();
      gone_.clear();
      bundle_error_.reset();
      sink_knows_folder_ = false;
      scan_at_ = Clock::Real().Mono();
    }
    if (scan_at_ && *scan_at_ <= Clock::Real().Mono()) Scan();
    Reread();
    parser_.Step();
    files_count_.Set(static_cast<int64_t>(files_.size()));
    waiting_.Set(static_cast<int64_t>(asked_.size()));
  }
}

// What happened doesn't matter, only that something did: the scan sees the whole truth.
void DagProcessor::ReadEvents() {
  alignas(inotify_event) char buffer[kEventBytes];
  bool any = false;
  for (ssize_t n; (n = read(inotify_fd_, buffer, sizeof buffer)) > 0;) {
    for (char* at = buffer; at < buffer + n;) {
      auto* event = reinterpret_cast<inotify_event*>(at);
      if ((event->mask & IN_IGNORED) != 0) watches_.erase(event->wd);
      if (event->len == 0 || !IsHidden(event->name) || event->name == std::string_view(kIgnoreFile))
        any = true;
      at += sizeof(inotify_event) + event->len;
    }
  }
  if (!any) return;
  const MonoTime soon = Clock::Real().Mono() + kSettle;
  if (!scan_at_ || soon < *scan_at_) scan_at_ = soon;
}

std::string DagProcessor::Watch(const std::string& folder) {
  const int wd = inotify_add_watch(inotify_fd_, folder.c_str(), kEvents | IN_ONLYDIR);
  if (wd < 0) {
    return fmt::format("inotify can't watch '{}' ({}): changes there are seen every {:.0f} s only",
                       folder, std::strerror(errno), Seconds(options_.rescan_interval));
  }
  if (watches_.insert({wd, folder}).second && folder == options_.dags_folder)
    GALE_INFO("watching {}", folder);
  return "";
}

// Each once, as long as it is so.
void DagProcessor::Say(std::vector<std::string> notices) {
  for (const std::string& notice : notices) {
    if (!said_.contains(notice)) GALE_WARN("{}", notice);
  }
  said_ = {notices.begin(), notices.end()};
}

void DagProcessor::Scan() {
  scan_at_ = Clock::Real().Mono() + options_.rescan_interval;
  if (!active_) return;
  struct stat st;
  if (stat(options_.dags_folder.c_str(), &st) != 0) {
    // A lost mount is no reason to forget every DAG.
    if (!folder_missing_)
      GALE_ERROR("the DAGs folder '{}' is gone; its DAGs stay as they are", options_.dags_folder);
    folder_missing_ = true;
    return;
  }
  folder_missing_ = false;
  auto [found, notices] = folder_.Look();
  Say(std::move(notices));
  for (auto& [path, state] : found) {
    if (auto known = files_.find(path); known != files_.end() && state.may_hold_dags) {
      state.has_dags = known->second.has_dags;
      state.has_error = known->second.has_error;
      state.read_at = known->second.read_at;
    }
  }
  Compare(found);
  files_ = std::move(found);
  TellGone();
  PlanRereads();
  if (bundler_) Bundle();
}

// Which other files a file that changed, came or went is a reason to read again: any DAG file may
// import a module; one that came may be what a broken file misses.
void DagProcessor::Compare(const FileStates& found) {
  bool module_changed = false, module_came = false;
  for (const auto& [path, state] : found) {
    const auto known = files_.find(path);
    const bool is_known = known != files_.end();
    const bool same = is_known && known->second.SameAs(state);
    if (path.ends_with(".py") && !same && !state.has_dags) {
      (is_known ? module_changed : module_came) = true;
    }
    if (!state.may_hold_dags || (same && known->second.may_hold_dags)) continue;
    gone_.erase(path);
    Ask(path, state, /*changed=*/true);
  }
  for (const auto& [path, state] : files_) {
    const auto still = found.find(path);
    module_changed |= still == found.end() && path.ends_with(".py") && !state.has_dags;
    if (!state.may_hold_dags || (still != found.end() && still->second.may_hold_dags)) continue;
    gone_.insert(path);
    parser_.Forget(path);
    if (sources_) sources_->Forget(path);
    asked_.erase(path);
    changed_.erase(path);
  }
  if (!sink_knows_folder_) {
    // What the ledger knows from a file that went while no master ran.
    std::set<std::string> here;
    for (const auto& [path, state] : found) {
      if (state.may_hold_dags) here.insert(path);
    }
    sink_knows_folder_ = sink_.KeepOnly(options_.dags_folder, std::move(here));
    for (const std::string& folder : options_.unread_folders) {
      // Unless it is ours under another name.
      if (options_.dags_folder.starts_with(folder)) continue;
      sink_knows_folder_ = sink_knows_folder_ && sink_.KeepOnly(folder, {});
    }
    if (!sink_knows_folder_) Retry();
  }
  for (const auto& [path, state] : found) {
    if (!state.may_hold_dags || asked_.contains(path)) continue;
    if (module_changed ? state.has_dags : module_came && state.has_error) {
      Ask(path, state, /*changed=*/false);
    }
  }
}

void DagProcessor::TellGone() {
  while (!gone_.empty()) {
    if (!sink_.Gone(*gone_.begin())) return Retry();
    gone_.erase(gone_.begin());
  }
}

void DagProcessor::PlanRereads() {
  reread_.clear();
  if (options_.reread_interval <= Duration::zero()) return;
  const MonoTime due = Clock::Real().Mono() - options_.reread_interval;
  std::vector<std::pair<MonoTime, std::string>> old;
  for (const auto& [path, state] : files_) {
    if (state.has_dags && state.read_at <= due && !asked_.contains(path))
      old.emplace_back(state.read_at, path);
  }
  std::ranges::sort(old);
  for (auto& [read_at, path] : old) reread_.push_back(std::move(path));
}

void DagProcessor::Reread() {
  const MonoTime now = Clock::Real().Mono();
  if (reread_.empty() || !asked_.empty() || now < reread_at_ || !active_) return;
  const auto file = files_.find(reread_.front());
  reread_.pop_front();
  if (file == files_.end()) return;
  rereading_since_ = now;
  Ask(file->first, file->second, /*changed=*/false);
}

void DagProcessor::Report(MetricSink& sink) const {
  const MetricSink::Labels folder = {{"folder", options_.dags_folder}};
  sink.Level("airflow_dag_processing_file_path_queue_size",
             "DAG files that wait to be read, or are being read.",
             static_cast<double>(waiting_.value()), folder);
  sink.Level("gale_dag_processing_files", "Files of the folder, as last looked at.",
             static_cast<double>(files_count_.value()), folder);
  sink.Count("gale_dag_processing_files_parsed_total", "Readings of DAG files.", parsed_.value(),
             folder);
  sink.Count("gale_dag_processing_errors_total", "Those that found an import error.",
             failed_.value(), folder);
  sink.Count("airflow_dag_processing_processor_timeouts",
             "Those that took too long and were ended.", timed_out_.value(), folder);
  sink.Durations("airflow_dag_processing_last_duration_seconds", "What reading a DAG file takes.",
                 parse_, folder);
}

void DagProcessor::Retry() {
  const MonoTime at = Clock::Real().Mono() + kRetry;
  if (!scan_at_ || at < *scan_at_) scan_at_ = at;
}

// Before what is being read is reported: until then its DAGs keep the bundle that they were in.
void DagProcessor::Bundle() {
  const Result<std::string> digest = bundler_->Make(files_, Clock::Real().Now());
  if (digest.status().code() == Code::kUnavailable) {
    GALE_WARN("the DAGs folder can't go to the workers yet: {}", digest.status().message());
    return Retry();
  }
  const std::string error(digest.ok() ? "" : digest.status().message());
  if (error != std::exchange(bundle_error_, error)) {
    // Shown with the files' import errors.
    if (!sink_.Report({options_.dags_folder, {}, error})) {
      bundle_error_.reset();
      Retry();
    }
  }
  if (digest.ok() && !sink_.SetBundle(*digest, asked_)) Retry();
}

void DagProcessor::Ask(const std::string& path, const FileState& state, bool changed) {
  if (asked_.insert(path).second) {
    parser_.Ask(path, state.mtime_ns, changed);
  } else {
    changed_.insert(path);
  }
}

void DagProcessor::OnParsed(ParsedFile file) {
  const std::string path = file.path;
  asked_.erase(path);
  parsed_.Add();
  failed_.Add(file.error.empty() ? 0 : 1);
  timed_out_.Add(file.took >= options_.parser.timeout ? 1 : 0);
  parse_.Observe(file.took);
  const MonoTime now = Clock::Real().Mono();
  if (rereading_since_) reread_at_ = now + kRereadPause * (now - *rereading_since_);
  rereading_since_.reset();
  const bool again = changed_.erase(path) > 0;
  auto known = files_.find(path);
  if (known == files_.end() || !known->second.may_hold_dags) return;
  FileState& state = known->second;
  state.read_at = now;
  state.has_error = !file.error.empty();
  state.has_dags = state.has_dags || !file.dags.empty() || state.has_error;
  if (again) Ask(path, state, /*changed=*/true);
  const bool keeps = sources_ && !file.dags.empty() && !again;
  std::string source = keeps ? sources_->Keep(path, state, Clock::Real().Now()) : "";
  if (sink_.Report({path, std::move(file.dags), std::move(file.error), std::move(source)})) return;
  files_.erase(known);  // the next look finds it changed
  Retry();
}

}  // namespace gale
