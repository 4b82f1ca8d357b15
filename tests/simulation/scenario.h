// What one seed's world is made of: how many workers, which DAG files, and how each process will
// end.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "master/engine/messages.h"
#include "tests/simulation/context.h"

namespace gale::sim {

// In the name of a pool, the text of an import error, the key of an XCom, the hash of a DAG: the
// ledger refuses the row.
inline constexpr std::string_view kGuilty = "guilty";

// How a process behaves: decided by the seed and the attempt's id, whenever it is asked.
struct Fate {
  Duration runs_for{};
  int exit_code = 0;           // 99: skipped
  bool hangs = false;          // until somebody kills it
  Duration dies_after_term{};  // how long it resists
};

class Scenario {
 public:
  explicit Scenario(Context& context);

  bool serve_queue = true;  // the master pops for the workers, or they pop and claim
  bool sync_later = false;  // commits are flushed beside the next turns
  bool guilty = false;      // people and processes bring rows that the ledger refuses; flushes fail
  size_t masters = 1;       // two: each may lead, on one ledger
  Duration leader_lease = std::chrono::seconds(2);
  Duration outage{};                          // LeadershipOptions::outage
  Duration lease = std::chrono::seconds(10);  // of a worker
  Duration heartbeat = std::chrono::seconds(2);
  size_t workers = 1;
  std::vector<uint32_t> slots;
  size_t chaos_steps = 0;
  Duration chaos_pause{};  // the mean between two steps
  std::map<std::string, int32_t> pools;

  size_t files() const { return files_.size(); }
  // What the file says now: its DAG, nothing, or an error.
  FileReport Report(size_t file);
  const std::string& dag_id(size_t file) const { return files_[file].spec.dag_id; }
  const DagSpec& spec(size_t file) const { return files_[file].spec; }
  // Somebody edits it: another version of the same DAG.
  void Edit(size_t file);
  void SetEmpty(size_t file, bool empty) { files_[file].empty = empty; }

  // The codec between a stored spec and the model.
  Result<DagSpec> Parse(const std::string& bytes) const;
  // Python tasks' ends, under two seeds of eleven: what went well comes again, or passes others by,
  // perhaps one that there isn't.
  void Twist(AttemptResult& result) const;
  Fate FateOf(const AttemptId& attempt, const TaskSpec& task) const;

 private:
  struct File {
    DagSpec spec;
    int edition = 0;
    bool empty = false;
  };
  DagSpec MakeDag(size_t number);
  TaskSpec MakeTask(size_t number, bool past);
  void MakeTasks(DagSpec& dag);

  Context& context_;
  std::vector<File> files_;
  std::map<std::string, DagSpec> specs_;  // by bytes
};

}  // namespace gale::sim
