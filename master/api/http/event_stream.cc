#include "master/api/http/event_stream.h"

#include <algorithm>

#include "common/base/limits.h"
#include "master/api/json.h"

namespace gale::http {
namespace {

// What lets through all that one of them does, and perhaps more.
FeedFilter UnionOf(const std::vector<FeedFilter>& filters) {
  FeedFilter all = filters.front();
  for (const FeedFilter& one : filters) {
    all.kinds |= one.kinds;
    if (one.dag_id != all.dag_id) all.dag_id.clear();
    if (one.run != all.run) all.run.reset();
  }
  return all;
}

// All streams go on at the same moments.
MonoTime NextBeat(MonoTime now) {
  return now - now.time_since_epoch() % EventStream::kPause + EventStream::kPause;
}

}  // namespace

EventStream::EventStream(Control& control, std::shared_ptr<TurnTexts> texts, Clock& clock)
    : control_(control), texts_(std::move(texts)), clock_(clock) {}

Result<std::shared_ptr<EventStream>> EventStream::Open(Control& control,
                                                       std::shared_ptr<TurnTexts> texts,
                                                       Options options, Clock& clock) {
  std::shared_ptr<EventStream> made(new EventStream(control, std::move(texts), clock));
  GALE_RETURN_IF_ERROR(made->Subscribe(options.watches, options.after));
  const Duration life = std::min<Duration>(kLifeMax, options.expires - clock.Now());
  made->next_news_ = clock.Mono();
  made->ends_ = clock.Mono() + life;
  return made;
}

Result<FeedFilter> EventStream::FilterOf(const Watch& watch) {
  FeedFilter filter;
  filter.dag_id = watch.dag_id;
  switch (watch.kind) {
    case Watch::Kind::kDags: filter.kinds = FeedFilter::kDags; break;
    case Watch::Kind::kRuns: filter.kinds = FeedFilter::kRuns; break;
    case Watch::Kind::kFiles: filter.kinds = FeedFilter::kFiles; break;
    case Watch::Kind::kPools: filter.kinds = FeedFilter::kPools; break;
    case Watch::Kind::kWorkers: filter.kinds = FeedFilter::kWorkers; break;
    case Watch::Kind::kDag:
      filter.kinds = FeedFilter::kDags | FeedFilter::kRuns | FeedFilter::kTasks;
      break;
    case Watch::Kind::kRun:
    case Watch::Kind::kLog: {
      GALE_ASSIGN_OR_RETURN(const RunView run, control_.GetRun(watch.dag_id, watch.run_id));
      filter.run = run.row.id;
      const bool log = watch.kind == Watch::Kind::kLog;
      filter.kinds = log ? FeedFilter::kTasks : FeedFilter::kRuns | FeedFilter::kTasks;
      break;
    }
  }
  return filter;
}

// The position first: what is committed meanwhile is told, rather than missed.
Status EventStream::Subscribe(const std::vector<Watch>& watches, std::optional<FeedCursor> after) {
  at_ = after.value_or(control_.feed().at());
  std::vector<FeedFilter> all;
  for (const Watch& watch : watches) {
    GALE_ASSIGN_OR_RETURN(const FeedFilter filter, FilterOf(watch));
    all.push_back(filter);
    if (watch.kind != Watch::Kind::kLog) told_.push_back(filter);
  }
  for (const FeedFilter& f : told_) {
    watched_ += fmt::format("{} {} '{}' ", f.kinds, f.run ? f.run->value : 0, f.dag_id);
  }
  GALE_ASSIGN_OR_RETURN(feed_, control_.feed().Subscribe(UnionOf(all), at_, [waker = waker_] {
    std::lock_guard lock(waker->mutex);
    if (waker->wake) waker->wake();
  }));
  for (const Watch& watch : watches) {
    if (watch.kind == Watch::Kind::kLog) GALE_RETURN_IF_ERROR(WatchLog(watch));
  }
  return OkStatus();
}

Status EventStream::WatchLog(const Watch& watch) {
  GALE_ASSIGN_OR_RETURN(
      const TaskInstanceView ti,
      control_.GetTaskInstance(watch.dag_id, watch.run_id, watch.task_id, watch.map_index));
  const TiRow& row = ti.row;
  Log log{watch};
  log.attempt = {row.run, row.task, row.map_index, 0};
  if (watch.try_number == row.shown_try()) {
    log.attempt.try_number = row.try_number;
    log.over = IsFinished(row.state);
    for (uint32_t start = row.try_number - row.looks; start < row.try_number; ++start) {
      GALE_ASSIGN_OR_RETURN(const uint64_t size,
                            control_.logs().Size({watch.dag_id, watch.run_id, watch.task_id,
                                                  watch.map_index, start}));
      log.before += size;
    }
  } else if (watch.try_number < row.shown_try()) {  // the last of it may be on its way
    GALE_ASSIGN_OR_RETURN(const std::vector<AttemptRow> tries,
                          control_.ListTries(ti, watch.try_number));
    if (!tries.empty()) log.attempt.try_number = tries.front().id.try_number;
    log.over = true;
  }
  if (log.attempt.try_number > 0) GALE_RETURN_IF_ERROR(feed_->WatchLog(log.attempt));
  logs_.push_back(std::move(log));
  return OkStatus();
}

void EventStream::OnWake(std::function<void()> wake) {
  std::lock_guard lock(waker_->mutex);
  waker_->wake = std::move(wake);
}

std::string EventStream::Now() const { return FormatTime(clock_.Now()); }

void EventStream::AppendEvent(std::string_view name, std::string_view data,
                              std::string& out) const {
  fmt::format_to(std::back_inserter(out), "event: {}\nid: {}\ndata: {}\n\n", name, at_.ToString(),
                 data);
}

Source::Piece EventStream::Take() {
  Piece piece;
  const MonoTime now = clock_.Mono();
  if (!greeted_) {
    greeted_ = true;
    piece.text = "retry: 1000\n";
    AppendEvent(
        "hello",
        WriteJson({{"at", at_.ToString()}, {"now", Now()}, {"master", control_.master_name()}}),
        piece.text);
    next_time_ = now + kTimeEvery;
  }
  if (now >= next_news_) {
    if (TakeNews(now, piece.text)) next_news_ = NextBeat(now);
  }
  if (now >= next_time_) {
    // A page that sees nothing for long can go on from here, too.
    const FeedCursor at = control_.feed().at();
    if (!feed_->has_news()) at_ = at;
    AppendEvent("time", WriteJson({{"now", Now()}}), piece.text);
    next_time_ = now + kTimeEvery;
  }
  piece.last = blind_ || now >= ends_;
  piece.not_before = next_news_;
  piece.again = std::min(next_time_, ends_);
  if (feed_->has_news()) piece.again = std::min(piece.again, next_news_);  // it left some
  return piece;
}

// Streams that watch no log go by rounds: together, though each has a pace of its own.
bool EventStream::TakeNews(MonoTime now, std::string& out) {
  std::optional<FeedCursor> to;
  if (logs_.empty() && feed_->has_news()) {
    to = texts_->RoundTo(at_, control_.feed().at(), now, kPause);
    if (TakeAsOthers(*to, out)) return true;
  }
  const FeedCursor from = at_;
  bool lost = false, any = false;
  std::vector<FeedTurnPtr> turns;
  FeedSubscription::News news;
  do {
    news = feed_->Take(limits::kStreamTurnsMax, to);
    any |= !news.empty();
    // So far behind that reading again is quicker. What is read then holds all of these turns.
    lost |= news.too_old || news.more;
    if (!lost) turns = std::move(news.turns);
    at_ = news.at;
    for (const LogGrew& grown : news.logs) {
      for (Log& log : logs_) {
        if (log.attempt != grown.attempt) continue;
        log.grew = true;
        log.size = grown.size > 0 && log.sure ? log.before + grown.size : 0;
      }
    }
  } while (news.more);
  TurnTexts::Text changes;
  if (!lost) {
    for (const FeedTurnPtr& turn : turns) FollowStarts(*turn);
    changes = TextOf(turns);
    lost = changes == nullptr;
  }
  if (lost) {
    AppendEvent("read_again", WriteJson({{"at", at_.ToString()}}), out);
    // Resumed, the stream looks up which start it is.
    blind_ |= std::ranges::any_of(logs_, [](const Log& log) { return !log.over; });
  } else {
    AppendTurn(*changes, out);
    if (to) texts_->Keep(watched_, from, at_, changes);
  }
  AppendLogs(out);
  return any;
}

bool EventStream::TakeAsOthers(FeedCursor to, std::string& out) {
  const TurnTexts::Text changes = texts_->Find(watched_, at_);
  if (changes == nullptr || !feed_->Skip(to)) return false;
  at_ = to;
  AppendTurn(*changes, out);
  return true;
}

TurnTexts::Text EventStream::TextOf(const std::vector<FeedTurnPtr>& turns) const {
  std::string text;
  for (const Change& change : Coalesce(turns, told_)) {
    if (!text.empty()) text += ',';
    text += WriteJson(ChangeJson(change));
    if (text.size() > limits::kStreamPieceBytesMax) return nullptr;
  }
  return std::make_shared<const std::string>(std::move(text));
}

void EventStream::AppendTurn(const std::string& changes, std::string& out) const {
  if (changes.empty()) return;
  AppendEvent("turn", fmt::format(R"({{"at":"{}","changes":[{}]}})", at_.ToString(), changes), out);
}

void EventStream::FollowStarts(const FeedTurn& turn) {
  if (logs_.empty()) return;
  for (const Change& change : turn.changes) {
    if (const auto* tasks = std::get_if<TasksChanged>(&change)) FollowStarts(*tasks);
  }
}

// A try that is watched starts, or starts once more: its log goes on in another one.
void EventStream::FollowStarts(const TasksChanged& change) {
  for (Log& log : logs_) {
    if (log.over || log.attempt.run != change.run) continue;
    blind_ |= change.whole;
    for (const TaskChange& task : change.tasks) {
      const TiRow& row = task.row;
      if (row.task != log.attempt.task || row.map_index != log.attempt.map_index) continue;
      if (row.shown_try() < log.watch.try_number) continue;
      log.over = row.shown_try() > log.watch.try_number || IsFinished(row.state);
      if (row.shown_try() != log.watch.try_number || row.try_number == log.attempt.try_number) {
        continue;
      }
      if (log.attempt.try_number > 0) {
        feed_->UnwatchLog(log.attempt);
        log.sure = false;
      }
      log.attempt.try_number = row.try_number;
      blind_ |= !feed_->WatchLog(log.attempt).ok();
      log.grew = true;
    }
  }
}

void EventStream::AppendLogs(std::string& out) {
  for (Log& log : logs_) {
    if (!log.grew) continue;
    log.grew = false;
    AppendEvent("log",
                WriteJson({{"dag_id", log.watch.dag_id},
                           {"dag_run_id", log.watch.run_id},
                           {"task_id", log.watch.task_id},
                           {"map_index", log.watch.map_index},
                           {"try_number", log.watch.try_number},
                           {"size", log.size}}),
                out);
  }
}

}  // namespace gale::http
