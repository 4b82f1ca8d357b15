// A simulated master process: one Loop over a ledger whose commits may fail, that may die at any point
// of a turn and be started again from the ledger. What it does next is what its Driver says, as
// Engine's threads do.
//
// It may be stopped and go on later (SIGSTOP): time passes, what was meant to happen meanwhile
// happens when it wakes, and what it was about to send leaves then.
#pragma once

#include <memory>
#include <vector>

#include "master/engine/driver.h"
#include "tests/simulation/host.h"
#include "tests/simulation/ledger.h"

namespace gale::sim {

class Master : public MasterPort {
 public:
  Master(Context& context, const Scenario& scenario, Checkers& checkers, Network& network,
         WatchedStore& store, MemoryQueue& queue, std::vector<std::unique_ptr<Host>>& hosts,
         size_t number);

  void Start();
  void Crash(Duration away);
  // Stops in peace: hands the lead back.
  void Leave(Duration away);
  // After so many more messages have left it.
  void CrashMidRelease(int messages) { sends_left_ = messages; }
  void PlanFault(CommitFault fault) { store_.plan = fault; }
  // Its next flush: for good.
  void PlanFlushFault() { store_.flush_fails = true; }
  void Pause(Duration lasts);
  // Between its next commit and what that releases.
  void PauseInTurn(Duration lasts);
  void Wake();
  // Cuts may overlap: the last to end heals it.
  void CutLedger(LedgerCut cut, Duration lasts);
  void HealLedger();
  void CutTakeoverShort() { store_.cut_short = true; }
  void StopFaults();

  size_t number() const { return number_; }
  bool up() const { return loop_ != nullptr; }
  bool leads() const { return up() && standing_->leads(); }
  // It leads, and so says the ledger.
  bool leads_really() const { return leads() && loop_->epoch() == checkers_.epoch(); }
  // ...and what it is asked now, it will get to: it doesn't wait for its chance to step down.
  bool goes_on_leading() const { return leads_really() && standing_->Check(context_.now()).ok(); }
  // Nothing lives in memory.
  bool idle() const {
    return leads() && collecting_ && mail_.empty() && !loop_->reads() &&
           loop_->scheduler().runs().empty();
  }
  MemoryQueue& queue() const { return queue_; }
  std::string Describe() const;
  // Somebody asks something of it. Lost if it is down or doesn't lead.
  void Post(std::function<void(Loop&)> what);

  uint64_t life() const override { return up() ? life_ : 0; }
  WorkerLinkPtr LinkOf(const StreamPtr& stream) override;
  void StreamEnded(const StreamPtr& stream, Duration delay) override;
  void Deliver(const StreamPtr& stream,
               std::function<void(Loop&, const WorkerLinkPtr&)> what) override;
  void Heartbeat(const StreamPtr& stream, uint64_t sequence) override;

 private:
  class Link;
  bool cluster() const { return scenario_.masters > 1; }
  // Later in this process's life; when it wakes, if it sleeps then.
  template <class F>
  void After(Duration delay, F what);
  void Forget();
  // The step, after its pause, and all that follow at once.
  void Go(Driver::Step step);
  void Do(Driver::Step step);
  // nullopt: it comes later, or not at all.
  std::optional<Driver::Step> DoOne(const Driver::Step& step);
  std::optional<Driver::Step> Take();
  std::optional<Driver::Step> AfterCommit(const Status& status);
  std::optional<Driver::Step> Recover(const Status& why);
  void Collect();
  void PlanTurn(Duration delay);
  void PlanWake();
  void FlushLater();
  void ReadLater();

  // master_lead.cc
  Driver::Step Follow();
  void Lead(const LeaderRow& seen);
  void Disturb();
  void PlanBeat(Duration delay);
  void Beat();
  Driver::Step StepDown(const Status& why);
  // Whether one more message leaves.
  bool MaySend();

  Context& context_;
  const Scenario& scenario_;
  Checkers& checkers_;
  Network& network_;
  WatchedStore& store_;
  MemoryQueue& queue_;
  std::vector<std::unique_ptr<Host>>& hosts_;
  const size_t number_;
  const std::string instance_;
  std::unique_ptr<Loop> loop_;
  uint64_t life_ = 0;
  std::unique_ptr<Standing> standing_;
  std::unique_ptr<Driver> driver_;
  bool collecting_ = false;  // it waits for mail
  bool turn_planned_ = false;
  bool flushing_ = false;
  int sends_left_ = -1;  // negative: as many as it likes
  std::optional<MonoTime> wake_planned_;
  std::vector<std::function<void(Loop&)>> mail_;
  std::vector<std::function<void(Loop&)>> turn_mail_;
  Driver::Step turn_{};  // the last kTurn
  TimePoint turn_wall_;
  MonoTime turn_mono_;
  std::map<uint64_t, WorkerLinkPtr> links_;  // by stream
  std::set<AttemptId> ever_granted_;

  bool paused_ = false;
  uint64_t pauses_ = 0;
  std::vector<std::function<void()>> asleep_;        // due while it slept
  std::vector<std::function<void()>> asleep_mail_;   // came, in this order
  std::vector<std::function<void()>> asleep_sends_;  // was to leave, in this order
  uint64_t terms_ = 0;
  MonoTime cut_until_;
  MonoTime looked_;  // the last read of the leader's row
};

template <class F>
void Master::After(Duration delay, F what) {
  context_.agenda.In(delay, [this, life = life_, what = std::move(what)] {
    if (life != life_) return;
    if (paused_) return asleep_.push_back(what);
    what();
  });
}

}  // namespace gale::sim
