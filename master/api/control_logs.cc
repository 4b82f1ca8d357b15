// The logs of task instances.
#include <algorithm>

#include "master/api/control.h"

namespace gale {
namespace {

// An attempt that ended longer ago has shipped what it ever will.
constexpr Duration kShippingTimeMax = std::chrono::seconds(15);
// How often a follower looks whether its attempt has ended.
constexpr auto kEndPollInterval = std::chrono::milliseconds(200);

}  // namespace

Result<LogKey> Control::NameAttempt(const AttemptId& attempt) {
  GALE_ASSIGN_OR_RETURN(RunRow run, store_.GetRunById(attempt.run));
  GALE_ASSIGN_OR_RETURN(DagVersionPtr version, dags_.Get(run.dag_id, run.version));
  if (attempt.task.value >= version->dag->size()) {
    return NotFound("run '{}' of DAG '{}' has no task number {}", run.run_id, run.dag_id,
                    attempt.task.value);
  }
  return LogKey{run.dag_id, run.run_id, version->dag->task(attempt.task).task_id, attempt.map_index,
                attempt.try_number};
}

Result<Control::LogEnd> Control::EndOfTry(const TaskInstanceView& ti, uint32_t try_number) {
  GALE_ASSIGN_OR_RETURN(std::vector<AttemptRow> tries, ListTries(ti));
  for (const AttemptRow& row : tries) {
    if (row.id.try_number != try_number) continue;
    const bool recent = row.end_date && Clock::Real().Now() - *row.end_date < kShippingTimeMax;
    return LogEnd{true, recent ? row.log_bytes : 0};
  }
  // No history: it has not ended, or it never ran (empty, skipped, marked by hand).
  const bool ended = !ti.row.live && (try_number < ti.row.try_number || IsFinished(ti.row.state));
  return LogEnd{ended, 0};
}

Result<LogPage> Control::ReadLog(const LogQuery& query) {
  using std::chrono::steady_clock;
  const auto wait_until = steady_clock::now() + query.wait;
  const auto tail_until = steady_clock::now() + kLogTailWait;
  for (;;) {
    GALE_ASSIGN_OR_RETURN(TaskInstanceView ti, GetTaskInstance(query.dag_id, query.run_id,
                                                               query.task_id, query.map_index));
    LogPage page;
    page.offset = query.offset;
    page.try_number = query.try_number != 0 ? query.try_number : ti.row.try_number;
    if (page.try_number > ti.row.try_number) {
      return NotFound("task '{}' of run '{}' has no try {}: it has had {}", query.task_id,
                      query.run_id, page.try_number, ti.row.try_number);
    }
    GALE_ASSIGN_OR_RETURN(LogEnd end, EndOfTry(ti, page.try_number));
    if (page.try_number == 0 && !end.ended && query.wait == Duration(0)) {
      return NotFound("task '{}' of run '{}' has not started yet (state {}): it has no log",
                      query.task_id, query.run_id, Name(ti.row.state));
    }
    const LogKey key{query.dag_id, query.run_id, query.task_id, query.map_index, page.try_number};
    GALE_ASSIGN_OR_RETURN(uint64_t size, logs_.Size(key));
    const bool whole = !end.ended || size >= end.size || steady_clock::now() >= tail_until;
    const bool may_wait = query.wait > Duration(0);
    // A reader gets an ended log whole; a follower gets at once what there is.
    if (whole || (may_wait && size > query.offset)) {
      GALE_ASSIGN_OR_RETURN(page.data, logs_.Read(key, query.offset, query.max_bytes));
      page.complete = end.ended && whole && page.offset + page.data.size() >= size;
      if (!page.data.empty() || page.complete || steady_clock::now() >= wait_until) return page;
    }
    const auto limit = end.ended ? tail_until : wait_until;
    const auto look_again = std::min(limit, steady_clock::now() + kEndPollInterval);
    const uint64_t seen = end.ended && !may_wait ? size : std::max(size, query.offset);
    GALE_RETURN_IF_ERROR(logs_.WaitForMore(key, seen, look_again).status());
  }
}

}  // namespace gale
