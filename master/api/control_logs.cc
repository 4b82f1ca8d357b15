// The logs of task instances.
#include <algorithm>

#include "master/api/control.h"

namespace gale {
namespace {

// An attempt that ended longer ago has shipped what it ever will.
constexpr Duration kShippingTimeMax = std::chrono::seconds(15);

}  // namespace

Result<LogKey> Control::NameAttempt(const AttemptId& attempt) {
  GALE_ASSIGN_OR_RETURN(RunRow run, reads_.GetRunById(attempt.run));
  GALE_ASSIGN_OR_RETURN(DagVersionPtr version, dags_.Get(run.dag_id, run.version));
  if (attempt.task.value >= version->dag->size()) {
    return NotFound("run '{}' of DAG '{}' has no task number {}", run.run_id, run.dag_id,
                    attempt.task.value);
  }
  return LogKey{run.dag_id, run.run_id, version->dag->task(attempt.task).task_id, attempt.map_index,
                attempt.try_number};
}

Result<uint64_t> Control::AppendLog(const AttemptId& attempt, const LogKey& key, uint64_t offset,
                                    std::string_view data) {
  GALE_ASSIGN_OR_RETURN(const uint64_t size, logs_.Append(key, offset, data));
  feed().OnLogGrew(attempt, size);
  return size;
}

Result<Control::LogEnd> Control::EndOfTry(const TaskInstanceView& ti, LogQuery& query) {
  GALE_ASSIGN_OR_RETURN(std::vector<AttemptRow> tries, ListTries(ti, query.try_number));
  if (!tries.empty()) {
    const AttemptRow& row = tries.front();
    query.last_start = row.id.try_number;
    query.first_start = query.last_start - row.looks;
    const bool recent = row.end_date && Clock::Real().Now() - *row.end_date < kShippingTimeMax;
    if (!recent) return LogEnd{true, 0, row.start_date.has_value()};
    LogQuery before = query;
    uint64_t size = 0;
    if (--before.last_start >= before.first_start) {
      GALE_ASSIGN_OR_RETURN(size, SizeOf(before));
    }
    return LogEnd{true, size + row.log_bytes, row.start_date.has_value()};
  }
  // No history: it has not ended, or it never ran (empty, skipped, marked by hand).
  const uint32_t now = ti.row.shown_try();
  query.last_start = ti.row.try_number - std::min(ti.row.try_number, now - query.try_number);
  query.first_start = query.last_start;
  if (query.try_number == now) query.first_start -= std::min(ti.row.looks, query.last_start);
  const bool ended = !ti.row.live && (query.try_number < now || IsFinished(ti.row.state));
  return LogEnd{ended, 0, ti.row.live};
}

Status Control::NoSuchTry(const LogQuery& query, const TaskInstanceView& ti) {
  return NotFound("task '{}' of run '{}' has no try {}: it has had {}", query.task_id, query.run_id,
                  query.try_number, ti.row.shown_try());
}

LogKey Control::KeyOf(const LogQuery& query, uint32_t start) {
  return {query.dag_id, query.run_id, query.task_id, query.map_index, start};
}

Result<uint64_t> Control::SizeOf(const LogQuery& query) const {
  uint64_t all = 0;
  for (uint32_t start = query.first_start; start <= query.last_start; ++start) {
    GALE_ASSIGN_OR_RETURN(const uint64_t size, logs_.Size(KeyOf(query, start)));
    all += size;
  }
  return all;
}

Result<LogPage> Control::PageOf(const LogQuery& query) {
  LogPage page;
  page.offset = query.offset;
  page.try_number = query.try_number;
  uint64_t before = 0;  // bytes of the starts before this one
  for (uint32_t start = query.first_start; start <= query.last_start; ++start) {
    const LogKey key = KeyOf(query, start);
    const uint64_t at = query.offset + page.data.size() - before;
    if (start < query.last_start) {
      GALE_ASSIGN_OR_RETURN(const uint64_t size, logs_.Size(key));
      before += size;
      if (at >= size) continue;
    }
    GALE_ASSIGN_OR_RETURN(const std::string data,
                          logs_.Read(key, at, query.max_bytes - page.data.size()));
    if (data.empty()) continue;
    std::vector<LogTime> times;
    if (query.with_times) {
      GALE_ASSIGN_OR_RETURN(times, logs_.Times(key, at, data.size()));
    }
    const uint64_t shift = query.offset + page.data.size() - at;
    for (const LogTime& time : times) page.times.push_back({time.offset + shift, time.time});
    page.data += data;
    if (page.data.size() >= query.max_bytes) break;
  }
  return page;
}

Result<Control::LogEnd> Control::FindTry(LogQuery& query) {
  GALE_ASSIGN_OR_RETURN(const TaskInstanceView ti, GetTaskInstance(query.dag_id, query.run_id,
                                                                   query.task_id, query.map_index));
  if (query.try_number > ti.row.shown_try()) return NoSuchTry(query, ti);
  if (query.try_number == 0) query.try_number = ti.row.shown_try();
  GALE_ASSIGN_OR_RETURN(LogEnd end, EndOfTry(ti, query));
  end.state = ti.row.state;
  // An ended log is read whole: the last of it may still be on its way.
  if (end.ended) {
    GALE_RETURN_IF_ERROR(
        AwaitTail(query, {ti.row.run, ti.row.task, ti.row.map_index, query.last_start}, end.size));
  }
  return end;
}

Result<LogPage> Control::ReadLog(LogQuery query) {
  GALE_ASSIGN_OR_RETURN(const LogEnd end, FindTry(query));
  if (query.try_number == 0 && !end.ended) {
    return NotFound("task '{}' of run '{}' has not started yet (state {}): it has no log",
                    query.task_id, query.run_id, Name(end.state));
  }
  GALE_ASSIGN_OR_RETURN(LogPage page, PageOf(query));
  GALE_ASSIGN_OR_RETURN(const uint64_t size, SizeOf(query));
  page.complete = end.ended && page.offset + page.data.size() >= size;
  return page;
}

Result<TryLog> Control::FindLog(LogQuery query) {
  GALE_ASSIGN_OR_RETURN(const LogEnd end, FindTry(query));
  GALE_ASSIGN_OR_RETURN(const uint64_t size, SizeOf(query));
  if (size > 0 || end.started) return TryLog{std::move(query), end.ended, size};
  const std::string whose =
      query.try_number == 0 ? fmt::format("task '{}'", query.task_id)
                            : fmt::format("try {} of task '{}'", query.try_number, query.task_id);
  return NotFound("{} of run '{}' {} (state {}): it has no log", whose, query.run_id,
                  end.ended ? "never started" : "has not started yet", Name(end.state));
}

Status Control::AwaitTail(const LogQuery& query, const AttemptId& attempt, uint64_t size) {
  const MonoTime until = Clock::Real().Mono() + kLogTailWait;
  std::shared_ptr<FeedSubscription> grown;
  for (;;) {
    GALE_ASSIGN_OR_RETURN(const uint64_t now, SizeOf(query));
    if (now >= size) return OkStatus();
    if (!grown) {
      GALE_ASSIGN_OR_RETURN(grown, feed().Subscribe({FeedFilter::kNone}, std::nullopt, nullptr));
      GALE_RETURN_IF_ERROR(grown->WatchLog(attempt));
    } else if (!grown->WaitUntil(until)) {
      return OkStatus();
    } else {
      grown->Take();
    }
  }
}

}  // namespace gale
