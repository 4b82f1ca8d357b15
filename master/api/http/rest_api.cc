#include "master/api/http/rest_api.h"

#include <algorithm>

#include "common/base/log.h"
#include "master/api/http/handlers.h"

namespace gale::http {
namespace {

std::string TokenOf(const Request& request) {
  constexpr std::string_view kScheme = "bearer ";
  const std::string_view value = request.header("authorization");
  if (value.size() <= kScheme.size()) return "";
  for (size_t i = 0; i < kScheme.size(); ++i) {
    if (std::tolower(static_cast<unsigned char>(value[i])) != kScheme[i]) return "";
  }
  return std::string(value.substr(kScheme.size()));
}

}  // namespace

RestApi::RestApi(Control& control, Auth& auth) : control_(control), auth_(auth) {
  AddAuthRoutes(router_);
  AddDagRoutes(router_);
  AddRunRoutes(router_);
  AddTaskRoutes(router_);
  AddOpsRoutes(router_);
}

Lane RestApi::LaneOf(const Request& request) const {
  const Router::Match match = router_.Find(request);
  return match.route == nullptr ? Lane::kCommon : match.route->lane;
}

void RestApi::Report(MetricSink& sink) const { router_.Report(sink); }

Response RestApi::Handle(const Request& request) const {
  Router::Match match = router_.Find(request);
  RouteMetrics* const metrics = match.metrics;
  const MonoTime began = Clock::Real().Mono();
  Response response = Answer(request, std::move(match));
  if (metrics != nullptr) {
    const auto hundreds = static_cast<size_t>(response.status / 100);
    metrics->answers[std::min(hundreds, metrics->answers.size() - 1)].Add();
    metrics->took.Observe(Clock::Real().Mono() - began);
  }
  return response;
}

Response RestApi::Answer(const Request& request, Router::Match match) const {
  if (match.route == nullptr) {
    if (match.allowed.empty())
      return Failure(404, fmt::format("there is no path {}", request.path));
    Response response =
        Failure(405, fmt::format("{} of {} is not allowed", request.method, request.path));
    std::ranges::sort(match.allowed);
    response.headers.emplace_back("Allow", fmt::format("{}", fmt::join(match.allowed, ", ")));
    return response;
  }
  Call call{request, std::move(match.args), control_, auth_, {}};
  if (!match.route->open) {
    const std::string token = TokenOf(request);
    if (token.empty()) return Failure(Unauthenticated("Not authenticated"));
    auto identity = auth_.Verify(token);
    if (!identity.ok()) return Failure(identity.status());
    if (!May(identity->role, match.route->permission)) {
      return Failure(
          403, fmt::format("user '{}' is {}, and this needs {}", identity->name,
                           Name(identity->role), Name(static_cast<Role>(match.route->permission))));
    }
    call.identity = *identity;
  }
  try {
    return match.route->handler(call);
  } catch (const std::exception& error) {  // of the JSON library, or no memory: this request only
    GALE_ERROR("{} {}: {}", request.method, request.path, error.what());
    return Failure(500, "internal error; the master's log tells more");
  }
}

}  // namespace gale::http
