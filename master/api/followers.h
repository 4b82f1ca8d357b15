// Who follows a run or a log: standing on the feed, so that nothing is read while nothing happens.
// Whoever drives one (a gRPC stream, later a page's) calls it after each `wake`, from one thread at
// a time that may block. Works on a master that follows too.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "master/api/control.h"

namespace gale {

// A run's states, oldest first, never an older one after a newer.
class RunFollower {
 public:
  struct News {
    RunRow row;
    std::optional<StateCounts> counts;  // of its task instances; nullopt: not known yet
  };

  // `control` must outlive it; `wake`: Feed::Subscribe's.
  RunFollower(Control& control, std::string dag_id, std::string run_id, std::function<void()> wake)
      : control_(control),
        dag_id_(std::move(dag_id)),
        run_id_(std::move(run_id)),
        wake_(std::move(wake)) {}

  // The first call: the run as it is. Then: each state that it had since the last one; the last of
  // them has the latest counts, too. Empty: nothing, wait for `wake`. NOT_FOUND.
  Result<std::vector<News>> Take();
  bool ended() const { return known_ && IsFinished(known_->state); }
  // After a Take: take again, `wake` isn't called for it.
  bool more() const { return more_; }
  // From any thread, after the first Take.
  bool has_news() const { return feed_ && feed_->has_news(); }

 private:
  Status Begin(std::vector<News>& news);
  // What the ledger says now, after something may have been missed.
  Status ReadAgain(std::vector<News>& news);
  void Note(RunRow row, std::vector<News>& news);

  Control& control_;
  const std::string dag_id_, run_id_;
  const std::function<void()> wake_;
  std::shared_ptr<FeedSubscription> feed_;
  std::optional<RunRow> known_;
  std::optional<StateCounts> counts_;
  bool more_ = false;
};

// An attempt's output, as it grows, until all of it is there.
class LogFollower {
 public:
  // For how long the rest of an attempt that has ended is waited for. It comes, unless its worker
  // is gone: from one that lost its leader and is busy later than from another.
  static constexpr Duration kTailWait = std::chrono::seconds(30);

  // query.try_number 0: the try that is the latest when there is one; a retry is another log.
  LogFollower(Control& control, LogQuery query, std::function<void()> wake,
              Duration tail_wait = kTailWait)
      : control_(control),
        query_(std::move(query)),
        wake_(std::move(wake)),
        tail_wait_(tail_wait) {}

  // What there is after the last page. No data, and not complete: wait for `wake`, or until
  // look_again(). NOT_FOUND: no such run, task or try.
  Result<LogPage> Take();
  // When Take has something to say though nothing is told: all that an attempt wrote is waited for
  // only so long.
  std::optional<MonoTime> look_again() const { return tail_until_; }
  bool more() const { return more_; }
  bool has_news() const { return feed_ && feed_->has_news(); }

 private:
  Status LookAtTask();

  Control& control_;
  LogQuery query_;
  const std::function<void()> wake_;
  const Duration tail_wait_;
  std::shared_ptr<FeedSubscription> feed_;
  std::optional<RunId> run_;
  std::optional<AttemptId> attempt_;
  Control::LogEnd end_;
  std::optional<MonoTime> tail_until_;
  bool more_ = false;
};

}  // namespace gale
