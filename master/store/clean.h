// Cleaning: what is older than a time, and that nobody needs any more, goes. In steps that are short
// transactions, so that a leader's commits wait for milliseconds at most, beside a running leader
// and from any process. What to remove is looked up before a transaction, and looked at again in it.
//
// A run goes in three steps. First its row: from then on nobody finds it, and a row of cleaned_run
// tells of it (kTaken). Only who had read it before, to clear it or to change it, may still write
// it: its commit puts the whole row back, nothing else was lost, and the run stays. A while later
// (kCleanGrace), if it isn't back, the note becomes kBegun in a transaction that looks once more:
// from then on Commit refuses the run, and what belongs to it goes. Last, the note is kDone, and
// stays for kCleanNoteKept, as long as somebody might still hold what he read.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.h"
#include "common/base/ids.h"
#include "common/base/status.h"

namespace gale {

class Store;

enum class CleanTable : uint8_t { kRun, kDagVersion, kEventLog, kWorker, kBundleBlob };
inline constexpr CleanTable kCleanTables[] = {CleanTable::kRun, CleanTable::kDagVersion,
                                              CleanTable::kEventLog, CleanTable::kWorker,
                                              CleanTable::kBundleBlob};
std::string_view Name(CleanTable table);  // the table's name in the database
std::optional<CleanTable> ParseCleanTable(std::string_view name);  // Airflow's names, too

// Of one step, which may be several transactions.
inline constexpr size_t kCleanRunsMax = 100;
inline constexpr size_t kCleanRowsMax = 500;
inline constexpr size_t kCleanVersionsMax = 50;
inline constexpr size_t kCleanBlobsMax = 100;
inline constexpr std::chrono::seconds kCleanGrace{60};
inline constexpr std::chrono::days kCleanNoteKept{7};

enum class CleanState : uint8_t { kTaken, kBegun, kDone };  // cleaned_run.state

struct OldRows {
  std::string table;
  uint64_t rows = 0;
};
struct CleanedRun {
  RunId id;
  std::string dag_id, run_id;
};

struct RunRow;
// What Commit says of a run that has begun to go; INVALID_ARGUMENT.
Status RunWasCleaned(const RunRow& run);

class Cleaning {
 public:
  // Given by a leader: ABORTED, changing nothing, if the epoch isn't the ledger's any more. Steps
  // of somebody else (a person) aren't fenced: they are right beside any leader.
  using OfLeader = std::optional<Epoch>;

  // What would go: of kRun also what belongs to the runs. Changes nothing.
  virtual Result<std::vector<OldRows>> CountOld(CleanTable table, TimePoint before) = 0;

  // Runs that ended before that time: at most kCleanRunsMax; how many went. Those stay that have a
  // process that may live, that are their DAG's latest, by number or by date, or whose next one by
  // date isn't finished (it may look at its past).
  virtual Result<uint64_t> TakeOldRuns(TimePoint before, TimePoint now, OfLeader fence) = 0;
  // Those that went before `taken_before` and aren't done: at most kCleanRunsMax.
  virtual Result<std::vector<CleanedRun>> RunsToFinish(TimePoint taken_before) = 0;
  // Its task instances, attempts and XComs go; false: the run is back, and keeps them.
  virtual Result<bool> FinishRun(const CleanedRun& run, OfLeader fence) = 0;
  // Nothing of it is left, its log neither.
  virtual Status EndRun(const CleanedRun& run, OfLeader fence) = 0;
  // Notes of runs that were done, and went before that time: at most kCleanRowsMax; how many went.
  virtual Result<uint64_t> ForgetRuns(TimePoint taken_before, OfLeader fence) = 0;

  // Bundles. A blob that is named by none in use, and is older than `before`, may go; who makes a
  // bundle says KeepBlobs of all of it first, so that none goes that it counts on (bundler.h).

  // Manifests that a version or the folder has now: from one snapshot.
  virtual Result<std::vector<std::string>> UsedBundles() = 0;
  // Blobs that versions have as their source.
  virtual Result<std::vector<std::string>> UsedSources() = 0;
  // Those that are older than `before`, after that one: at most `most`, by digest.
  virtual Result<std::vector<std::string>> OldBlobs(TimePoint before, const std::string& after,
                                                    size_t most) = 0;
  // Unless they are younger by now; how many went. At most kCleanBlobsMax.
  virtual Result<uint64_t> RemoveBlobs(const std::vector<std::string>& digests, TimePoint before,
                                       OfLeader fence) = 0;
  // They count as made now; those that aren't there are left alone.
  virtual Status KeepBlobs(const std::vector<std::string>& digests, TimePoint now) = 0;

  // Of the other tables: at most kCleanRowsMax rows (kCleanVersionsMax versions); how many went.
  // Versions go oldest first: up to the first that a run is pinned to, or that is its DAG's current
  // one. Those that are left have no gaps. Workers go that weren't heard of since (a connected one's
  // row is written again every hour: Loop::NoteHeard), hold no attempt and aren't drained.
  virtual Result<uint64_t> CleanSome(CleanTable table, TimePoint before, OfLeader fence) = 0;

 protected:
  ~Cleaning() = default;
};

// nullptr: this store can't (a test's decorator).
Cleaning* CleaningOf(Store& store);

}  // namespace gale
