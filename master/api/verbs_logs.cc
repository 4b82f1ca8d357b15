// Verbs: parts of task instances' logs.
#include "common/rpc/convert.h"
#include "master/api/log_pages.h"
#include "master/api/run_output.h"
#include "master/api/verbs.h"

namespace gale::verbs {
namespace {

template <class Request>
LogQuery QueryOf(const Request& request) {
  LogQuery query;
  query.dag_id = request.dag_id();
  query.run_id = request.run_id();
  query.task_id = request.task_id();
  query.map_index = request.has_map_index() ? request.map_index() : kUnmapped;
  query.try_number = request.try_number();
  return query;
}

void Set(v1::LogMark* out, const LogMark& mark) {
  out->set_offset(mark.offset);
  out->set_line(mark.line);
}

}  // namespace

Result<v1::LogTimes> GetLogTimes(Control& control, const v1::LogRangeRequest& request,
                                 const Actor&) {
  GALE_ASSIGN_OR_RETURN(const auto times,
                        ReadLogTimes(control, QueryOf(request), request.offset(), request.limit()));
  v1::LogTimes answer;
  for (const LogTime& each : times) {
    v1::LogTime& time = *answer.add_times();
    time.set_offset(each.offset);
    *time.mutable_time() = ToProto(each.time);
  }
  return answer;
}

Result<v1::LogMarks> FindInLog(Control& control, const v1::FindInLogRequest& request,
                               const Actor&) {
  GALE_ASSIGN_OR_RETURN(const LogMarks marks,
                        gale::FindInLog(control, QueryOf(request),
                                        {request.text(), request.match_case(), request.after()}));
  v1::LogMarks answer;
  answer.set_size(marks.log.size);
  answer.set_complete(marks.log.complete);
  answer.set_try_number(marks.log.query.try_number);
  answer.set_lines(marks.found.lines);
  for (const LogMark& mark : marks.found.errors) Set(answer.add_errors(), mark);
  answer.set_errors_total(marks.found.errors_total);
  for (const LogMark& mark : marks.found.hits) Set(answer.add_hits(), mark);
  answer.set_hits_total(marks.found.hits_total);
  if (marks.found.next) answer.set_next(*marks.found.next);
  answer.set_scanned(marks.found.bytes);
  return answer;
}

Result<v1::RunOutput> GetRunOutput(Control& control, const v1::GetRunOutputRequest& request,
                                   const Actor&) {
  GALE_ASSIGN_OR_RETURN(RunOutput output, ReadRunOutput(control, request.dag_id(), request.run_id(),
                                                        request.after()));
  v1::RunOutput answer;
  for (OutputLine& line : output.lines) {
    v1::OutputLine& out = *answer.add_lines();
    out.set_task_id(line.task_id);
    out.set_map_index(line.map_index);
    out.set_try_number(line.try_number);
    if (line.time) *out.mutable_time() = ToProto(*line.time);
    out.set_text(std::move(line.text));
  }
  answer.set_next(output.next);
  answer.set_complete(output.complete);
  answer.set_logs_left_out(output.logs_left_out);
  return answer;
}

}  // namespace gale::verbs
