// What waits for something to be read from the ledger: what is asked, and which answers still hold.
// Pure. A turn's questions and answers count once it is committed; one that is taken back asked and
// heard nothing.
#pragma once

#include <map>
#include <set>
#include <unordered_map>

#include "master/core/calendar.h"
#include "master/core/run.h"
#include "master/engine/ledger_need.h"

namespace gale {

class Loop;

class LedgerWaits {
 public:
  // Runs that left memory while something was read, of which is known that they did (beyond it, what
  // was read is read again).
  static constexpr size_t kLeftRunsMax = 65'536;
  using Then = std::function<void(Loop&, const Status&)>;
  using Key = LedgerNeed::Key;
  // Due runs of a DAG, of which it must be known whether the ledger has such already. To the ledger
  // they aren't made yet, to the calendar they are.
  struct DueRuns {
    std::optional<DataInterval> last;  // the calendar's place before them
    std::vector<core::Calendar::Due> runs;
  };
  struct Waiting {
    LedgerNeed need;
    std::vector<Then> then;  // of kRun
    DueRuns due;             // of kDue
  };

  // Whoever needs the same waits for the same answer.
  void Need(LedgerNeed need, Then then, DueRuns due = {});
  // nullptr: nothing waits for that.
  const Waiting* Find(const Key& key) const;
  // Requests that wait.
  size_t requests() const { return requests_ + requests_asked_; }
  bool empty() const { return waiting_.empty() && asked_.empty(); }

  // What waits for this answer, and does no more; nullopt: nothing, or it is too old and is asked
  // for again.
  std::optional<Waiting> Take(const LedgerAnswer& answer);
  // It couldn't be read: whoever waits for it goes on waiting, till AskAgain.
  void Postpone(const LedgerNeed& need) { postponed_.push_back(need); }
  void AskAgain();
  // Leaves memory at the end of this turn, and may have changed in it.
  void OnUnload(const core::Run& run, uint64_t turn);

  void OnCommitted();
  void OnTakenBack();
  // Nobody waits any more, and no answer to what was asked counts.
  void Forget();
  // To be read after the commit of the turn.
  std::vector<LedgerNeed> TakeNeeds(uint64_t turn);

 private:
  struct LeftRun {
    uint64_t turn;
    std::string dag_id;
    std::optional<TimePoint> logical_date;
  };
  // Whether something was committed since it was read that it should have seen.
  bool Outdated(const LedgerAnswer& answer) const;

  uint64_t term_ = 1;  // between two Forgets
  uint64_t numbers_ = 0;
  std::map<Key, Waiting> waiting_;
  std::map<Key, Waiting> asked_;  // in this turn
  std::set<Key> answered_;        // in this turn
  size_t requests_ = 0, requests_asked_ = 0;
  std::vector<LedgerNeed> needs_;  // to be taken
  std::vector<LedgerNeed> postponed_;
  // Runs that left memory while something was read, and the turn before which nothing is known here.
  std::unordered_map<RunId, LeftRun> left_;
  uint64_t left_from_ = 0;
};

}  // namespace gale
