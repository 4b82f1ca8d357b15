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

Result<Control::LogEnd> Control::EndOfTry(const TaskInstanceView& ti, uint32_t try_number) {
  GALE_ASSIGN_OR_RETURN(std::vector<AttemptRow> tries, ListTries(ti, try_number));
  if (!tries.empty()) {
    const AttemptRow& row = tries.front();
    const bool recent = row.end_date && Clock::Real().Now() - *row.end_date < kShippingTimeMax;
    return LogEnd{true, recent ? row.log_bytes : 0};
  }
  // No history: it has not ended, or it never ran (empty, skipped, marked by hand).
  const bool ended = !ti.row.live && (try_number < ti.row.try_number || IsFinished(ti.row.state));
  return LogEnd{ended, 0};
}

Status Control::NoSuchTry(const LogQuery& query, const TaskInstanceView& ti) {
  return NotFound("task '{}' of run '{}' has no try {}: it has had {}", query.task_id, query.run_id,
                  query.try_number, ti.row.try_number);
}

LogKey Control::KeyOf(const LogQuery& query) {
  return {query.dag_id, query.run_id, query.task_id, query.map_index, query.try_number};
}

Result<LogPage> Control::PageOf(const LogQuery& query) {
  LogPage page;
  page.offset = query.offset;
  page.try_number = query.try_number;
  GALE_ASSIGN_OR_RETURN(page.data, logs_.Read(KeyOf(query), query.offset, query.max_bytes));
  if (page.data.empty()) return page;
  GALE_ASSIGN_OR_RETURN(page.times, logs_.Times(KeyOf(query), page.offset, page.data.size()));
  return page;
}

Result<LogPage> Control::ReadLog(LogQuery query) {
  GALE_ASSIGN_OR_RETURN(const TaskInstanceView ti, GetTaskInstance(query.dag_id, query.run_id,
                                                                   query.task_id, query.map_index));
  if (query.try_number > ti.row.try_number) return NoSuchTry(query, ti);
  if (query.try_number == 0) query.try_number = ti.row.try_number;
  GALE_ASSIGN_OR_RETURN(const LogEnd end, EndOfTry(ti, query.try_number));
  if (query.try_number == 0 && !end.ended) {
    return NotFound("task '{}' of run '{}' has not started yet (state {}): it has no log",
                    query.task_id, query.run_id, Name(ti.row.state));
  }
  // An ended log is read whole: the last of it may still be on its way.
  if (end.ended) {
    GALE_RETURN_IF_ERROR(
        AwaitTail(query, {ti.row.run, ti.row.task, ti.row.map_index, query.try_number}, end.size));
  }
  GALE_ASSIGN_OR_RETURN(LogPage page, PageOf(query));
  GALE_ASSIGN_OR_RETURN(const uint64_t size, logs_.Size(KeyOf(query)));
  page.complete = end.ended && page.offset + page.data.size() >= size;
  return page;
}

Status Control::AwaitTail(const LogQuery& query, const AttemptId& attempt, uint64_t size) {
  const MonoTime until = Clock::Real().Mono() + kLogTailWait;
  std::shared_ptr<FeedSubscription> grown;
  for (;;) {
    GALE_ASSIGN_OR_RETURN(const uint64_t now, logs_.Size(KeyOf(query)));
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
