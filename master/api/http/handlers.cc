#include "master/api/http/handlers.h"

#include <algorithm>

#include "gale/v1/control.pb.h"
#include "master/api/http/answers.h"
#include "master/api/http/rest_tables.h"

namespace gale::http {
namespace {

// JSON, or a form, which the reader leaves to us: {"username", "password"}.
Response Login(const Call& call, Duration life) {
  v1::LoginRequest login = static_cast<const v1::LoginRequest&>(*call.message);
  if (IsForm(call.request)) {
    Request form;
    if (!form.SetTarget("/?" + call.request.body))
      return Invalid({"body"}, "malformed form", "form_invalid");
    if (const std::string* value = form.Param("username")) login.set_username(*value);
    if (const std::string* value = form.Param("password")) login.set_password(*value);
  }
  if (login.username().empty() || login.password().empty()) {
    return Failure(400, "Username and password must be provided");
  }
  auto identity = call.auth.Login(login.username(), login.password(), call.request.peer);
  if (!identity.ok()) return Failure(identity.status());
  return JsonAnswer({{"access_token", call.auth.IssueToken(*identity, life)}}, 201);
}

Response LoginForUse(const Call& call) { return Login(call, call.auth.token_life()); }
Response LoginForCli(const Call& call) { return Login(call, Auth::kCliTokenLife); }
Response ForbidLoginByGet(const Call&) {
  return Failure(403,
                 "This method is only allowed if everybody is an admin: POST a username and a "
                 "password");
}
Response GetMetrics(const Call& call) {
  auto page = call.control.GetMetrics();
  if (!page.ok()) return Failure(page.status());
  return {200, "text/plain; version=0.0.4; charset=utf-8", *std::move(page), {}};
}
Response GetOpenApi(const Call&) { return {200, "application/json", std::string(kOpenApi), {}}; }
Response GetFrontPage(const Call& call) { return call.web.Answer(call.request).value(); }

}  // namespace

const NamedHandler& FindHandler(std::string_view name) {
  static const auto kHandlers = std::to_array<NamedHandler>({
      {"login", LoginForUse, &v1::LoginRequest::default_instance()},
      {"login_cli", LoginForCli, &v1::LoginRequest::default_instance()},
      {"login_by_get", ForbidLoginByGet},
      {"metrics", GetMetrics},
      {"openapi", GetOpenApi},
      {"front_page", GetFrontPage},
      {"session_begin", BeginSession, &v1::LoginRequest::default_instance()},
      {"events", GetEvents},
      {"session", GetSession},
      {"session_end", EndSession},
      {"change_password", ChangePassword, &v1::ChangePasswordRequest::default_instance()},
      {"log", GetLog, &v1::ReadLogRequest::default_instance()},
      {"dag_source", GetDagSource, &v1::GetDagSourceRequest::default_instance()},
      {"log_range", GetLogRange, &v1::LogRangeRequest::default_instance()},
  });
  auto found = std::ranges::find(kHandlers, name, &NamedHandler::name);
  GALE_CHECK(found != kHandlers.end(), "openapi.json: there is no handler {}", name);
  return *found;
}

}  // namespace gale::http
