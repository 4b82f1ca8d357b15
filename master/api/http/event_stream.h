// What pages watch, as server-sent events: the feed's turns, put together to what a person can see.
//
//   hello       where it begins, once
//   turn        what changed since the event before, each row in its last state, at most one in
//               kPause; the first news at once
//   read_again  something may be missing: what is watched is to be read again
//   log         a log that is watched grew
//   time        the server's, every kTimeEvery
//
// An event's id is the feed's position that all up to it was told of; a stream that is begun with it
// goes on from there. A stream ends by itself after kLifeMax, or with its token, whichever comes
// first: who resumes it is asked for his rights anew.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "master/api/control.h"
#include "master/api/http/stream.h"
#include "master/api/http/turn_texts.h"
#include "master/api/http/watch.h"

namespace gale::http {

class EventStream : public Source {
 public:
  static constexpr Duration kPause = std::chrono::milliseconds(100);
  static constexpr Duration kTimeEvery = std::chrono::seconds(5);
  static constexpr Duration kLifeMax = std::chrono::minutes(15);

  struct Options {
    std::vector<Watch> watches;
    std::optional<FeedCursor> after;  // nullopt: from now on
    TimePoint expires;                // of the token
  };
  // Looks up what is watched: may block. NOT_FOUND: no such run or task; RESOURCE_EXHAUSTED: too
  // many follow the feed. `control` and `clock` must outlive it.
  static Result<std::shared_ptr<EventStream>> Open(Control& control,
                                                   std::shared_ptr<TurnTexts> texts,
                                                   Options options, Clock& clock = Clock::Real());

  void OnWake(std::function<void()> wake) override;
  Piece Take() override;

 private:
  // The log of a try, which is the logs of its starts, one after the other.
  struct Log {
    Watch watch;
    AttemptId attempt;    // its latest start; try_number 0: none yet
    uint64_t before = 0;  // bytes of its starts before that
    bool sure = true;     // that `before` is right
    uint64_t size = 0;    // as it was told last; 0: unknown
    bool over = false;    // there won't be another start
    bool grew = false;    // not told yet
  };
  // Whom the feed wakes; it may do so when the stream is gone.
  struct Waker {
    std::mutex mutex;  // guards what follows
    std::function<void()> wake;
  };

  EventStream(Control& control, std::shared_ptr<TurnTexts> texts, Clock& clock);
  Status Subscribe(const std::vector<Watch>& watches, std::optional<FeedCursor> after);
  Result<FeedFilter> FilterOf(const Watch& watch);
  Status WatchLog(const Watch& watch);
  // False: there was none.
  bool TakeNews(MonoTime now, std::string& out);
  // As others are told it that watch the same; false: that can't be, or nobody was yet.
  bool TakeAsOthers(FeedCursor to, std::string& out);
  // The changes of `turns`, comma-separated; nullptr: too many to tell.
  TurnTexts::Text TextOf(const std::vector<FeedTurnPtr>& turns) const;
  void AppendTurn(const std::string& changes, std::string& out) const;
  void FollowStarts(const FeedTurn& turn);
  void FollowStarts(const TasksChanged& change);
  void AppendLogs(std::string& out);
  void AppendEvent(std::string_view name, std::string_view data, std::string& out) const;
  std::string Now() const;

  Control& control_;
  const std::shared_ptr<TurnTexts> texts_;
  Clock& clock_;
  const std::shared_ptr<Waker> waker_ = std::make_shared<Waker>();
  std::shared_ptr<FeedSubscription> feed_;
  std::vector<FeedFilter> told_;  // what turns tell: any of them
  std::string watched_;           // the same as a text
  std::vector<Log> logs_;
  FeedCursor at_;
  bool greeted_ = false, blind_ = false;  // blind: logs' starts may have been missed
  MonoTime next_news_, next_time_, ends_;
};

}  // namespace gale::http
