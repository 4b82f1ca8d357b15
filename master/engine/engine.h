// The engine's body: one thread that does what a Driver says to a Loop, with a bounded mailbox.
// Everything else posts to it.
//
// Alone on its ledger it leads from Start to Stop. With LeadershipOptions it is one of several: it
// follows (reads who leads, takes nothing) until it may lead, and follows again when it is deposed.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <thread>

#include "common/base/service.h"
#include "master/engine/driver.h"
#include "master/engine/ledger_loader.h"

namespace gale {

struct LeadershipOptions {
  // A leader without a beat for so long is deposed by whoever sees it.
  Duration lease = std::chrono::seconds(2);
  Duration poll = std::chrono::milliseconds(100);  // how often a follower looks
  Duration presence = std::chrono::seconds(2);     // how often `self` is written
  // While the ledger can't be reached nobody can take the lead, and workers must not lose what they
  // run: so long past its lease a leader goes on renewing theirs. A successor waits as long for
  // workers that it doesn't hear.
  Duration outage = std::chrono::seconds(30);
  bool may_lead = true;  // false: it follows for ever
  MasterRow self;
};

class Engine : public Service {
 public:
  static constexpr Duration kAuditInterval = std::chrono::seconds(60);

  // All must outlive it. Bell and `served`: as Loop's.
  Engine(Store& store, QueueBell& bell, TaskQueue* served, LoopOptions options,
         Clock& clock = Clock::Real(), std::optional<LeadershipOptions> leadership = std::nullopt);
  ~Engine() override;

  std::string_view name() const override { return "engine"; }
  // Returns when the engine leads, or (one of several) follows.
  Status Start() override;
  void Stop(MonoTime deadline) override;

  // Runs `task` on the engine's thread. From any thread; never blocks. False (and `task` is
  // dropped) if the mailbox is full or the engine has stopped.
  bool Post(std::function<void(Loop&)> task);

  // Runs `task` on the engine's thread and answers with what it returned once that is committed;
  // with UNAVAILABLE if the engine is overloaded, stopping, can't commit, or `timeout` is over (it
  // may have been done then). R is Status or a Result. Blocks: not for the engine's or an I/O
  // thread.
  template <class R>
  R Call(std::function<R(Loop&)> task, Duration timeout = std::chrono::seconds(15)) {
    auto promise = std::make_shared<std::promise<R>>();
    std::future<R> answer = promise->get_future();
    // The task alone holds the promise: dropped, it breaks it, and that is an answer.
    return Await(Post([task = std::move(task), promise = std::move(promise)](Loop& loop) {
                   AnswerWhenCommitted(loop, promise, task(loop));
                 }),
                 answer, timeout);
  }
  // The same for what is asked of runs of a DAG, which may have to be read first (Loop::WithRuns).
  template <class R>
  R CallOnRuns(const std::string& dag_id, const std::vector<std::string>& run_ids,
               std::function<R(Loop&)> task, Duration timeout = std::chrono::seconds(15)) {
    auto promise = std::make_shared<std::promise<R>>();
    std::future<R> answer = promise->get_future();
    Loop::Then then = [task = std::move(task), promise = std::move(promise)](Loop& loop,
                                                                             const Status& there) {
      AnswerWhenCommitted(loop, promise, there.ok() ? task(loop) : R(there));
    };
    return Await(
        Post([=, then = std::move(then)](Loop& loop) { loop.WithRuns(dag_id, run_ids, then); }),
        answer, timeout);
  }
  template <class R>
  R CallOnRun(const std::string& dag_id, const std::string& run_id, std::function<R(Loop&)> task,
              Duration timeout = std::chrono::seconds(15)) {
    return CallOnRuns<R>(dag_id, {run_id}, std::move(task), timeout);
  }

  bool leads() const { return standing_.leads(); }
  // In which epoch, for a fence; nullopt: it doesn't. Any thread.
  std::optional<Epoch> leads_in() const {
    const Epoch epoch = standing_.epoch();  // first: an old one fences too much, never too little
    return standing_.leads() ? std::optional(epoch) : std::nullopt;
  }
  // Why Post takes nothing.
  Status Refusal() const;
  // As last seen; the owner is empty, or ours, if it is us or nobody. Of one that is alone: empty.
  LeaderRow leader() const;
  // Whether a worker that is heard of now may be told that its lease is renewed. Any thread.
  bool MayRenewLeases() const { return standing_.MayRenewLeases(clock_.Mono()); }
  // Called from the engine's thread whenever it begins or ends to lead. Before Start; must not
  // block.
  void OnLeading(std::function<void(bool)> callback) { on_leading_ = std::move(callback); }

  // For health, from any thread: it leads and can commit / the ledger answered when last asked (by
  // a commit, a beat, or a look at who leads: ten times a second) / when its last turn ended.
  bool healthy() const { return healthy_; }
  bool reaches_ledger() const { return !ledger_away_ && (leadership_ || healthy_); }
  TimePoint last_turn() const { return TimePoint(Duration(last_turn_us_.load())); }

  // The auditor: how often memory was found to break an invariant (and was built anew from the
  // ledger), and what it was the last time.
  struct Audits {
    uint64_t done = 0, broken = 0;
    std::string last;
  };
  Audits audits() const;

  // Why the engine gave up for good (another master leads, a flush failed), or OK. Then it has
  // stopped.
  Status fatal() const;
  // Called once, from the engine's thread, when it gives up.
  void OnFatal(std::function<void(const Status&)> callback) { on_fatal_ = std::move(callback); }
  // What it and its mind count. From any thread.
  void Report(MetricSink& sink) const;
  // Loop's, for any thread: what was committed, and the DAG versions.
  Feed& feed() { return loop_.feed(); }
  Catalog& catalog() { return loop_.catalog(); }

 private:
  template <class R>
  static void AnswerWhenCommitted(Loop& loop, std::shared_ptr<std::promise<R>> promise, R answer) {
    auto result = std::make_shared<R>(std::move(answer));
    loop.OnCommitted([promise = std::move(promise), result](const Status& status) {
      promise->set_value(status.ok() ? std::move(*result) : R(status));
    });
  }
  template <class R>
  R Await(bool posted, std::future<R>& answer, Duration timeout) {
    if (!posted) return R(Refusal());
    if (answer.wait_for(timeout) != std::future_status::ready) {
      return R(Unavailable("no answer from the engine within {:.0f} s; it may still be done",
                           Seconds(timeout)));
    }
    try {
      return answer.get();
    } catch (const std::future_error&) {  // dropped with the mailbox
      return R(Unavailable("the engine is stopping, or leads no more; try again"));
    }
  }

  using Mail = std::vector<std::function<void(Loop&)>>;
  void Main();
  // False: it stops.
  bool Pause(const Driver::Step& step);
  Driver::Step Do(const Driver::Step& step);
  // Waits for mail or for the next wake, whichever is first.
  Mail Collect();
  Driver::Step Committed(const Status& status);
  Driver::Step Recover(const Status& why);
  // The second thread, with sync_later: Store::Sync runs beside the next turns.
  void SyncMain();
  void RequestSync();
  void Deliver(LedgerAnswer answer);
  // Every kAuditInterval: whoever is queued or runs has a slot, an owner, a lease (Loop::Audit).
  Status Audit();
  void GiveUp(const Status& status);

  // engine_leader.cc: one of several.
  // Looks who leads; leads if it may.
  Driver::Step Follow();
  Driver::Step Lead(const LeaderRow& seen);
  Result<Epoch> Claim(const LeaderRow& seen, MonoTime sent);
  void StepDown(const Status& why);
  // The third thread: beats while it leads, and says that this master lives.
  void BeatMain();
  void Beat();
  Status SayPresent();
  // Once when the ledger goes, and once when it is back.
  void TellLedger(const char* what, const Status& status);

  struct Metrics {
    Counter turns, events, refused, terms, commit_retries, refused_turns;
    DurationHistogram turn, commit, sync;
  };

  Clock& clock_;
  Metrics metrics_;
  Store& store_;
  const std::optional<LeadershipOptions> leadership_;
  const bool sync_later_;
  std::thread sync_thread_;
  std::condition_variable sync_wake_;
  uint64_t sync_wanted_ = 0;  // behind mutex_: the turn to be made durable
  Loop loop_;                 // touched by the thread only, once started, as these
  LedgerLoader loader_;       // what it needs to know from the ledger
  Standing standing_;
  Driver driver_;
  Driver::Step next_;
  Mail mail_;      // of the turn
  TimePoint now_;  // of the turn
  MonoTime mono_;
  MonoTime decided_;  // of the turn: its commit began
  bool over_ = false;
  std::thread thread_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void(Loop&)>> mailbox_;
  bool stopping_ = false;
  Audits audits_;  // behind mutex_
  MonoTime next_audit_{};
  Status fatal_;
  std::function<void(const Status&)> on_fatal_;
  std::function<void(bool)> on_leading_;
  std::atomic<bool> healthy_{false};
  std::atomic<int64_t> last_turn_us_{0};

  std::thread beat_thread_;
  std::condition_variable beat_wake_;
  LeaderRow leader_;  // behind mutex_
  std::atomic<bool> ledger_away_{false};
};

}  // namespace gale
