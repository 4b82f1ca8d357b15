#include "master/api/followers.h"

#include <algorithm>

namespace gale {
namespace {

// How far a run has come, of two that are of the same clear_number.
int RankOf(RunState state) {
  switch (state) {
    case RunState::kQueued: return 0;
    case RunState::kRunning: return 1;
    case RunState::kSuccess: return 2;
    case RunState::kFailed: return 2;
  }
  return 0;
}

// A turn that was committed before the ledger was read may be told after it.
bool IsOlder(const RunRow& a, const RunRow& b) {
  if (a.clear_number != b.clear_number) return a.clear_number < b.clear_number;
  return RankOf(a.state) < RankOf(b.state);
}

}  // namespace

Status RunFollower::Begin(std::vector<News>& news) {
  GALE_ASSIGN_OR_RETURN(const RunView run, control_.GetRun(dag_id_, run_id_));
  FeedFilter filter{FeedFilter::kRuns | FeedFilter::kTasks};
  filter.run = run.row.id;
  GALE_ASSIGN_OR_RETURN(feed_, control_.feed().Subscribe(filter, std::nullopt, wake_));
  return ReadAgain(news);  // what changed before it stood was told to nobody
}

Status RunFollower::ReadAgain(std::vector<News>& news) {
  GALE_ASSIGN_OR_RETURN(RunView run, control_.GetRun(dag_id_, run_id_));
  counts_.reset();
  Note(std::move(run.row), news);
  return OkStatus();
}

void RunFollower::Note(RunRow row, std::vector<News>& news) {
  if (known_ && IsOlder(row, *known_)) return;
  if (row.conf_json.empty() && known_) row.conf_json = known_->conf_json;
  known_ = row;
  news.push_back({std::move(row), std::nullopt});
}

Result<std::vector<RunFollower::News>> RunFollower::Take() {
  std::vector<News> news;
  if (!known_) {
    GALE_RETURN_IF_ERROR(Begin(news));
    return news;
  }
  FeedSubscription::News told = feed_->Take();
  more_ = told.more;
  if (told.too_old) GALE_RETURN_IF_ERROR(ReadAgain(news));
  bool counted = false;
  for (const FeedTurnPtr& turn : told.turns) {
    for (const Change& change : turn->changes) {
      if (!feed_->filter().Matches(change)) continue;
      const auto* run = std::get_if<RunChanged>(&change);
      if (run != nullptr) Note(run->row, news);
      const auto& counts = run != nullptr ? run->counts : std::get<TasksChanged>(change).counts;
      if (!counts) continue;
      counts_ = counts;
      counted = true;
    }
  }
  if (counted && news.empty()) news.push_back({*known_, std::nullopt});
  if (!news.empty()) news.back().counts = counts_;
  return news;
}

// Once the task starts or ends, and when something may have been missed.
Status LogFollower::LookAtTask() {
  GALE_ASSIGN_OR_RETURN(
      TaskInstanceView ti,
      control_.GetTaskInstance(query_.dag_id, query_.run_id, query_.task_id, query_.map_index));
  if (query_.try_number > ti.row.shown_try()) return control_.NoSuchTry(query_, ti);
  if (query_.try_number == 0) query_.try_number = ti.row.shown_try();
  GALE_ASSIGN_OR_RETURN(end_, control_.EndOfTry(ti, query_));
  if (query_.try_number > 0 && (!attempt_ || attempt_->try_number != query_.last_start)) {
    if (attempt_) feed_->UnwatchLog(*attempt_);  // its try goes on
    attempt_ = {ti.row.run, ti.row.task, ti.row.map_index, query_.last_start};
    GALE_RETURN_IF_ERROR(feed_->WatchLog(*attempt_));
  }
  return OkStatus();
}

Result<LogPage> LogFollower::Take() {
  bool changed = false;
  more_ = false;
  if (!feed_) {
    GALE_ASSIGN_OR_RETURN(
        const TaskInstanceView ti,
        control_.GetTaskInstance(query_.dag_id, query_.run_id, query_.task_id, query_.map_index));
    FeedFilter filter{FeedFilter::kTasks};
    filter.run = ti.row.run;
    filter.task = ti.row.task;
    GALE_ASSIGN_OR_RETURN(feed_, control_.feed().Subscribe(filter, std::nullopt, wake_));
    changed = true;
  } else {
    const FeedSubscription::News told = feed_->Take();
    more_ = told.more;
    changed = told.too_old || !told.turns.empty();
  }
  if (changed) GALE_RETURN_IF_ERROR(LookAtTask());
  LogPage page;
  GALE_ASSIGN_OR_RETURN(page, control_.PageOf(query_));
  const MonoTime now = Clock::Real().Mono();
  const uint64_t size = page.offset + page.data.size();
  if (page.data.size() == query_.max_bytes) {
    more_ = true;
  } else if (end_.ended) {
    if (!tail_until_) tail_until_ = now + tail_wait_;
    page.complete = size >= end_.size || now >= *tail_until_;
    more_ |= !page.complete && !page.data.empty();
  }
  query_.offset = size;
  return page;
}

}  // namespace gale
