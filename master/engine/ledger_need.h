// What the loop must know from the ledger before it can go on with something, read beside it: the
// loop says what it needs, somebody reads it (LedgerLoader's threads; in the simulation an item of
// the agenda) and posts the answer. The engine's thread never waits for a reader.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <vector>

#include "common/model/dag.h"
#include "master/engine/catalog.h"
#include "master/engine/messages.h"
#include "master/store/reads.h"

namespace gale {

struct LedgerNeed {
  enum class Kind : uint8_t {
    kRun,      // a run that isn't in memory, by its name
    kPast,     // the run before `run`, for depends_on_past
    kSuccess,  // the last successful one before `run`, for its templates
    kDue,      // whether the ledger has runs of these names or dates already
  };
  struct Due {
    std::string run_id;
    TimePoint logical_date;
  };
  // What makes two needs the same one.
  struct Key {
    Kind kind = Kind::kRun;
    std::string dag_id;
    std::string run_id;  // of kRun
    RunId run;           // of kPast and kSuccess
    friend auto operator<=>(const Key&, const Key&) = default;
  };

  Key key;
  TimePoint before;      // of kPast and kSuccess: the run's logical date
  std::vector<Due> due;  // of kDue
  // LedgerWaits' own.
  uint64_t term = 0;
  uint64_t number = 0;
  uint64_t turn = 0;  // whatever was committed up to it, the answer sees
};

// A run as the ledger has it.
struct StoredRun {
  RunRow row;
  DagPtr dag;
  std::string bundle;  // DagVersionRow's
  std::vector<TiRow> tis;
  std::vector<XComRow> values;  // of those that have a value_length
};

struct LedgerAnswer {
  LedgerNeed need;
  // NOT_FOUND: there is no such run. Else why it couldn't be read.
  Status status;
  std::optional<StoredRun> run;  // of kRun and kPast; none of kPast: there is none before it
  struct Taken {
    bool name = false, date = false;
  };
  std::vector<Taken> taken;            // of kDue, in its order
  std::optional<RunRow> success = {};  // of kSuccess
};

// Reads it. Any thread; blocks for as long as `reads` does.
LedgerAnswer ReadNeed(Reads& reads, Catalog& catalog, LedgerNeed need);

// What the ledger has against a trigger, and notes in it what the loop must know: by whoever brings
// it, before it is posted. What is made in between, the loop or the commit finds.
inline Status DateTaken(const std::string& dag_id, TimePoint logical_date,
                        const std::string& holder) {
  return AlreadyExists("DAG '{}' already has a run of the logical date {}: '{}'", dag_id,
                       FormatTime(logical_date), holder);
}
Status CheckTrigger(Reads& reads, TriggerRequest& request);

}  // namespace gale
