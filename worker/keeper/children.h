// The keeper's families: starts, reaps, times, kills and fences them, and remembers exits. One
// thread; nothing blocks. The loop around it (keeper.cc) brings messages, SIGCHLD and time.
//
//   starting (a fork is asked for) --it says that it is here--> running
//   running --leader ends, nothing left--------------------------------------> exited
//      |  \--leader ends, others left: TERM--> terminating --grace--> killing --> exited
//      |--Kill, timeout: TERM-----------------------^                   ^
//      \--fence, forced shutdown: KILL----------------------------------/
// While others have the output open it goes on running without its leader, as a reader of a pipe
// would see it: a shell's background jobs are its output's, too. The leader's status counts; one
// that was killed takes all of them with it.
// An exit is told only when nothing of the family lives, so that a next try never overlaps this
// one.
#pragma once

#include <sys/resource.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "worker/keeper/oom.h"
#include "worker/keeper/proc.h"
#include "worker/keeper/records.h"
#include "worker/keeper/templates.h"
#include "worker/keeper/work_folders.h"

namespace gale::keeper {

class Children {
 public:
  static constexpr size_t kRunningMax = 10'000;
  static constexpr size_t kUntakenMax = 100'000;
  // For what a process leaves behind when it ends by itself.
  static constexpr Duration kLeftoverGrace = std::chrono::seconds(2);
  static constexpr Duration kSweepFirst = std::chrono::milliseconds(20);  // KILL again, ever slower
  static constexpr Duration kSweepMax = std::chrono::seconds(1);
  // Who has an output open is looked up at most so often: a job may open and close it in a loop.
  static constexpr Duration kOutputLookEvery = std::chrono::milliseconds(20);
  // After the output was closed, for what then ends by itself.
  static constexpr Duration kOutputSettle = std::chrono::milliseconds(100);

  // Started, StartFailed and Exited go to `tell`.
  Children(Records records, std::function<void(const Message&)> tell);
  ~Children();
  Children(const Children&) = delete;
  Children& operator=(const Children&) = delete;

  // The exits that a predecessor left; removes its temporary directories.
  Status Load();

  void Spawn(SpawnRequest&& request);
  void Kill(const std::string& key, const std::string& reason);
  void Take(const std::string& key);
  void SetFence(int64_t boot_us) { fence_boot_us_ = boot_us, fenced_ = false; }
  // KILLs everything and starts nothing any more.
  void KillAll();
  void List(uint32_t id, const std::function<void(const Message&)>& tell);

  // After a SIGCHLD. And before anything that goes by what lives: a SIGCHLD, a message, a signal and
  // a time that is up come in any order, and what has ended must not be killed, fenced, timed out or
  // counted as running.
  void Reap();
  // Readable when an output was closed that was waited for; -1: the kernel has none for us.
  int output_fd() const { return output_fd_; }
  void OnOutputClosed();
  // Does what is due at `now`.
  void OnTime(int64_t now_boot_us);
  // When OnTime is to be called next; INT64_MAX: never.
  int64_t next_boot_us() const;

  // Readable when OnForks has something to do.
  int forks_fd() const { return templates_.fd(); }
  void OnForks() { templates_.OnReady(); }

  size_t running() const { return children_.size() + starting_.size(); }
  bool fence_ahead() const { return !fenced_ && fence_boot_us_ != INT64_MAX; }

 private:
  enum class Phase { kRunning, kTerminating, kKilling };
  struct Child {
    int id = 0;
    RunningRecord record;
    SpawnRequest request;  // without argv and env: they were for the start
    Phase phase = Phase::kRunning;
    bool leader_ended = false;
    bool lingers = false;         // it runs without its leader: others have its output open
    bool watched = false;         // the end of that is told by output_fd_
    int64_t settled_boot_us = 0;  // when what is left without an output is ended; 0: none was
    dev_t log_device = 0;
    ino_t log_inode = 0;      // 0: its output is no file
    std::string work_folder;  // of folders_; empty: it has its own
    Exited exit;
    Duration sweep = kSweepFirst;
    std::multimap<int64_t, int>::iterator timer;  // into timers_; end: none
  };
  using OwnedChild = std::unique_ptr<Child>;
  struct Starting {
    OwnedChild child;
    File log;
  };

  Status CheckOpen() const;
  Status CheckRoom() const;
  Status Prepare(Starting& start);
  void FailStart(const std::string& key, const Status& why);
  Result<File> OpenLogOf(const std::string& key);
  void StartFresh(const std::string& key, const std::string& why);
  bool Forked(const std::string& key, pid_t pid);
  void Begin(OwnedChild child);
  void NeverRan(const std::string& key, bool Exited::*by, const std::string& reason);
  void NoneStarts(bool Exited::*by, const std::string& reason);
  void Arm(Child& child, Duration from_now);
  void Disarm(Child& child);
  void OnTimer(Child& child);
  void Terminate(Child& child, Duration grace);
  void KillNow(const std::vector<Child*>& children);
  void Signal(const std::vector<Child*>& children, int signal);
  void LeaderEnded(Child& child, int wait_status, const rusage& usage);
  void ExplainUnexpectedKill(Child& child);
  void FinishEnded(bool output_closed);
  void LookWhoIsLeft(Child& child);
  std::unordered_map<int, std::vector<pid_t>> LivingFamilies();
  std::unordered_set<int> IdsWithOrphans();
  int OrphanOwner(const Process& orphan);
  int IdOfKey(const std::string& key) const;
  void Finish(Child& child);
  void Discard(const std::string& dir, const std::string& name);

  Records records_;
  WorkFolders folders_;
  std::function<void(const Message&)> tell_;
  const bool reset_oom_score_;
  Templates templates_;
  OomWatch oom_;
  File null_;
  int output_fd_ = -1;  // inotify
  int64_t looked_boot_us_ = 0;
  int64_t look_at_boot_us_ = INT64_MAX;  // an output was closed; look when it is time

  int last_id_ = 0;
  std::unordered_map<int, OwnedChild> children_;  // by id
  std::map<std::string, Starting> starting_;      // by key; they have no process yet
  std::unordered_map<std::string, int> ids_by_key_;
  std::unordered_map<pid_t, int> ids_by_leader_;   // leaders not yet reaped
  std::unordered_map<pid_t, int> ids_by_session_;  // of all children
  std::unordered_set<int> ended_;                  // leader gone, family perhaps not
  std::unordered_map<pid_t, int> orphan_owners_;  // direct children that are no leaders; -1: whose?
  std::unordered_set<pid_t> helpers_;             // our own `rm`s
  std::map<std::string, Exited> untaken_;
  std::multimap<int64_t, int> timers_;  // boot_us -> id

  int64_t fence_boot_us_ = INT64_MAX;
  bool fenced_ = false;  // that fence was passed, and everything killed
  bool closing_ = false;
};

}  // namespace gale::keeper
