// The browser's session: a cookie instead of a bearer token, and what it needs to change something.
#include "master/api/http/session.h"

#include <gmock/gmock.h>

#include "master/api/http/rest_api.h"
#include "master/api/json.h"
#include "tests/unit/master/api/http/documented.h"
#include "tests/unit/master/api/server_for_test.h"

namespace gale::http {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

constexpr char kSession[] = "/api/gale/v1/session";

class SessionTest : public testing::Test {
 protected:
  SessionTest() : api_(*server_.control, *server_.auth) {
    EXPECT_TRUE(server_.auth->SetUser("admin", "secret", Role::kAdmin).ok());
    EXPECT_TRUE(server_.auth->SetUser("eve", "secret", Role::kViewer).ok());
    server_.AddDag("etl", {"a"});
  }
  Response Ask(const std::string& method, const std::string& target, const std::string& body = "",
               std::map<std::string, std::string> headers = {}) {
    Request request;
    request.method = method;
    EXPECT_TRUE(request.SetTarget(target));
    request.body = body;
    request.peer = "10.0.0.7";
    request.headers = std::move(headers);
    request.tls = tls_;
    Response response = api_.Handle(request);
    Documented::Check(request, response);
    return response;
  }
  static std::string CookieLineOf(const Response& response) {
    for (const auto& [name, value] : response.headers) {
      if (name == "Set-Cookie") return value;
    }
    return "";
  }
  // What a browser sends back.
  static std::string Held(const Response& response) {
    const std::string line = CookieLineOf(response);
    return line.substr(0, line.find(';'));
  }
  Response LogIn(const std::string& name = "admin") {
    Response response =
        Ask("POST", kSession, fmt::format(R"({{"username":"{}","password":"secret"}})", name));
    EXPECT_EQ(response.status, 201) << response.body;
    return response;
  }

  ServerForTest server_;
  RestApi api_;
  bool tls_ = false;
};

TEST_F(SessionTest, APasswordGivesACookieThatScriptsAndOtherSitesDontGet) {
  const Response login = LogIn();
  const std::string line = CookieLineOf(login);
  EXPECT_THAT(line, HasSubstr("gale_session=ey"));
  EXPECT_THAT(line, HasSubstr("; Path=/; Max-Age=86400; HttpOnly; SameSite=Strict"));
  EXPECT_THAT(line, Not(HasSubstr("Secure")));
  const Json said = Json::parse(login.body);
  EXPECT_EQ(said["username"], "admin");
  EXPECT_EQ(said["role"], "Admin");
  EXPECT_EQ(said["rights"], Json({"read", "run", "operate", "administer"}));
  EXPECT_EQ(said["version"], "1.2.3");
  EXPECT_GT(said["expires_at"], said["now"]);
  EXPECT_THAT(login.body, Not(HasSubstr(Held(login).substr(20))));

  tls_ = true;
  EXPECT_THAT(CookieLineOf(LogIn()), EndsWith("; Secure"));
  tls_ = false;
  EXPECT_THAT(CookieLineOf(Ask("POST", kSession, R"({"username":"eve","password":"secret"})",
                               {{"x-forwarded-proto", "https"}})),
              EndsWith("; Secure"));
}

TEST_F(SessionTest, TheCookieIsAsGoodAsATokenForLooking) {
  const Response login = LogIn("eve");
  EXPECT_EQ(Ask("GET", "/api/v2/dags/etl").status, 401);
  EXPECT_EQ(Ask("GET", "/api/v2/dags/etl", "", {{"cookie", Held(login)}}).status, 200);
  EXPECT_EQ(Ask("GET", "/api/v2/dags/etl", "", {{"cookie", "a=b; " + Held(login) + "; c"}}).status,
            200);
  EXPECT_EQ(Ask("GET", "/api/v2/dags/etl", "", {{"cookie", "x" + Held(login)}}).status, 401);
  const Response again = Ask("GET", kSession, "", {{"cookie", Held(login)}});
  ASSERT_EQ(again.status, 200);
  EXPECT_EQ(Json::parse(again.body)["rights"], Json({"read"}));
  EXPECT_EQ(Json::parse(again.body)["csrf_token"], Json::parse(login.body)["csrf_token"]);
  EXPECT_EQ(Ask("GET", kSession).status, 401);
  EXPECT_EQ(Ask("GET", kSession, "", {{"cookie", "gale_session=not.a.token"}}).status, 401);
}

TEST_F(SessionTest, WithTheCookieAChangeNeedsTheSessionsOwnCsrfToken) {
  const std::string paused = R"({"is_paused":true})";
  const Response login = LogIn(), other = LogIn();
  const std::string csrf = Json::parse(login.body)["csrf_token"];
  const auto patch = [&](std::map<std::string, std::string> headers) {
    headers["cookie"] = Held(login);
    return Ask("PATCH", "/api/v2/dags/etl", paused, std::move(headers));
  };
  const Response refused = patch({});
  EXPECT_EQ(refused.status, 403);
  EXPECT_THAT(refused.body, HasSubstr("X-CSRF-Token"));
  EXPECT_THAT(refused.body, HasSubstr("/api/gale/v1/session"));
  EXPECT_EQ(patch({{"x-csrf-token", Json::parse(other.body)["csrf_token"]}}).status, 403);
  EXPECT_EQ(patch({{"x-csrf-token", csrf.substr(1)}}).status, 403);
  EXPECT_FALSE(server_.control->GetDag("etl")->row.is_paused);
  EXPECT_EQ(patch({{"x-csrf-token", csrf}}).status, 200);
  // A bearer token comes from no browser by itself: it counts more than the cookie, and needs none.
  const std::string bearer = "Bearer " + server_.auth->IssueToken({"admin", Role::kAdmin});
  EXPECT_EQ(patch({{"authorization", bearer}}).status, 200);
  EXPECT_EQ(patch({{"authorization", "Basic YTpi"}, {"x-csrf-token", csrf}}).status, 401);
}

// The secret is the ledger's: another master takes the cookie and its CSRF token, too.
TEST_F(SessionTest, AnyMasterOfTheLedgerTakesIt) {
  const Response login = LogIn();
  Auth elsewhere(*server_.store);
  ASSERT_TRUE(elsewhere.Prepare().ok());
  Request request;
  request.method = "POST";
  request.headers = {{"cookie", Held(login)},
                     {"x-csrf-token", Json::parse(login.body)["csrf_token"]}};
  EXPECT_TRUE(WhoAsks(request, elsewhere).ok());
  request.headers.erase("x-csrf-token");
  EXPECT_EQ(WhoAsks(request, elsewhere).status().code(), Code::kPermissionDenied);
}

TEST_F(SessionTest, LoggingOutTakesTheCookieAway) {
  const Response login = LogIn();
  EXPECT_EQ(Ask("DELETE", kSession, "", {{"cookie", Held(login)}}).status, 403);
  const Response out =
      Ask("DELETE", kSession, "",
          {{"cookie", Held(login)}, {"x-csrf-token", Json::parse(login.body)["csrf_token"]}});
  EXPECT_EQ(out.status, 204);
  EXPECT_THAT(CookieLineOf(out), HasSubstr("gale_session=; Path=/; Max-Age=0;"));
  // One that is worth nothing goes, too.
  EXPECT_EQ(Ask("DELETE", kSession, "", {{"cookie", "gale_session=old"}}).status, 204);
}

// Also for who has copied it, and a bearer JWT is ended in the same way.
TEST_F(SessionTest, LoggingOutEndsTheSession) {
  const Response login = LogIn(), other = LogIn();
  const std::map<std::string, std::string> whole = {
      {"cookie", Held(login)}, {"x-csrf-token", Json::parse(login.body)["csrf_token"]}};
  EXPECT_EQ(Ask("DELETE", kSession, "", whole).status, 204);
  const Response late = Ask("GET", kSession, "", {{"cookie", Held(login)}});
  EXPECT_EQ(late.status, 401);
  EXPECT_THAT(late.body, HasSubstr("logged out"));
  EXPECT_EQ(Ask("GET", kSession, "", {{"cookie", Held(other)}}).status, 200);
  EXPECT_EQ(Ask("DELETE", kSession, "", whole).status, 204) << "twice";

  const std::string bearer = "Bearer " + server_.auth->IssueToken({"admin", Role::kAdmin});
  EXPECT_EQ(Ask("DELETE", kSession, "", {{"authorization", bearer}}).status, 204);
  EXPECT_EQ(Ask("GET", kSession, "", {{"authorization", bearer}}).status, 401);
}

TEST_F(SessionTest, ANewPasswordEndsAllOtherSessionsAndThisOneGoesOn) {
  const Response login = LogIn("eve"), other = LogIn("eve");
  const std::string csrf = Json::parse(login.body)["csrf_token"];
  const Response changed = Ask("POST", "/api/gale/v1/session/password",
                               R"({"old_password":"secret","new_password":"better"})",
                               {{"cookie", Held(login)}, {"x-csrf-token", csrf}});
  ASSERT_EQ(changed.status, 204);
  EXPECT_THAT(CookieLineOf(changed), HasSubstr("; HttpOnly; SameSite=Strict"));
  const Response on = Ask("GET", kSession, "", {{"cookie", Held(changed)}});
  ASSERT_EQ(on.status, 200);
  EXPECT_EQ(Json::parse(on.body)["csrf_token"], csrf) << "what the page holds counts still";
  for (const Response& former : {login, other}) {
    EXPECT_EQ(Ask("GET", kSession, "", {{"cookie", Held(former)}}).status, 401);
  }
  // With a bearer there is no cookie to go on with.
  const std::string bearer =
      "Bearer " + server_.auth->IssueToken(*server_.auth->Login("eve", "better", "here"));
  const Response again =
      Ask("POST", "/api/gale/v1/session/password",
          R"({"old_password":"better","new_password":"best"})", {{"authorization", bearer}});
  EXPECT_EQ(again.status, 204);
  EXPECT_EQ(CookieLineOf(again), "");
  EXPECT_EQ(Ask("GET", kSession, "", {{"authorization", bearer}}).status, 401);
  EXPECT_EQ(Ask("GET", kSession, "", {{"cookie", Held(changed)}}).status, 401);
}

TEST_F(SessionTest, GuessesAtPasswordsCountAsAnyOthers) {
  const std::string wrong = R"({"username":"eve","password":"guess"})";
  for (uint32_t i = 0; i < Auth::kFailuresMax; ++i) {
    EXPECT_EQ(Ask("POST", i % 2 == 0 ? kSession : "/auth/token", wrong).status, 401);
  }
  EXPECT_EQ(Ask("POST", kSession, R"({"username":"eve","password":"secret"})").status, 429);
  EXPECT_EQ(Ask("POST", "/auth/token", R"({"username":"eve","password":"secret"})").status, 429);
}

TEST_F(SessionTest, AnotherSitesPageLogsNobodyIn) {
  const std::string right = R"({"username":"eve","password":"secret"})";
  EXPECT_EQ(Ask("POST", kSession, right, {{"sec-fetch-site", "cross-site"}}).status, 403);
  EXPECT_EQ(Ask("POST", kSession, right, {{"sec-fetch-site", "same-origin"}}).status, 201);
}

// A session ends by the clock, and with its user.
TEST_F(SessionTest, ATokenThatHasExpiredIs401) {
  const std::string old = server_.auth->IssueToken({"admin", Role::kAdmin}, -Duration(1));
  const Response late = Ask("GET", kSession, "", {{"cookie", "gale_session=" + old}});
  EXPECT_EQ(late.status, 401);
  EXPECT_THAT(late.body, HasSubstr("expired"));
}

}  // namespace
}  // namespace gale::http
