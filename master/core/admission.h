// Who may start next: pools, limits and priorities across all runs. A ready task instance waits in
// its pool's lane for its width; one that a limit stops is parked at that limit's gate until the
// gate opens, so a full pool, DAG or task costs nothing while it is full. Pure; one thread.
//
// What makes it miss nobody: whenever a gate has room for k more and somebody of a lane is parked
// at it, at least k of that lane that want to pass that gate are in the lane, past every other
// gate. Admit takes the best of all lanes that fit; Audit looks for whom it missed.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "master/core/check.h"
#include "master/core/instance.h"
#include "master/core/waits.h"

namespace gale::core {

class Admission {
 public:
  static constexpr int32_t kUnlimited = -1;

  // What the instances of a task need in order to be queued, as its DAG says it.
  struct Request {
    TiRef ref;
    std::string dag_id;
    std::string task_id;
    std::string pool;
    uint32_t slots = 1;
    int64_t priority = 0;
    int64_t date = 0;        // of the run, microseconds: the older goes first among equals
    uint32_t run_limit = 0;  // max_active_tasks
    std::optional<uint32_t> per_dag_limit;  // max_active_tis_per_dag
    std::optional<uint32_t> per_run_limit;  // max_active_tis_per_dagrun
  };
  // The same, resolved: pool and gates, without a name. Of one run; its tasks share those that are
  // alike.
  struct Needs;

  // `slots` < 0: unlimited. A pool that isn't set admits nothing.
  void SetPool(const std::string& name, int32_t slots);
  void DeletePool(const std::string& name);
  void SetPaused(const std::string& dag_id, bool paused);
  // How many may hold slots at once, in all pools together; nullopt: any number.
  void SetParallelism(std::optional<uint32_t> limit) { parallelism_ = limit; }

  // Once a run and task; valid until ForgetRun.
  const Needs* Resolve(const Request& request);
  // It waits from now on, `since`. A task instance that waits or holds already is left alone.
  void Add(const Needs* needs, Inst inst, TimePoint since = {});
  // The elements [first, end) of a mapped task wait, but for `holes`: one entry with a cursor,
  // however many they are. None of them may wait or hold already.
  void AddBlock(const Needs* needs, TaskIndex task, uint32_t first, uint32_t end,
                std::set<uint32_t> holes = {}, TimePoint since = {});
  // It no longer waits. No error if it didn't.
  void Remove(TiRef ref);
  // It holds its slots already (recovery), over the limits if need be.
  void Hold(const Needs* needs, Inst inst);
  // It lets go of its slots. No error if it held none.
  void Free(TiRef ref);
  // Forgets what a run that ended needed; it must hold and wait for nothing.
  void ForgetRun(RunId run);

  // Takes those that may start now, best first within each pool; they hold their slots from now on.
  std::vector<TiRef> Admit();

  bool holds(TiRef ref) const { return held_.contains(ref); }
  bool waits(TiRef ref) const { return FindWaiting(ref) != nullptr; }
  // What is looked at before an instance of the task may start, in this order: limits, then its
  // pool. Of one that waits: up to the first that isn't met, what follows is not looked at; with
  // none it is about to start. Of one that doesn't wait yet: nothing is; of one that holds: all are
  // met.
  std::vector<Check> Checks(const Request& request) const;

  struct PoolUsage {
    int32_t slots = 0;
    uint64_t held = 0;     // by queued and running
    uint64_t waiting = 0;  // wanted by scheduled ones
  };
  PoolUsage Usage(const std::string& pool) const;
  // What waits, by what it waits for, of one DAG; empty: of all.
  void AddWaits(const std::string& dag_id, WaitGroups& groups) const;
  // Who holds slots of a pool, `max` of them; and who is next in its line, of those that only it keeps
  // waiting: best first, with how many they are.
  std::vector<TiRef> Holders(const std::string& pool, size_t max) const;
  std::vector<TiRef> Line(const std::string& pool, size_t max, uint64_t& total) const;

  // Counts everything anew and compares. Empty if the books are right; else what is wrong.
  std::string Audit() const;

 private:
  // The order in a lane: higher priority, older run, then the order of acceptance, of the file and
  // of the elements. A block stands where its first element does.
  struct Rank {
    const Needs* needs;
    Inst inst;
    bool operator<(const Rank& other) const;
    TiRef ref() const;
  };
  struct ReadyLane {
    std::set<Rank> ranks;
    std::unordered_map<const std::string*, Tally> by_dag;  // never gone through in its own order
  };
  struct ParkedLane {
    std::set<Rank> ranks;
    Tally tally;  // all of one DAG: a gate's
  };
  struct Pool {
    std::string name;
    bool exists = false;
    int32_t slots = 0;
    uint64_t used = 0;
    uint64_t waiting_slots = 0;
    // Lanes, by the slots that each of it wants: passed every gate when last looked at. None is
    // empty.
    std::map<uint32_t, ReadyLane> ready;
    std::set<TiRef> holders;
    uint64_t free() const {
      if (!exists) return 0;
      if (slots < 0) return std::numeric_limits<uint64_t>::max();
      return static_cast<uint64_t>(slots) > used ? static_cast<uint64_t>(slots) - used : 0;
    }
  };
  // By name: what happens must not depend on where memory lies.
  struct ByName {
    bool operator()(const Pool* a, const Pool* b) const { return a->name < b->name; }
  };
  struct Lane {
    Pool* pool;
    uint32_t slots;
    friend bool operator<(const Lane& a, const Lane& b) {
      if (a.pool != b.pool) return a.pool->name < b.pool->name;
      return a.slots < b.slots;
    }
  };
  enum class GateKind { kPause, kRun, kTaskOfDag, kTaskOfRun };
  // A limit that a request has to pass.
  struct Limit {
    GateKind kind;
    std::string key;   // with the kind: which gate
    std::string name;  // for people
    std::string dag_id;
    uint32_t max;
    bool of_run;  // it goes with its run
  };
  struct Gate {
    GateKind kind;
    std::string name;
    uint32_t limit = std::numeric_limits<uint32_t>::max();
    uint32_t used = 0;
    std::string dag_id;
    std::map<Lane, ParkedLane> parked;
    bool open() const { return used < limit; }
  };
  static constexpr size_t kGatesMax = 4;
  // One that waits, or a block of them.
  struct Item {
    Inst inst;                  // of a block: the first that waits
    Gate* parked_at = nullptr;  // else in its pool's lane
    const Needs* needs = nullptr;
    uint32_t many = 1;  // how many it stands for
    int64_t since = 0;  // whole seconds
  };
  struct Block {
    Item item;
    uint32_t end = 0;
    std::set<uint32_t> holes;  // they don't wait any more
    size_t size() const { return end - static_cast<uint32_t>(item.inst.map_index) - holes.size(); }
  };
  struct RunBooks {
    std::map<std::string, std::unique_ptr<Needs>> needs;  // by what they say
    std::vector<std::string> gates;
  };

  // In the order in which they are looked at.
  static std::vector<Limit> LimitsOf(const Request& request);
  static std::string KeyOf(const Limit& limit);
  Gate* FindGate(const Limit& limit);
  static Check CheckOf(GateKind kind, const std::string& name);
  Check CheckOf(const Limit& limit) const;
  Check CheckOf(const Gate& gate) const;
  void AddWaits(const std::set<Rank>& ranks, const std::string& dag_id, WaitGroup& group) const;
  // The limit over all, then the pool's.
  std::vector<Check> PoolChecks(const std::string& pool, uint32_t slots) const;
  // How many of its pool's line go before it; nullopt: kLineMax or more.
  std::optional<int64_t> Before(const Item& item, Inst inst) const;
  Pool* FindPool(const std::string& name);
  static Gate* ClosedGate(const Needs& needs);
  void Place(Item& item);
  void Unplace(Item& item);
  // One of those that it stands for leaves.
  void Dwindle(Item& item);
  // Whom a rank stands for.
  Item& At(const Rank& rank);
  const Item* FindWaiting(TiRef ref) const;
  // The first of a block waits no more; true: it was the last one.
  static bool Advance(Block& block);
  void Take(const Needs* needs, Inst inst);
  // Lets the best that a gate has room for go on to their lane.
  void Refill(Gate& gate, const Lane& lane);
  void RefillAll(Gate& gate);
  // The best that fits in what the pool has free; nullptr if nobody does.
  static const Rank* BestOf(const Pool& pool);
  void Touch(Pool* pool) { dirty_.insert(pool); }
  bool full() const { return parallelism_ && held_.size() >= *parallelism_; }
  // Whose turn it is: with a limit over all pools, the one with the best; else any.
  Pool* NextPool() const;

  std::set<std::string> dag_ids_;                // stable addresses
  std::map<std::string, Pool> pools_;            // stable addresses
  std::unordered_map<std::string, Gate> gates_;  // by kind and key; stable addresses
  std::unordered_map<TiRef, Item, TiRefHash> waiting_;
  std::unordered_map<TiRef, Block, TiRefHash> blocks_;  // by the task, without an index
  std::unordered_map<TiRef, const Needs*, TiRefHash> held_;
  std::unordered_map<RunId, RunBooks> runs_;
  // Those that may have somebody to admit, or wait for others to end.
  std::set<Pool*, ByName> dirty_;
  std::optional<uint32_t> parallelism_;
};

struct Admission::Needs {
  RunId run;
  const std::string* dag_id = nullptr;  // one of dag_ids_
  int64_t priority = 0;
  int64_t date = 0;
  Pool* pool = nullptr;
  uint32_t slots = 1;
  Gate* gates[kGatesMax] = {};
  Lane lane() const { return {pool, slots}; }
};

}  // namespace gale::core
