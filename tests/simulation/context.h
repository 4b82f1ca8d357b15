// What every part of one simulated world shares: its dice, its clock and agenda, the trace, the
// verdict. One thread; nothing here is global, so worlds of different seeds run side by side.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "common/base/clock.h"

namespace gale::sim {

// Splitmix64: small, fast, and the same on every machine.
class Dice {
 public:
  explicit Dice(uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15ull + 0x1234567ull) { Next(); }
  uint64_t Next() {
    uint64_t z = (state_ += 0x9E3779B97F4A7C15ull);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
  }
  uint64_t Below(uint64_t n) { return n == 0 ? 0 : Next() % n; }
  int64_t Between(int64_t low, int64_t high) {
    return low + static_cast<int64_t>(Below(static_cast<uint64_t>(high - low + 1)));
  }
  bool Chance(double percent) { return static_cast<double>(Below(100'000)) < percent * 1000; }
  Duration Ms(int64_t low, int64_t high) { return Duration(Between(low * 1000, high * 1000)); }

 private:
  uint64_t state_;
};

// What the worlds went through, summed over all seeds: each must come up, or the simulation is
// tame.
enum class Seen : size_t {
  kMasterCrashes,
  kCrashesBeforeCommit,
  kCrashesAfterCommit,
  kCrashesMidRelease,
  kStepDowns,
  kCommitRetries,
  kCommitsReportedLost,
  kRecoveries,
  kReads,
  kWorkerCrashes,
  kWorkerRestarts,
  kKeeperDeaths,
  kFencings,
  kLostLeases,
  kGrants,
  kRegrants,
  kRefusals,
  kAdoptions,
  kUnwanted,
  kSpoolReplays,
  kSpoolRefusals,
  kConnectionsLost,
  kPartitions,
  kNameClashes,
  kQueueLosses,
  kStaleEntries,
  kSweepRings,
  kDrains,
  kTriggers,
  kClears,
  kClearsOfRunning,
  kMarkedTasks,
  kMarkedRuns,
  kPauses,
  kPoolChanges,
  kNewVersions,
  kStaleDags,
  kImportErrors,
  kTimeJumps,
  kTimeouts,
  kTold,  // an end that a Python task told reached a master
  kScheduledRuns,
  kPastRuns,
  kMemoryChecks,
  kTakeovers,
  kLateClaims,
  kOwnLeases,
  kMasterPauses,
  kPausesPastLease,
  kPausesPastOutage,
  kPausesMidTurn,
  kLedgerCuts,
  kLedgerOutages,
  kAnswersLost,
  kTakeoversCutShort,
  kDeposedCommits,
  kDeposedBeats,
  kLeftForLackOfLedger,
  kMastersLeft,
  kHalfReachable,
  kOtherMasters,
  kRenewedWithoutLedger,
  kClaimsRepeated,
  kWorkerPauses,
  kRefusedCommits,
  kTurnsTakenBack,
  kRefusedRequests,
  kRefusedResults,
  kFlushesFailed,
  kEndTimes,
  kDiskFull,
  kDiskErrors,
  kIllWorkers,
  kHandedBack,
  kLooks,
  kPassedBy,
  kCount
};
inline constexpr std::array<const char*, static_cast<size_t>(Seen::kCount)> kSeenNames = {
    "master crashes",
    "crashes before commit",
    "crashes after commit",
    "crashes mid-release",
    "step-downs",
    "commit retries",
    "commits reported lost",
    "recoveries",
    "reads beside the loop",
    "worker crashes",
    "worker restarts",
    "keeper deaths",
    "fencings",
    "lost leases",
    "grants",
    "re-grants",
    "refusals",
    "adoptions",
    "unwanted attempts",
    "spool replays",
    "spool refusals",
    "connections lost",
    "partitions",
    "name clashes",
    "queue losses",
    "stale queue entries",
    "swept rings",
    "drains",
    "triggers",
    "clears",
    "clears of running tasks",
    "tasks marked",
    "runs marked",
    "pauses",
    "pool changes",
    "new DAG versions",
    "stale DAGs",
    "import errors",
    "time jumps",
    "execution timeouts",
    "ends that Python tasks told",
    "scheduled runs",
    "runs that waited for the past",
    "memory-ledger checks",
    "takeovers",
    "claims of the lead refused",
    "own leases taken back",
    "master pauses",
    "pauses past the leader's lease",
    "pauses past the outage",
    "pauses between commit and release",
    "ledger cut from one master",
    "ledger cut from all masters",
    "answers of the ledger lost",
    "takeovers cut short",
    "deposed commits refused",
    "deposed beats refused",
    "leads left for lack of a ledger",
    "leads handed back",
    "workers that reach one master",
    "moves to another master",
    "leases renewed without a ledger",
    "claims repeated",
    "worker pauses",
    "commits refused",
    "turns taken back",
    "requests refused and told so",
    "results refused, and failed",
    "flushes that failed",
    "ends whose time was compared",
    "writes to a full disk",
    "I/O errors",
    "workers that took no work",
    "attempts handed back",
    "sensors that come again",
    "tasks passed by"};
using Coverage = std::array<uint64_t, static_cast<size_t>(Seen::kCount)>;

// The simulated clock, and what is to happen when. Ties in the order of asking.
class Agenda {
 public:
  MonoTime now() const { return now_; }
  void At(MonoTime at, std::function<void()> what) {
    events_.emplace(std::pair(std::max(at, now_), ++sequence_), std::move(what));
  }
  void In(Duration delay, std::function<void()> what) { At(now_ + delay, std::move(what)); }
  bool empty() const { return events_.empty(); }
  void RunNext() {
    auto node = events_.extract(events_.begin());
    now_ = node.key().first;
    fingerprint_ =
        (fingerprint_ ^ static_cast<uint64_t>(now_.time_since_epoch().count())) * 0x100000001B3ull;
    ++steps_;
    node.mapped()();
  }
  uint64_t steps() const { return steps_; }
  uint64_t fingerprint() const { return fingerprint_; }
  void Clear() { events_.clear(); }

 private:
  MonoTime now_{Duration(1'000'000)};
  uint64_t sequence_ = 0, steps_ = 0, fingerprint_ = 0xCBF29CE484222325ull;
  std::map<std::pair<MonoTime, uint64_t>, std::function<void()>> events_;
};

struct Context {
  Context(uint64_t seed_in, bool trace) : seed(seed_in), dice(seed_in), tracing(trace) {}

  const uint64_t seed;
  Dice dice;
  Agenda agenda;
  Coverage coverage{};
  bool faults = true;     // false: everything heals
  MonoTime last_spawn;    // of any process
  Duration wall_ahead{};  // how far the wall clock was moved forward
  std::string failure;    // the first one
  const bool tracing;
  std::vector<std::string> trace;

  MonoTime now() const { return agenda.now(); }
  TimePoint wall() const {
    return TimePoint(std::chrono::seconds(1'700'000'000)) + now().time_since_epoch() + wall_ahead;
  }
  void Saw(Seen what, uint64_t n = 1) { coverage[static_cast<size_t>(what)] += n; }
  void Fail(std::string what) {
    if (tracing) Trace("FAILED: {}", what);
    if (failure.empty()) failure = std::move(what);
  }
  bool failed() const { return !failure.empty(); }
  template <class... A>
  void Trace(fmt::format_string<A...> format, A&&... args) {
    if (!tracing) return;
    trace.push_back(fmt::format("{:9.3f}  ", Seconds(now().time_since_epoch())) +
                    fmt::format(format, std::forward<A>(args)...));
  }
};

}  // namespace gale::sim
