// What was committed, turn by turn, as data: what pages, watchers and other masters follow instead
// of asking the ledger again and again. And, beside it, which logs grew: appends are no commits.
//
// The leader's Loop publishes each turn once it is committed (and, with sync_later, flushed); a
// master that follows publishes what the leader's feed told it (master/api/feed_relay.h). The last
// turns stay in a ring that is bounded by their number and their bytes. A subscriber has no queue
// of its own, only a place in the ring: one that is slow costs nothing, and is told so once the ring
// has moved past it. Then, and whenever something may have been missed (another master leads, the
// leader began anew from the ledger), the answer is "too old": what is watched is to be read again,
// and what is committed from then on follows.
//
// Thread-safe. Publish never waits for a subscriber.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "master/engine/standing_info.h"
#include "master/store/rows.h"

namespace gale {

// A committed turn: the leader's term, and its number in that, from 1. 0: before the first.
struct FeedCursor {
  int64_t epoch = 0;
  uint64_t turn = 0;

  friend auto operator<=>(const FeedCursor&, const FeedCursor&) = default;
  // "7.1234".
  std::string ToString() const;
  static Result<FeedCursor> Parse(std::string_view text);
};

// How many of a run's task instances are in each state.
using StateCounts = std::array<uint32_t, kTiStates>;

// Rows are as they were committed.

struct RunChanged {
  RunRow row;  // without its conf, which never changes
  std::optional<StateCounts> counts;
};
struct TaskChange {
  std::string task_id;
  TiRow row;
};
// Somebody wrote it, or (empty) took it away.
struct TaskNote {
  std::string task_id;
  TaskIndex task;
  int32_t map_index = kUnmapped;
  std::string note;
};
struct TasksChanged {
  RunId run;
  std::string dag_id;
  std::string run_id;
  std::vector<TaskChange> tasks;
  bool whole = false;  // too many to name: any of the run's may have changed
  std::optional<StateCounts> counts;
  std::vector<TaskNote> notes = {};
};
struct DagChanged {
  DagRow row;
};
struct FileChanged {
  std::string fileloc;
  bool has_error = false;  // an import error was written; else it is gone
};
struct PoolChanged {
  PoolRow row;
  bool gone = false;
};
struct WorkerChanged {
  WorkerRow row;
  bool gone = false;
  std::optional<WorkerLoad> load = {};  // it said so since
};
using Change =
    std::variant<RunChanged, TasksChanged, DagChanged, FileChanged, PoolChanged, WorkerChanged>;

// Never changed once published.
struct FeedTurn {
  FeedCursor at;
  std::vector<Change> changes;
};
using FeedTurnPtr = std::shared_ptr<const FeedTurn>;

struct FeedFilter {
  enum Kind : uint32_t {
    kRuns = 1,
    kTasks = 2,
    kDags = 4,
    kFiles = 8,
    kPools = 16,
    kWorkers = 32,
    kAll = 63,
    kNone = 0,
  };
  uint32_t kinds = kAll;
  std::string dag_id = {};  // of this DAG: the DAG itself, its runs, their tasks; empty: any
  std::optional<RunId> run = std::nullopt;       // of this run: itself and its tasks
  std::optional<TaskIndex> task = std::nullopt;  // of this task, in all its instances

  bool Matches(const Change& change) const;
};

struct LogGrew {
  AttemptId attempt;
  uint64_t size = 0;  // of the file now; 0: unknown, look
};

class FeedSubscription;

class Feed {
 public:
  struct Bounds {
    size_t turns_max;
    size_t bytes_max;
    size_t subscribers_max;
  };
  struct Stats {
    uint64_t turns = 0;    // published
    uint64_t too_old = 0;  // times that a subscriber was told so
    uint64_t logs_grew = 0;
    size_t subscribers = 0;
    size_t ring_turns = 0, ring_bytes = 0;
  };

  Feed();  // with the bounds of limits.h
  explicit Feed(Bounds bounds);
  ~Feed();
  Feed(const Feed&) = delete;
  Feed& operator=(const Feed&) = delete;

  // Publishers: one at a time.

  // What was known so far may lack something; turns that follow begin after `at`. Every subscriber
  // is told. Ignored if `at` is of an epoch before the current one: another master leads since.
  void Restart(FeedCursor at);
  // The next turn. One of an epoch before, or that is known already, is ignored; one that leaves a
  // gap restarts the feed before it.
  void Publish(FeedTurnPtr turn);
  // The log of `attempt` has `size` bytes now; 0: perhaps.
  void OnLogGrew(const AttemptId& attempt, uint64_t size);
  // Any log may have grown.
  void OnLogsUnknown();

  // The last turn that was published.
  FeedCursor at() const;
  Stats stats() const;

  // What `filter` lets through after `after`; nullopt: from now on. `wake` is called once when there
  // is news, and not again until all of it was taken: on the publisher's thread (the engine's, for
  // the leader), so it must not block, nor call the subscription. It may be called once more while
  // the subscription is let go of: what it captures lives by itself. RESOURCE_EXHAUSTED.
  Result<std::shared_ptr<FeedSubscription>> Subscribe(FeedFilter filter,
                                                      std::optional<FeedCursor> after,
                                                      std::function<void()> wake);

  // The logs that somebody watches. `changed` is called, under no lock, when that changes. Set
  // before there are subscribers.
  std::vector<AttemptId> WatchedLogs() const;
  void OnWatchedLogs(std::function<void()> changed);

  // Nobody waits any more: WaitUntil returns at once.
  void Close();

 private:
  friend class FeedSubscription;
  struct State;
  std::shared_ptr<State> state_;  // shared with the subscriptions, which may outlive the feed
};

// Held by who follows; letting go of it ends it. Thread-safe, but for one taker at a time.
class FeedSubscription : public std::enable_shared_from_this<FeedSubscription> {
 public:
  struct News {
    FeedCursor at;         // all up to here is known
    bool too_old = false;  // read again what is watched: something may be missing before `turns`
    std::vector<FeedTurnPtr> turns;  // with something that matches, oldest first
    std::vector<LogGrew> logs;
    bool more = false;  // take again: `wake` is not called for it

    bool empty() const { return !too_old && !more && turns.empty() && logs.empty(); }
  };

  ~FeedSubscription();
  FeedSubscription(const FeedSubscription&) = delete;
  FeedSubscription& operator=(const FeedSubscription&) = delete;

  const FeedFilter& filter() const { return filter_; }
  // What came since the last time, at most `turns_max` turns of it, and none after `up_to`, if that
  // is of this epoch. Of what it leaves out for `up_to`, `more` says nothing: has_news does.
  News Take(size_t turns_max = 256, std::optional<FeedCursor> up_to = std::nullopt);
  // What came up to `to` is known to the taker from elsewhere. False, and nothing is skipped: Take
  // has more to say than turns.
  bool Skip(FeedCursor to);
  bool has_news() const;
  // Until there is news, the feed is closed, or `deadline`. True: there is news.
  bool WaitUntil(MonoTime deadline);

  // Its growth is told from now on. RESOURCE_EXHAUSTED beyond limits::kFeedLogsMax.
  Status WatchLog(const AttemptId& attempt);
  void UnwatchLog(const AttemptId& attempt);

 private:
  friend class Feed;
  struct Place;  // what State keeps of it, behind its mutex
  FeedSubscription(std::shared_ptr<Feed::State> state, FeedFilter filter,
                   std::function<void()> wake);

  const std::shared_ptr<Feed::State> state_;
  const FeedFilter filter_;
  const std::function<void()> wake_;
  std::unique_ptr<Place> place_;
};

}  // namespace gale
