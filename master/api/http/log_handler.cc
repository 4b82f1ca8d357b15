#include "gale/v1/control.pb.h"
#include "master/api/http/answers.h"
#include "master/api/http/handlers.h"
#include "master/api/log_pages.h"

namespace gale::http {
namespace {

// As much of a page as is told at once: whole lines, unless the page is the log's last.
void CutLines(LogPage& page) {
  size_t end = 0;
  for (size_t lines = 0; lines < Control::kLogPageLinesMax; ++lines) {
    const size_t next = page.data.find('\n', end);
    if (next == std::string::npos) break;
    end = next + 1;
  }
  const size_t rest = page.data.find('\n', end);
  if (rest == std::string::npos && page.complete) return;
  if (end == 0) return;  // a line that is longer than a page
  if (end < page.data.size()) page.complete = false;
  page.data.resize(end);
}

Json Lines(const std::string& data) {
  Json lines = Json::array();
  for (size_t begin = 0; begin < data.size();) {
    const size_t end = std::min(data.find('\n', begin), data.size());
    lines.push_back({{"event", data.substr(begin, end - begin)}});
    begin = end + 1;
  }
  return lines;
}

}  // namespace

// As text, as JSON a line, or as a JSON object: by the header Accept.
Response GetLog(const Call& call) {
  const auto& asked = static_cast<const v1::ReadLogRequest&>(*call.message);
  LogQuery query;
  query.dag_id = asked.dag_id();
  query.run_id = asked.run_id();
  query.task_id = asked.task_id();
  query.try_number = asked.try_number();
  query.map_index = asked.has_map_index() ? asked.map_index() : kUnmapped;
  query.offset = asked.offset();
  const std::string_view accept = call.request.header("accept");
  const bool text = accept.starts_with("text/plain");
  // As bytes a page is what it is; as JSON it is many times that.
  if (asked.full_content())
    query.max_bytes = text ? Control::kLogTextBytesMax : Control::kLogPageBytesMax;
  auto page = call.control.ReadLog(query);
  if (!page.ok()) return Failure(page.status());
  if (text) {
    const size_t whole_lines = page->data.rfind('\n');
    if (!page->complete && whole_lines != std::string::npos) page->data.resize(whole_lines + 1);
  } else {
    CutLines(*page);
  }
  const std::string next = std::to_string(page->offset + page->data.size());
  if (!text && !accept.starts_with("application/x-ndjson")) {
    return JsonAnswer({{"content", Lines(page->data)},
                       {"continuation_token", page->complete ? Json(nullptr) : Json(next)}});
  }
  Response response{200, text ? "text/plain; charset=utf-8" : "application/x-ndjson", "", {}};
  if (!page->complete) response.headers.emplace_back("Airflow-Continuation-Token", next);
  if (text) {
    response.body = std::move(page->data);
  } else {
    for (const Json& line : Lines(page->data)) response.body += WriteJson(line) + "\n";
  }
  return response;
}

// The bytes as they are: what they are in a log is for the reader to find out.
Response GetLogRange(const Call& call) {
  const auto& asked = static_cast<const v1::LogRangeRequest&>(*call.message);
  LogQuery query;
  query.dag_id = asked.dag_id();
  query.run_id = asked.run_id();
  query.task_id = asked.task_id();
  query.try_number = asked.try_number();
  query.map_index = asked.has_map_index() ? asked.map_index() : kUnmapped;
  auto range = ReadLogRange(call.control, std::move(query), asked.offset(), asked.limit());
  if (!range.ok()) return Failure(range.status());
  return {200,
          "text/plain; charset=utf-8",
          std::move(range->data),
          {{"X-Log-Size", std::to_string(range->log.size)},
           {"X-Log-Offset", std::to_string(range->offset)},
           {"X-Log-Complete", range->log.complete ? "true" : "false"},
           {"X-Log-Try", std::to_string(range->log.query.try_number)}}};
}

}  // namespace gale::http
