#include "master/engine/feed.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <unordered_map>

#include "common/base/limits.h"
#include "master/engine/feed_turn.h"

namespace gale {
namespace {

using Kind = FeedFilter::Kind;

// The run that a change is of; nullopt: of none.
std::optional<RunId> RunOf(const Change& change) {
  if (const auto* run = std::get_if<RunChanged>(&change)) return run->row.id;
  if (const auto* tasks = std::get_if<TasksChanged>(&change)) return tasks->run;
  return std::nullopt;
}

Kind KindOf(const Change& change) {
  static constexpr std::array kKinds = {Kind::kRuns,  Kind::kTasks, Kind::kDags,
                                        Kind::kFiles, Kind::kPools, Kind::kWorkers};
  static_assert(kKinds.size() == std::variant_size_v<Change>);
  return kKinds[change.index()];
}

const std::string* DagOf(const Change& change) {
  if (const auto* run = std::get_if<RunChanged>(&change)) return &run->row.dag_id;
  if (const auto* tasks = std::get_if<TasksChanged>(&change)) return &tasks->dag_id;
  if (const auto* dag = std::get_if<DagChanged>(&change)) return &dag->row.dag_id;
  return nullptr;
}

}  // namespace

std::string FeedCursor::ToString() const { return fmt::format("{}.{}", epoch, turn); }

Result<FeedCursor> FeedCursor::Parse(std::string_view text) {
  FeedCursor cursor;
  const char* const end = text.data() + text.size();
  auto [dot, bad_epoch] = std::from_chars(text.data(), end, cursor.epoch);
  if (bad_epoch == std::errc() && dot != end && *dot == '.') {
    auto [rest, bad_turn] = std::from_chars(dot + 1, end, cursor.turn);
    if (bad_turn == std::errc() && rest == end && cursor.epoch >= 0) return cursor;
  }
  return InvalidArgument("'{}' is no cursor: expected epoch.turn, as in 7.1234", text);
}

bool FeedFilter::Matches(const Change& change) const {
  if ((kinds & KindOf(change)) == 0) return false;
  if (!dag_id.empty()) {
    const std::string* dag = DagOf(change);
    if (dag == nullptr || *dag != dag_id) return false;
  }
  if (!run) return true;
  if (RunOf(change) != run) return false;
  const auto* tasks = std::get_if<TasksChanged>(&change);
  if (!task || tasks == nullptr || tasks->whole) return true;
  auto noted = [&](const TaskNote& note) { return note.task == *task; };
  return std::ranges::any_of(tasks->tasks,
                             [&](const TaskChange& t) { return t.row.task == *task; }) ||
         std::ranges::any_of(tasks->notes, noted);
}

struct FeedSubscription::Place {
  std::optional<uint64_t> from;  // the first turn of this epoch that it has not taken
  bool lost = false;             // to be told that it is too old
  std::set<AttemptId> logs;
  std::map<AttemptId, uint64_t> grown;
  std::condition_variable news;

  bool waits() const { return !from && !lost && grown.empty(); }
};

struct Feed::State {
  struct Kept {
    FeedTurnPtr turn;
    size_t bytes;
  };

  explicit State(Bounds b) : bounds(b) {}

  using Subscribers = std::vector<std::shared_ptr<FeedSubscription>>;
  // Behind the mutex. `change` has just made it have news.
  template <class Mark>
  void Tell(FeedSubscription& to, Subscribers& awake, Mark mark) {
    FeedSubscription::Place& place = *to.place_;
    const bool waited = place.waits();
    mark(place);
    if (!waited) return;
    place.news.notify_all();
    if (auto alive = to.weak_from_this().lock()) awake.push_back(std::move(alive));
  }
  void LoseAll(Subscribers& awake) {
    ring.clear();
    bytes = 0;
    for (FeedSubscription* to : all) {
      Tell(*to, awake, [](FeedSubscription::Place& place) {
        place.from.reset();
        place.lost = true;
        for (const AttemptId& log : place.logs) place.grown.try_emplace(log, 0);
      });
    }
  }
  void Offer(FeedSubscription& to, const FeedTurn& turn, Subscribers& awake) {
    if (to.place_->from) return;  // it is on its way
    auto matches = [&](const Change& change) { return to.filter_.Matches(change); };
    if (!std::ranges::any_of(turn.changes, matches)) return;
    Tell(to, awake, [&](FeedSubscription::Place& place) { place.from = turn.at.turn; });
  }
  // Under no lock: what is woken may take locks of its own.
  static void Wake(const Subscribers& awake) {
    for (const auto& to : awake) {
      if (to->wake_) to->wake_();
    }
  }

  // Behind the mutex: the number of the first turn that is kept, or would be.
  uint64_t first() const { return ring.empty() ? at.turn + 1 : ring.front().turn->at.turn; }

  const Bounds bounds;
  std::function<void()> watched_logs_changed;  // fixed before there are subscribers
  std::mutex mutex;                            // guards what follows
  FeedCursor at;
  std::deque<Kept> ring;  // without a gap, up to `at`
  size_t bytes = 0;
  bool closed = false;
  Stats stats;
  std::set<FeedSubscription*> all;
  std::set<FeedSubscription*> wide;  // of no single run
  std::unordered_multimap<RunId, FeedSubscription*> by_run;
  std::unordered_multimap<AttemptId, FeedSubscription*> by_log;
};

Feed::Feed()
    : Feed(Bounds{limits::kFeedTurnsMax, limits::kFeedBytesMax, limits::kFeedSubscribersMax}) {}
Feed::Feed(Bounds bounds) : state_(std::make_shared<State>(bounds)) {}
Feed::~Feed() { Close(); }

void Feed::Restart(FeedCursor at) {
  State::Subscribers awake;
  {
    std::lock_guard lock(state_->mutex);
    if (at.epoch < state_->at.epoch) return;
    state_->at = at;
    state_->LoseAll(awake);
  }
  State::Wake(awake);
}

void Feed::Publish(FeedTurnPtr turn) {
  const size_t bytes = BytesOf(*turn);
  State::Subscribers awake;
  {
    State& state = *state_;
    std::lock_guard lock(state.mutex);
    if (turn->at <= state.at) return;
    if (turn->at.epoch != state.at.epoch || turn->at.turn != state.at.turn + 1) {
      state.LoseAll(awake);
    }
    state.at = turn->at;
    ++state.stats.turns;
    if (!state.by_run.empty()) {
      for (const Change& change : turn->changes) {
        const auto run = RunOf(change);
        if (!run) continue;
        auto [begin, end] = state.by_run.equal_range(*run);
        for (auto it = begin; it != end; ++it) state.Offer(*it->second, *turn, awake);
      }
    }
    for (FeedSubscription* to : state.wide) state.Offer(*to, *turn, awake);
    state.ring.push_back({std::move(turn), bytes});
    state.bytes += bytes;
    while (!state.ring.empty() &&
           (state.ring.size() > state.bounds.turns_max || state.bytes > state.bounds.bytes_max)) {
      state.bytes -= state.ring.front().bytes;
      state.ring.pop_front();
    }
  }
  State::Wake(awake);
}

void Feed::OnLogGrew(const AttemptId& attempt, uint64_t size) {
  State::Subscribers awake;
  {
    std::lock_guard lock(state_->mutex);
    ++state_->stats.logs_grew;
    auto [begin, end] = state_->by_log.equal_range(attempt);
    for (auto it = begin; it != end; ++it) {
      state_->Tell(*it->second, awake, [&](FeedSubscription::Place& place) {
        uint64_t& known = place.grown[attempt];
        known = std::max(known, size);
      });
    }
  }
  State::Wake(awake);
}

void Feed::OnLogsUnknown() {
  for (const AttemptId& attempt : WatchedLogs()) OnLogGrew(attempt, 0);
}

FeedCursor Feed::at() const {
  std::lock_guard lock(state_->mutex);
  return state_->at;
}

Feed::Stats Feed::stats() const {
  std::lock_guard lock(state_->mutex);
  Stats stats = state_->stats;
  stats.subscribers = state_->all.size();
  stats.ring_turns = state_->ring.size();
  stats.ring_bytes = state_->bytes;
  return stats;
}

Result<std::shared_ptr<FeedSubscription>> Feed::Subscribe(FeedFilter filter,
                                                          std::optional<FeedCursor> after,
                                                          std::function<void()> wake) {
  std::shared_ptr<FeedSubscription> made(
      new FeedSubscription(state_, std::move(filter), std::move(wake)));
  std::lock_guard lock(state_->mutex);
  if (state_->all.size() >= state_->bounds.subscribers_max) {
    return ResourceExhausted(
        "{} follow what is committed already, at most {} can (kFeedSubscribersMax)",
        state_->all.size(), state_->bounds.subscribers_max);
  }
  FeedSubscription::Place& place = *made->place_;
  if (after && *after != state_->at) {
    const bool known = after->epoch == state_->at.epoch && after->turn < state_->at.turn &&
                       after->turn + 1 >= state_->first();
    if (known) {
      place.from = after->turn + 1;
    } else {
      place.lost = true;
    }
  }
  state_->all.insert(made.get());
  if (made->filter_.run) {
    state_->by_run.emplace(*made->filter_.run, made.get());
  } else if (made->filter_.kinds != FeedFilter::kNone) {
    state_->wide.insert(made.get());
  }
  return made;
}

std::vector<AttemptId> Feed::WatchedLogs() const {
  std::lock_guard lock(state_->mutex);
  std::set<AttemptId> logs;
  for (const auto& [attempt, to] : state_->by_log) logs.insert(attempt);
  return {logs.begin(), logs.end()};
}

void Feed::OnWatchedLogs(std::function<void()> changed) {
  state_->watched_logs_changed = std::move(changed);
}

void Feed::Close() {
  std::lock_guard lock(state_->mutex);
  state_->closed = true;
  for (FeedSubscription* to : state_->all) to->place_->news.notify_all();
}

FeedSubscription::FeedSubscription(std::shared_ptr<Feed::State> state, FeedFilter filter,
                                   std::function<void()> wake)
    : state_(std::move(state)),
      filter_(std::move(filter)),
      wake_(std::move(wake)),
      place_(std::make_unique<Place>()) {}

namespace {

template <class Map, class Key>
void EraseOne(Map& map, const Key& key, const FeedSubscription* value) {
  auto [begin, end] = map.equal_range(key);
  for (auto it = begin; it != end; ++it) {
    if (it->second != value) continue;
    map.erase(it);
    return;
  }
}

}  // namespace

FeedSubscription::~FeedSubscription() {
  bool watched = false;
  {
    std::lock_guard lock(state_->mutex);
    state_->all.erase(this);
    state_->wide.erase(this);
    if (filter_.run) EraseOne(state_->by_run, *filter_.run, this);
    for (const AttemptId& log : place_->logs) EraseOne(state_->by_log, log, this);
    watched = !place_->logs.empty();
  }
  if (watched && state_->watched_logs_changed) state_->watched_logs_changed();
}

FeedSubscription::News FeedSubscription::Take(size_t turns_max, std::optional<FeedCursor> up_to) {
  News news;
  {
    std::lock_guard lock(state_->mutex);
    news.at = state_->at;
    const auto& ring = state_->ring;
    const uint64_t first = state_->first();
    news.too_old = std::exchange(place_->lost, false);
    if (place_->from && *place_->from < first) {
      news.too_old = true;
      place_->from = first;
    }
    if (place_->from) {
      const size_t begin = *place_->from - first;
      size_t there = ring.size();
      if (up_to && up_to->epoch == state_->at.epoch) {
        const uint64_t wanted = std::max(*place_->from, up_to->turn + 1) - first;
        there = std::min<uint64_t>(there, wanted);
      }
      const size_t end = std::min(there, begin + std::max<size_t>(turns_max, 1));
      for (size_t i = begin; i < end; ++i) news.turns.push_back(ring[i].turn);
      if (end < ring.size()) {
        news.more = end < there;
        place_->from = first + end;
        news.at.turn = first + end - 1;
      } else {
        place_->from.reset();
      }
    }
    for (const auto& [attempt, size] : place_->grown) news.logs.push_back({attempt, size});
    place_->grown.clear();
    if (news.too_old) ++state_->stats.too_old;
  }
  std::erase_if(news.turns, [&](const FeedTurnPtr& turn) {
    return std::ranges::none_of(turn->changes,
                                [&](const Change& change) { return filter_.Matches(change); });
  });
  return news;
}

bool FeedSubscription::Skip(FeedCursor to) {
  std::lock_guard lock(state_->mutex);
  if (to.epoch != state_->at.epoch || place_->lost || !place_->grown.empty()) return false;
  if (!place_->from) return true;
  if (*place_->from < state_->first()) return false;
  if (to.turn >= state_->at.turn) {
    place_->from.reset();
  } else {
    place_->from = std::max(*place_->from, to.turn + 1);
  }
  return true;
}

bool FeedSubscription::has_news() const {
  std::lock_guard lock(state_->mutex);
  return !place_->waits();
}

bool FeedSubscription::WaitUntil(MonoTime deadline) {
  std::unique_lock lock(state_->mutex);
  place_->news.wait_for(lock, deadline - Clock::Real().Mono(),
                        [&] { return state_->closed || !place_->waits(); });
  return !place_->waits();
}

Status FeedSubscription::WatchLog(const AttemptId& attempt) {
  {
    std::lock_guard lock(state_->mutex);
    if (place_->logs.contains(attempt)) return OkStatus();
    if (place_->logs.size() >= limits::kFeedLogsMax) {
      return ResourceExhausted("{} logs are followed already, at most {} can be (kFeedLogsMax)",
                               place_->logs.size(), limits::kFeedLogsMax);
    }
    place_->logs.insert(attempt);
    state_->by_log.emplace(attempt, this);
  }
  if (state_->watched_logs_changed) state_->watched_logs_changed();
  return OkStatus();
}

void FeedSubscription::UnwatchLog(const AttemptId& attempt) {
  {
    std::lock_guard lock(state_->mutex);
    if (place_->logs.erase(attempt) == 0) return;
    place_->grown.erase(attempt);
    EraseOne(state_->by_log, attempt, this);
  }
  if (state_->watched_logs_changed) state_->watched_logs_changed();
}

}  // namespace gale
