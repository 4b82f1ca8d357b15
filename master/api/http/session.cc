#include "master/api/http/session.h"

#include "gale/v1/control.pb.h"
#include "master/api/caller.h"
#include "master/api/http/answers.h"
#include "master/api/http/handlers.h"

namespace gale::http {
namespace {

constexpr std::string_view kCsrfHeader = "x-csrf-token";

std::string BearerOf(const Request& request) {
  constexpr std::string_view kScheme = "bearer ";
  const std::string_view value = request.header("authorization");
  if (value.size() <= kScheme.size()) return "";
  for (size_t i = 0; i < kScheme.size(); ++i) {
    if (std::tolower(static_cast<unsigned char>(value[i])) != kScheme[i]) return "";
  }
  return std::string(value.substr(kScheme.size()));
}

// Of the cookie's token. One that isn't ours (the ledger was made anew) is no mistake of the
// browser's: it is to log in again.
Result<Identity> WhoHolds(std::string_view cookie, Auth& auth) {
  Result<Identity> who = auth.Verify(cookie);
  if (who.ok() ? !who->named_token : who.status().code() != Code::kPermissionDenied) return who;
  return Unauthenticated("this session is unknown here: log in again");
}

Status CheckCsrf(const Request& request, const Identity& who, const Auth& auth) {
  if (request.method == "GET" || request.method == "HEAD") return OkStatus();
  const std::string_view said = request.header(kCsrfHeader);
  if (said.empty()) {
    return PermissionDenied(
        "with the cookie {}, {} needs the header X-CSRF-Token: the csrf_token of GET "
        "/api/gale/v1/session",
        kSessionCookie, request.method);
  }
  if (SameSecret(said, auth.CsrfToken(who.token_id))) return OkStatus();
  return PermissionDenied(
      "the header X-CSRF-Token is of another session: GET /api/gale/v1/session has this one's "
      "csrf_token");
}

// A proxy that ends HTTPS says so. Who claims it falsely makes a cookie of his own worthless.
std::string CookieLine(const Request& request, std::string_view value, int64_t seconds) {
  const bool secure = request.tls || request.header("x-forwarded-proto") == "https";
  return fmt::format("{}={}; Path=/; Max-Age={}; HttpOnly; SameSite=Strict{}", kSessionCookie,
                     value, seconds, secure ? "; Secure" : "");
}

Response SessionAnswer(const Call& call, const Identity& who, int status) {
  return JsonAnswer({{"username", who.name},
                     {"role", Name(who.role)},
                     {"rights", RightNames(who.role)},
                     {"csrf_token", call.auth.CsrfToken(who.token_id)},
                     {"expires_at", who.expires ? Json(FormatTime(*who.expires)) : Json()},
                     {"now", FormatTime(Clock::Real().Now())},
                     {"version", call.control.version().version}},
                    status);
}

}  // namespace

std::string_view CookieOf(const Request& request, std::string_view name) {
  std::string_view rest = request.header("cookie");
  while (!rest.empty()) {
    const size_t end = std::min(rest.find(';'), rest.size());
    std::string_view pair = rest.substr(0, end);
    rest.remove_prefix(std::min(rest.size(), end + 1));
    while (pair.starts_with(' ')) pair.remove_prefix(1);
    if (pair.starts_with(name) && pair.substr(name.size()).starts_with('=')) {
      return pair.substr(name.size() + 1);
    }
  }
  return "";
}

Result<Identity> WhoAsks(const Request& request, Auth& auth) {
  if (!request.header("authorization").empty()) {
    const std::string token = BearerOf(request);
    if (token.empty()) return Unauthenticated("Not authenticated");
    return auth.Verify(token);
  }
  const std::string_view cookie = CookieOf(request, kSessionCookie);
  if (cookie.empty()) return Unauthenticated("Not authenticated");
  GALE_ASSIGN_OR_RETURN(Identity who, WhoHolds(cookie, auth));
  GALE_RETURN_IF_ERROR(CheckCsrf(request, who, auth));
  return who;
}

Response BeginSession(const Call& call) {
  // Another site's page mustn't log its visitor in as somebody else.
  if (call.request.header("sec-fetch-site") == "cross-site") {
    return Failure(403, "a session is begun on this server's own pages only");
  }
  const auto& login = static_cast<const v1::LoginRequest&>(*call.message);
  auto identity = call.auth.Login(login.username(), login.password(), call.request.peer);
  if (!identity.ok()) return Failure(identity.status());
  const std::string token = call.auth.IssueToken(*identity);
  auto who = call.auth.Verify(token);
  if (!who.ok()) return Failure(who.status());
  Response response = SessionAnswer(call, *who, 201);
  const auto life = std::chrono::floor<std::chrono::seconds>(call.auth.token_life());
  response.headers.emplace_back("Set-Cookie", CookieLine(call.request, token, life.count()));
  return response;
}

Response GetSession(const Call& call) { return SessionAnswer(call, call.who, 200); }

// A session that is over is ended too: its cookie would stay. A bearer JWT may be ended as well.
Response EndSession(const Call& call) {
  const Result<Identity> who = WhoAsks(call.request, call.auth);
  Response response{204, "application/json", "", {}};
  if (who.ok() && who->named_token) {
    return Failure(403, "a named token is ended by DELETE /api/gale/v1/tokens/{token_id}");
  }
  if (who.ok()) {
    if (Status ended = call.auth.EndSession(*who); !ended.ok()) response = Failure(ended);
  } else if (who.status().code() != Code::kUnauthenticated) {
    return Failure(who.status());
  }
  response.headers.emplace_back("Set-Cookie", CookieLine(call.request, "", 0));
  return response;
}

void RenewSession(const Call& call, std::string_view password_hash, Response& response) {
  if (!call.request.header("authorization").empty() || !call.who.expires) return;
  const auto life =
      std::chrono::floor<std::chrono::seconds>(*call.who.expires - Clock::Real().Now());
  response.headers.emplace_back(
      "Set-Cookie",
      CookieLine(call.request, call.auth.RenewToken(call.who, password_hash), life.count()));
}

}  // namespace gale::http
