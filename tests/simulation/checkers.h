// What must hold at every moment of every world, whatever breaks. The first violation fails the
// seed.
//
//   - Of one task instance, at most one process lives, in the whole world, of whatever try.
//   - No try is started twice, granted to two workers, or granted after its end was committed.
//   - A grant leaves the master after its commit; a result is acked after its commit.
//   - What a process was started by was granted by a master that led in the grant's epoch.
//   - An attempt that is declared lost for its worker's silence has no living process, and no
//     connection from before that renews the worker's lease.
//   - Only the master of the newest epoch commits. Nobody takes the lead from one that gave a sign
//     of life within its lease, or without having looked for a lease.
//   - A live attempt leaves the ledger only with its history row, or its try goes on.
//   - An accepted run is in the ledger, for good. Runs and tries only move forward.
//   - A row that the ledger refuses costs no epoch, no memory and no link: who brought it is told; a
//     result that is refused is its attempt's failure.
//   - A task is success without anybody's help only if its process ended well.
//   - A try's history says when its process ended, however late a master heard of it.
//   - Pools and workers never run more than they have room for.
//   - The loop's own audit holds, and what it has in memory is what the ledger says.
#pragma once

#include <map>
#include <set>
#include <string>

#include "master/engine/loop.h"
#include "tests/simulation/network.h"

namespace gale::sim {

class Checkers {
 public:
  Checkers(Context& context, Store& ledger) : context_(context), ledger_(ledger) {}

  // What happens in the world.

  void OnSpawn(const AttemptId& attempt, Epoch epoch, const TaskSpec& task,
               const std::string& worker, size_t on_worker, uint32_t slots);
  void OnProcessEnd(const AttemptId& attempt, bool succeeded);
  void OnCommitted(Epoch epoch, const CommitBatch& batch);
  // The leader's row was `before`; `looking_since`: the new one reads it since then, without a gap
  // of more than half a lease.
  void OnAcquired(const LeaderRow& before, const LeaderClaim& claim, Epoch epoch,
                  Duration leader_lease, MonoTime looking_since);
  void OnBeat() { last_beat_ = context_.now(); }
  void OnWelcome(const StreamPtr& stream) { stream->welcomed_in = commits_; }
  // A worker's fence was moved by what came over this stream.
  void OnFence(const std::string& worker, const StreamPtr& stream, MonoTime at);
  // All that was committed survives a power cut.
  void OnSynced() { synced_ = commits_; }
  // `here`: to a worker on the master's own machine, which hears of commits before their flush.
  void OnGrant(const std::string& worker, const Grant& grant, bool here);
  void OnAck(const std::vector<AttemptId>& attempts);
  void OnAccepted(const RunRow& run);
  void OnPool(const std::string& name, int32_t slots);
  // The ledger refuses this attempt's result: it fails for it.
  void OnGuilty(const AttemptId& attempt) { guilty_.insert(attempt); }
  // This attempt's word is that it comes again: its try has no history row yet.
  void OnLook(const AttemptId& attempt) { told_looks_.insert(attempt); }
  // Somebody marked tasks of this run, or the run.
  void OnMarked(RunId run) { marked_.insert(run); }

  Epoch epoch() const { return epoch_; }  // the newest

  // From time to time.

  void AfterTurn(const Loop& loop);
  void MemoryIsLedger(const Loop& loop);
  // Every accepted run, read back.
  void AcceptedAreThere();
  // At the end: nothing unfinished, nothing half done.
  void AllIsDone();
  // The ticks of a DAG that catches up: none left out, none twice.
  void ScheduleIsWhole(const DagSpec& dag);

  size_t living() const { return alive_.size(); }
  const std::map<RunId, RunRow>& runs() const { return runs_; }
  // Attempts that were ever granted: what stale queue entries are made of.
  const std::map<AttemptId, std::string>& granted() const { return granted_; }

 private:
  void CheckEnd(const AttemptRow& row);
  void CheckTi(const TiRow& row);
  void CheckRun(const RunRow& row);
  std::string Compare(const core::Run& run, const std::vector<TiRow>& rows) const;

  Context& context_;
  Store& ledger_;
  struct Process {
    AttemptId attempt;
    std::string worker, pool;
    uint32_t slots = 0;
  };
  std::map<core::TiRef, Process> alive_;
  std::set<AttemptId> started_;
  struct Exit {
    bool succeeded = false;
    TimePoint at;
    Duration wall_ahead;  // then
  };
  std::map<AttemptId, Exit> exits_;
  std::map<std::string, uint64_t> pool_used_;
  std::map<std::string, int64_t> pool_max_;  // the largest it ever was
  // The ledger as the commits made it.
  std::map<RunId, RunRow> runs_;
  std::map<core::TiRef, TiRow> tis_;
  std::map<AttemptId, std::string> granted_;
  std::map<AttemptId, uint64_t> granted_in_;  // which commit
  std::map<AttemptId, uint64_t> ended_;       // in which commit
  std::set<AttemptId> told_looks_;            // whose word that is
  std::set<AttemptId> looks_;                 // of those, whose try went on
  std::map<RunId, uint64_t> made_in_;
  uint64_t commits_ = 0, synced_ = 0;
  std::map<RunId, std::string> accepted_;
  std::set<RunId> marked_;
  std::set<AttemptId> guilty_;
  Epoch epoch_;
  MonoTime last_beat_;
  std::map<AttemptId, std::set<Epoch>> grants_;
  struct Loss {
    MonoTime at;
    uint64_t in = 0;  // which commit
  };
  std::map<std::string, Loss> losses_;  // of workers, for their silence
};

}  // namespace gale::sim
