// Answers in Airflow's shapes (FastAPI's, for errors).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"
#include "master/api/http/http.h"
#include "master/api/json.h"

namespace gale::http {

Response JsonAnswer(const Json& json, int status = 200);
// {"detail": "..."}
Response Failure(int status, std::string_view detail);
// By the status's code; ALREADY_EXISTS is Airflow's 409 with a reason.
Response Failure(const Status& status);
// 422 with {"detail": [{"loc": [...], "msg", "type", "input"}]}.
Response Invalid(const std::vector<std::string>& loc, std::string_view message,
                 std::string_view type, const Json& input = nullptr);

// "true", "1", "yes", "on", "t", "y" and their opposites, in any case; nullopt: none of them.
std::optional<bool> ParseBool(std::string_view text);
// Whether the body is a form, by its content type.
bool IsForm(const Request& request);

}  // namespace gale::http
