// Answers in Airflow's shapes (FastAPI's, for errors), and the reading of queries and bodies.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "master/api/http/http.h"
#include "master/api/json.h"
#include "master/store/list_orders.h"
#include "master/store/reads.h"

namespace gale::http {

Response JsonAnswer(const Json& json, int status = 200);
// {"detail": "..."}
Response Failure(int status, std::string_view detail);
// By the status's code; ALREADY_EXISTS is Airflow's 409 with a reason.
Response Failure(const Status& status);
// 422 with {"detail": [{"loc": [...], "msg", "type", "input"}]}.
Response Invalid(const std::vector<std::string>& loc, std::string_view message,
                 std::string_view type, const Json& input = nullptr);

// A whole number that is all of `text`; nullopt: it isn't one.
std::optional<int64_t> WholeNumber(std::string_view text);

// Reads a query's parameters; the first that is wrong becomes `error`. Unknown ones are ignored, as
// FastAPI does.
class QueryReader {
 public:
  explicit QueryReader(const Request& request) : request_(request) {}

  std::optional<int64_t> Int(std::string_view name, int64_t min, int64_t max = INT64_MAX);
  std::optional<bool> Bool(std::string_view name);
  std::optional<TimePoint> Time(std::string_view name);
  // limit (clamped), offset; order_by, which is one of the names of store/list_orders.h.
  void Page(PageQuery& page, std::span<const OrderColumn> orders);

  const std::optional<Response>& error() const { return error_; }

 private:
  void Wrong(std::string_view name, std::string_view message, std::string_view type,
             const std::string& input);

  const Request& request_;
  std::optional<Response> error_;
};

// Reads a JSON object that may hold `known` keys only; the first thing that is wrong becomes
// `error`.
class BodyReader {
 public:
  BodyReader(const Request& request, const std::vector<std::string_view>& known);

  bool Has(std::string_view key) const {
    return body_.contains(key) && !body_[std::string(key)].is_null();
  }
  bool Names(std::string_view key) const { return body_.contains(key); }  // even if it is null
  std::optional<std::string> Text(std::string_view key, size_t bytes_max = 1 << 20);
  std::optional<bool> Bool(std::string_view key);
  std::optional<int64_t> Int(std::string_view key, int64_t min);
  std::optional<TimePoint> Time(std::string_view key);
  std::optional<Json> Object(std::string_view key);
  // Strings; pairs as below are left out.
  std::vector<std::string> Texts(std::string_view key);
  // The [task_id, map_index] pairs of such a list.
  std::vector<std::pair<std::string, int32_t>> Pairs(std::string_view key);
  void Require(std::string_view key);
  void Wrong(std::string_view key, std::string_view message, std::string_view type);

  const std::optional<Response>& error() const { return error_; }

 private:
  const Json* Value(std::string_view key) const;

  Json body_ = Json::object();
  std::optional<Response> error_;
};

}  // namespace gale::http
