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

bool ParseBool(std::string_view text, bool& out) {
  std::string low(text);
  for (char& c : low) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  const bool yes =
      low == "true" || low == "1" || low == "yes" || low == "on" || low == "t" || low == "y";
  const bool no =
      low == "false" || low == "0" || low == "no" || low == "off" || low == "f" || low == "n";
  out = yes;
  return yes || no;
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

std::optional<int64_t> WholeNumber(std::string_view text) {
  int64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Queries.

void QueryReader::Wrong(std::string_view name, std::string_view message, std::string_view type,
                        const std::string& input) {
  if (!error_) error_ = Invalid({"query", std::string(name)}, message, type, input);
}

std::optional<int64_t> QueryReader::Int(std::string_view name, int64_t min, int64_t max) {
  const std::string* text = request_.Param(name);
  if (text == nullptr) return std::nullopt;
  const std::optional<int64_t> value = WholeNumber(*text);
  if (!value) {
    Wrong(name, "Input should be a valid integer", "int_parsing", *text);
  } else if (*value < min) {
    Wrong(name, fmt::format("Input should be greater than or equal to {}", min),
          "greater_than_equal", *text);
  } else if (*value > max) {
    Wrong(name, fmt::format("Input should be less than or equal to {}", max), "less_than_equal",
          *text);
  } else {
    return value;
  }
  return std::nullopt;
}

std::optional<bool> QueryReader::Bool(std::string_view name) {
  const std::string* text = request_.Param(name);
  if (text == nullptr) return std::nullopt;
  bool value = false;
  if (ParseBool(*text, value)) return value;
  Wrong(name, "Input should be a valid boolean", "bool_parsing", *text);
  return std::nullopt;
}

std::optional<TimePoint> QueryReader::Time(std::string_view name) {
  const std::string* text = request_.Param(name);
  if (text == nullptr) return std::nullopt;
  // An unescaped "+00:00" arrives as a blank.
  std::string fixed = *text;
  if (const size_t blank = fixed.rfind(' '); blank != std::string::npos && blank > 10)
    fixed[blank] = '+';
  auto time = ParseTime(fixed);
  if (time.ok()) return *time;
  Wrong(name, fmt::format("Invalid datetime: {}", *text), "datetime_parsing", *text);
  return std::nullopt;
}

void QueryReader::Page(PageQuery& page, std::span<const OrderColumn> orders) {
  const int64_t limit = Int("limit", 0).value_or(limits::kPageRowsDefault);
  page.limit = static_cast<uint32_t>(std::min<int64_t>(limit, limits::kPageRowsMax));
  page.offset = static_cast<uint32_t>(std::min<int64_t>(Int("offset", 0).value_or(0), UINT32_MAX));
  page.order_by = request_.Params("order_by");
  if (auto known = ParseOrders(page.order_by, orders); !known.ok() && !error_) {
    error_ = Failure(known.status());
  }
}

// Bodies.

BodyReader::BodyReader(const Request& request, const std::vector<std::string_view>& known) {
  auto parsed =
      ParseJson("the body", request.body.empty() ? std::string_view("null") : request.body);
  if (!parsed.ok()) {
    error_ = Invalid({"body"}, fmt::format("JSON decode error: {}", parsed.status().message()),
                     "json_invalid", Json::object());
  } else if (!parsed->is_object()) {
    error_ = parsed->is_null()
                 ? Invalid({"body"}, "Field required", "missing")
                 : Invalid({"body"}, "Input should be a valid dictionary", "model_type", *parsed);
  } else {
    body_ = std::move(parsed).value();
    for (const auto& [key, value] : body_.items()) {
      if (std::ranges::find(known, key) == known.end()) {
        error_ = Invalid({"body", key}, "Extra inputs are not permitted", "extra_forbidden", value);
        return;
      }
    }
  }
}

const Json* BodyReader::Value(std::string_view key) const {
  auto found = body_.find(std::string(key));
  return found == body_.end() || found->is_null() ? nullptr : &*found;
}

void BodyReader::Wrong(std::string_view key, std::string_view message, std::string_view type) {
  if (error_) return;
  const Json* value = Value(key);
  error_ =
      Invalid({"body", std::string(key)}, message, type, value != nullptr ? *value : Json(nullptr));
}

void BodyReader::Require(std::string_view key) {
  if (!Names(key)) Wrong(key, "Field required", "missing");
}

std::optional<std::string> BodyReader::Text(std::string_view key, size_t bytes_max) {
  const Json* value = Value(key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_string()) {
    Wrong(key, "Input should be a valid string", "string_type");
    return std::nullopt;
  }
  auto text = value->get<std::string>();
  if (text.size() > bytes_max) {
    Wrong(key, fmt::format("String should have at most {} bytes", bytes_max), "string_too_long");
  } else if (text.find('\0') != std::string::npos) {
    Wrong(key, "String should not have a NUL (U+0000)", "string_pattern_mismatch");
  }
  return text;
}

std::optional<bool> BodyReader::Bool(std::string_view key) {
  const Json* value = Value(key);
  if (value == nullptr) return std::nullopt;
  if (value->is_boolean()) return value->get<bool>();
  bool parsed = false;
  if (value->is_string() && ParseBool(value->get<std::string>(), parsed)) return parsed;
  Wrong(key, "Input should be a valid boolean", "bool_parsing");
  return std::nullopt;
}

std::optional<int64_t> BodyReader::Int(std::string_view key, int64_t min) {
  const Json* value = Value(key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_number_integer()) {
    Wrong(key, "Input should be a valid integer", "int_type");
    return std::nullopt;
  }
  const auto number = value->get<int64_t>();
  if (number < min || number > INT32_MAX) {
    Wrong(key, fmt::format("Input should be from {} to {}", min, INT32_MAX), "greater_than_equal");
    return std::nullopt;
  }
  return number;
}

std::optional<TimePoint> BodyReader::Time(std::string_view key) {
  const Json* value = Value(key);
  if (value == nullptr) return std::nullopt;
  if (value->is_string()) {
    if (auto time = ParseTime(value->get<std::string>()); time.ok()) return *time;
  }
  Wrong(key, "Input should be a valid datetime", "datetime_from_date_parsing");
  return std::nullopt;
}

std::optional<Json> BodyReader::Object(std::string_view key) {
  const Json* value = Value(key);
  if (value == nullptr) return std::nullopt;
  if (value->is_object()) return *value;
  Wrong(key, "Input should be a valid dictionary", "dict_type");
  return std::nullopt;
}

namespace {

bool IsPair(const Json& item) {
  return item.is_array() && item.size() == 2 && item[0].is_string() &&
         item[1].is_number_integer() && item[1] >= kUnmapped && item[1] <= INT32_MAX;
}

}  // namespace

std::vector<std::pair<std::string, int32_t>> BodyReader::Pairs(std::string_view key) {
  std::vector<std::pair<std::string, int32_t>> pairs;
  const Json* value = Value(key);
  if (value == nullptr || !value->is_array()) return pairs;  // Texts says what is wrong
  for (const Json& item : *value) {
    if (IsPair(item)) pairs.emplace_back(item[0].get<std::string>(), item[1].get<int32_t>());
  }
  return pairs;
}

std::vector<std::string> BodyReader::Texts(std::string_view key) {
  std::vector<std::string> texts;
  const Json* value = Value(key);
  if (value == nullptr) return texts;
  if (!value->is_array()) {
    Wrong(key, "Input should be a valid list", "list_type");
    return texts;
  }
  for (const Json& item : *value) {
    if (item.is_string()) {
      texts.push_back(item.get<std::string>());
    } else if (!IsPair(item)) {
      Wrong(key, "Input should be a list of strings", "string_type");
    }
  }
  return texts;
}

}  // namespace gale::http
