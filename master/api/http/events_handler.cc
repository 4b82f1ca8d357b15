#include "common/base/limits.h"
#include "master/api/http/answers.h"
#include "master/api/http/event_stream.h"
#include "master/api/http/handlers.h"

namespace gale::http {
namespace {

// From where it goes on. A browser's own header counts more: it has the later position.
Result<std::optional<FeedCursor>> AfterOf(const Request& request) {
  std::string text(request.header("last-event-id"));
  if (const std::string* asked = request.Param("after"); text.empty() && asked) text = *asked;
  if (text.empty()) return std::optional<FeedCursor>();
  GALE_ASSIGN_OR_RETURN(const FeedCursor after, FeedCursor::Parse(text));
  return std::optional(after);
}

}  // namespace

Response GetEvents(const Call& call) {
  const std::vector<std::string> asked = call.request.Params("watch");
  if (asked.empty()) return Invalid({"query", "watch"}, "Field required", "missing");
  if (asked.size() > limits::kStreamWatchesMax) {
    return Invalid(
        {"query", "watch"},
        fmt::format("a stream watches at most {} (kStreamWatchesMax)", limits::kStreamWatchesMax),
        "too_long");
  }
  EventStream::Options options;
  options.expires = call.who.expires.value_or(TimePoint::max());
  for (const std::string& text : asked) {
    Result<Watch> watch = ParseWatch(text);
    if (!watch.ok()) {
      return Invalid({"query", "watch"}, watch.status().message(), "value_error", text);
    }
    options.watches.push_back(*std::move(watch));
  }
  Result<std::optional<FeedCursor>> after = AfterOf(call.request);
  if (!after.ok()) return Invalid({"query", "after"}, after.status().message(), "value_error");
  options.after = *after;
  auto stream = EventStream::Open(call.control, call.texts, std::move(options));
  if (!stream.ok()) return Failure(stream.status());
  Response response{200, "text/event-stream", "", {}};
  response.headers.emplace_back("X-Accel-Buffering", "no");  // nginx would keep it to itself
  response.goes_on = *std::move(stream);
  return response;
}

}  // namespace gale::http
