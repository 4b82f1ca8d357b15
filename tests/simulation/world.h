// One world under a seed: what it is made of, and what happens to it.
#pragma once

#include "tests/simulation/master.h"
#include "tests/simulation/simulation.h"

namespace gale::sim {

inline const Actor kSomebody{"somebody", "cli"};

class World {
 public:
  World(uint64_t seed, bool trace);
  ~World() { context_.agenda.Clear(); }
  Report Run();

 private:
  void Open();
  void Chaos();
  void BreakSomething();
  void AskSomething();
  void ChangeSomething();
  void StopFaults();
  void RunUntilQuiet();
  bool Quiet();
  void HelpThePast();

  // The masters that believe to lead: where people's requests arrive.
  void Ask(std::function<void(Loop&)> what);
  // Of a run that may have to be read first.
  void AskOfRun(const std::string& dag_id, const std::string& run_id,
                std::function<void(Loop&)> what);
  // The one that leads, and is not stopped, cut off or about to be deposed; nullptr: nobody yet.
  Master* Leader();
  void RepairEverything();

  // Faults.

  void MasterFault();
  void ClusterFault();
  void CutLedger();
  void HalfReachable(Host& host);
  Duration SomeTime();
  void LoseConnection(Host& host);
  void Partition(Host& host);
  void StaleEntry();
  void BringGuilt();
  // People.

  void Trigger();
  void Clear();
  void MarkTasks();
  void MarkRun();
  void SetPool(bool as_it_was);
  void SetDrained(const Host& host, bool drained);
  void ReportFile(size_t file);

  template <class T>
  const T& Any(const std::vector<T>& of) {
    return of[dice_.Below(of.size())];
  }
  Host& AnyHost() { return *Any(hosts_); }
  Master& LeaderOrAny();
  Master& AnyMaster() { return *Any(masters_); }
  // A run that was ever committed; nullptr if there is none.
  const RunRow* AnyRun();
  std::vector<std::string> AnyTasks(const std::string& dag_id);

  Context context_;
  Dice& dice_;
  Dice guilt_;  // of its own: the other dice decide what they always did
  Scenario scenario_;
  std::unique_ptr<Store> store_;
  Ledger ledger_;
  Checkers checkers_;
  WatchedQueue queue_;  // that workers pop
  Network network_;
  std::vector<std::unique_ptr<Host>> hosts_;
  std::vector<std::unique_ptr<WatchedStore>> stores_;
  std::vector<std::unique_ptr<WatchedQueue>> queues_;  // in each master's memory
  std::vector<std::unique_ptr<Master>> masters_;
  size_t steps_left_;
  MonoTime faults_stopped_;
  MonoTime helped_at_;
  int helped_ = 0;
  bool repaired_ = false;
};

}  // namespace gale::sim
