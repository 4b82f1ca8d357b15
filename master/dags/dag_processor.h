// Watches the DAGs folder and tells the engine what its files say.
//
// A changed file is read by the Python parse server (sdk/python/gale/parse_server.py): a warm
// process that reads each file in a child with limits on time and memory. inotify wakes; a slow
// pass over the folder's times and sizes finds what inotify can't see (network file systems, a lost
// event). A broken file takes nothing away: its DAGs stay as they were, and the error is shown.
#pragma once

#include <atomic>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "common/base/metrics.h"
#include "common/base/service.h"
#include "master/dags/bundler.h"
#include "master/dags/dag_folder.h"
#include "master/dags/dag_sink.h"
#include "master/dags/parse_client.h"
#include "master/dags/source_keeper.h"

namespace gale {

struct DagProcessorOptions {
  std::string dags_folder;
  ParseClientOptions parser;
  IgnoreSyntax ignore_syntax = IgnoreSyntax::kGlob;
  Duration rescan_interval = std::chrono::seconds(30);
  // A file that hasn't changed is read again after so long: it may make its DAGs from something
  // that isn't in the folder. 0: it isn't.
  Duration reread_interval{};
  // Folders that are read no more: what is known of them goes.
  std::vector<std::string> unread_folders = {};
  // Where the folder goes as a bundle, for workers on other machines; null: there are none. Must
  // outlive the processor.
  Store* bundles = nullptr;
  // Where each DAG file's text goes, for who looks at a version's source; null: nowhere. The same.
  Store* sources = nullptr;
};

class DagProcessor : public Service {
 public:
  // Files written together are read together, once.
  static constexpr Duration kSettle = std::chrono::milliseconds(20);
  // What the sink or the ledger didn't take is offered again after it.
  static constexpr Duration kRetry = std::chrono::milliseconds(500);

  // After a file was read again, for so many times what it took no other is: 5 % of a process.
  static constexpr int kRereadPause = 20;

  // The sink must outlive it.
  DagProcessor(DagSink& sink, DagProcessorOptions options);
  ~DagProcessor() override;

  std::string_view name() const override { return "dag-processor"; }
  // NOT_FOUND if the folder isn't there. Reading goes on after it returns.
  Status Start() override;
  void Stop(MonoTime deadline) override;

  // Reads files only while its master leads; then from the start. From any thread.
  void SetActive(bool active);

  // From any thread.
  void Report(MetricSink& sink) const;
  // For health: when it last had nothing left to do, or did something.
  TimePoint heartbeat() const { return TimePoint(Duration(heartbeat_us_.load())); }

 private:
  void Main();
  // Milliseconds until there is something to do by itself.
  int WaitMillis() const;
  // What goes wrong, or "".
  std::string Watch(const std::string& folder);
  void ReadEvents();
  // Compares the folder with what is known; asks for what changed, reports what is gone.
  void Scan();
  void Compare(const FileStates& found);
  void Say(std::vector<std::string> notices);
  void TellGone();
  // Which files haven't been read for long, the longest first; and reads the next of them again.
  void PlanRereads();
  void Reread();
  void Bundle();
  void Ask(const std::string& path, const FileState& state, bool changed);
  void OnParsed(ParsedFile file);
  // Looks again soon, as something wasn't taken.
  void Retry();

  DagSink& sink_;
  const DagProcessorOptions options_;
  ParseClient parser_;
  const int wake_fd_;  // written by SetActive, whenever
  std::thread thread_;
  int inotify_fd_ = -1;
  int stop_fd_ = -1;
  std::map<int, std::string> watches_;
  DagFolder folder_;
  FileStates files_;            // all of the folder
  std::set<std::string> said_;  // the notices of the last look
  std::optional<Bundler> bundler_;
  std::optional<SourceKeeper> sources_;
  std::optional<std::string> bundle_error_;  // the last that was told, "" too
  std::set<std::string> asked_;              // in the parse server's hands
  std::set<std::string> changed_;            // changed again meanwhile
  std::set<std::string> gone_;               // and the sink doesn't know yet
  bool sink_knows_folder_ = false;           // what else it knows of the folder is gone
  std::optional<MonoTime> scan_at_;
  std::deque<std::string> reread_;
  MonoTime reread_at_{};  // not before
  std::optional<MonoTime> rereading_since_;
  bool folder_missing_ = false;
  std::atomic<int64_t> heartbeat_us_{0};
  Counter parsed_, failed_, timed_out_;  // files that were read
  Gauge files_count_, waiting_;
  DurationHistogram parse_;
  std::atomic<bool> active_{true};
  std::atomic<bool> start_over_{false};
};

}  // namespace gale
