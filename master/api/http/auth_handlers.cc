#include "master/api/http/handlers.h"

namespace gale::http {
namespace {

// A form or JSON: {"username", "password"}.
Response Login(const Call& call, Duration life) {
  std::optional<std::string> name, password;
  if (call.request.header("content-type").starts_with("application/x-www-form-urlencoded")) {
    Request form;
    if (!form.SetTarget("/?" + call.request.body))
      return Invalid({"body"}, "malformed form", "form_invalid");
    if (const std::string* value = form.Param("username")) name = *value;
    if (const std::string* value = form.Param("password")) password = *value;
  } else {
    BodyReader body(call.request, {"username", "password"});
    body.Require("username");
    body.Require("password");
    name = body.Text("username");
    password = body.Text("password");
    if (body.error()) return *body.error();
  }
  if (!name || !password || name->empty() || password->empty()) {
    return Failure(400, "Username and password must be provided");
  }
  auto identity = call.auth.Login(*name, *password, call.request.peer);
  if (!identity.ok()) return Failure(identity.status());
  return JsonAnswer({{"access_token", call.auth.IssueToken(*identity, life)}}, 201);
}

constexpr std::string_view kFrontPage =
    "<!doctype html><meta charset=utf-8><title>Gale</title><h1>Gale</h1>"
    "<p>This is the master's API. The web interface isn't there yet.</p><ul>"
    "<li><code>POST /auth/token</code>: a token for a user name and a password"
    "<li><code>GET /api/v2/dags</code>, <code>/api/v2/dags/{dag_id}/dagRuns</code> and the rest of "
    "Airflow's API, version 2"
    "<li><a href=/api/v2/monitor/health>/api/v2/monitor/health</a>"
    "<li><a href=/api/v2/version>/api/v2/version</a>"
    "<li><code>GET /api/gale/v1/workers</code></ul>"
    "<p>On the command line: <code>gale --help</code>.</p>\n";

Response ForbidLoginByGet(const Call&) {
  return Failure(403,
                 "This method is only allowed if everybody is an admin: POST a username and a "
                 "password");
}

Response GetHealth(const Call& call) { return JsonAnswer(HealthJson(call.control.GetHealth())); }

Response GetMetrics(const Call& call) {
  auto page = call.control.GetMetrics();
  if (!page.ok()) return Failure(page.status());
  return {200, "text/plain; version=0.0.4; charset=utf-8", *std::move(page), {}};
}

Response GetVersion(const Call& call) {
  const ServerVersion& version = call.control.version();
  return JsonAnswer({{"version", version.version}, {"git_version", version.git_version}});
}

Response GetFrontPage(const Call&) {
  return {200, "text/html; charset=utf-8", std::string(kFrontPage), {}};
}

}  // namespace

void AddAuthRoutes(Router& router) {
  const auto login = [](const Call& call) { return Login(call, call.auth.token_life()); };
  const auto cli_login = [](const Call& call) { return Login(call, Auth::kCliTokenLife); };
  const auto read = Permission::kRead;
  router.Add({"POST", "/auth/token", login, true, read, Lane::kLogin});
  router.Add({"POST", "/auth/token/cli", cli_login, true, read, Lane::kLogin});
  router.Add({"GET", "/auth/token", ForbidLoginByGet, true, read, Lane::kAtOnce});
  router.Add({"GET", "/api/v2/monitor/health", GetHealth, true, read, Lane::kAtOnce});
  router.Add({"GET", "/metrics", GetMetrics, true, read, Lane::kAtOnce});
  router.Add({"GET", "/api/v2/version", GetVersion, true, read, Lane::kAtOnce});
  router.Add({"GET", "/", GetFrontPage, true, read, Lane::kAtOnce});
}

}  // namespace gale::http
