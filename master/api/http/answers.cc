#include "master/api/http/answers.h"

#include <algorithm>
#include <charconv>

#include "common/base/limit_counts.h"
#include "common/base/limits.h"

namespace gale::http {
namespace {

int HttpStatus(Code code) {
  switch (code) {
    case Code::kOk: return 200;
    case Code::kInvalidArgument:
    case Code::kOutOfRange: return 400;
    case Code::kUnauthenticated: return 401;
    case Code::kPermissionDenied: return 403;
    case Code::kNotFound: return 404;
    case Code::kAlreadyExists:
    case Code::kFailedPrecondition:
    case Code::kAborted: return 409;
    case Code::kResourceExhausted: return 429;
    case Code::kUnimplemented: return 501;
    case Code::kUnavailable:
    case Code::kCancelled: return 503;
    case Code::kDeadlineExceeded: return 504;
    case Code::kUnknown:
    case Code::kInternal:
    case Code::kDataLoss: return 500;
  }
  return 500;
}

}  // namespace

Response JsonAnswer(const Json& json, int status) {
  return {status, "application/json", WriteJson(json), {}};
}

Response Failure(int status, std::string_view detail) {
  return JsonAnswer({{"detail", std::string(detail)}}, status);
}

Response Failure(const Status& status) {
  LimitCounts::Process().Note(status.message());
  const int http = HttpStatus(status.code());
  Response response;
  if (status.code() == Code::kAlreadyExists) {
    response = JsonAnswer({{"detail",
                            {{"reason", "Unique constraint violation"},
                             {"statement", "hidden"},
                             {"orig_error", "hidden"},
                             {"message", std::string(status.message())}}}},
                          http);
  } else {
    response = Failure(http, status.message());
  }
  if (http == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
  if (http == 503 || http == 429) response.headers.emplace_back("Retry-After", "1");
  return response;
}

Response Invalid(const std::vector<std::string>& loc, std::string_view message,
                 std::string_view type, const Json& input) {
  Json error = {
      {"type", std::string(type)}, {"loc", loc}, {"msg", std::string(message)}, {"input", input}};
  Json list = Json::array();
  list.push_back(std::move(error));
  Json body = Json::object();
  body["detail"] = std::move(list);
  return JsonAnswer(body, 422);
}

std::optional<bool> ParseBool(std::string_view text) {
  std::string low(text);
  for (char& c : low) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  for (const char* yes : {"true", "1", "yes", "on", "t", "y"}) {
    if (low == yes) return true;
  }
  for (const char* no : {"false", "0", "no", "off", "f", "n"}) {
    if (low == no) return false;
  }
  return std::nullopt;
}

bool IsForm(const Request& request) {
  return request.header("content-type").starts_with("application/x-www-form-urlencoded");
}

}  // namespace gale::http
