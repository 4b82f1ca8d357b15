// Users' named tokens over REST: made, shown once, used as a JWT is, deleted.
#include <gmock/gmock.h>

#include "master/api/named_token.h"
#include "tests/unit/master/api/http/rest_for_test.h"

namespace gale::http {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr char kTokens[] = "/api/gale/v1/tokens";

class TokensTest : public RestForTest {
 protected:
  TokensTest() {
    EXPECT_TRUE(server_.auth->SetUser("ann", "secret", Role::kUser).ok());
    admin_ = token_;
    ann_ = server_.auth->IssueToken({"ann", Role::kUser});
    token_ = ann_;
  }
  Json Make(const std::string& body) {
    const Response made = Ask("POST", kTokens, body);
    EXPECT_EQ(made.status, 201) << made.body;
    return Json::parse(made.body);
  }
  int StatusAs(const std::string& token, const std::string& method, const std::string& target,
               const std::string& body = "") {
    const std::string before = std::exchange(token_, token);
    const int status = Ask(method, target, body).status;
    token_ = before;
    return status;
  }
  std::string admin_, ann_;
};

TEST_F(TokensTest, AUserMakesOneSeesItOnceAndDeletesIt) {
  const Json made = Make(R"({"name":"ci","expires_at":"2999-01-01T00:00:00Z"})");
  const std::string secret = made["token"];
  EXPECT_TRUE(IsNamedToken(secret));
  EXPECT_THAT(secret, HasSubstr("gale_" + made["id"].get<std::string>()));
  EXPECT_EQ(made["username"], "ann");
  EXPECT_EQ(made["expires_at"], "2999-01-01T00:00:00Z");
  EXPECT_EQ(made["last_used_at"], nullptr);
  EXPECT_EQ(Make(R"({"name":"lasting","expires_at":null})")["expires_at"], nullptr);

  const Response listed = Ask("GET", kTokens);
  EXPECT_THAT(listed.body, Not(HasSubstr(secret)));
  EXPECT_THAT(listed.body, Not(HasSubstr(NamedTokenHash(secret))));
  const Json list = Json::parse(listed.body);
  EXPECT_EQ(list["total_entries"], 2);
  EXPECT_EQ(list["tokens"][0]["name"], "ci");
  EXPECT_EQ(Get(std::string(kTokens) + "?limit=1&offset=1")["tokens"][0]["name"], "lasting");

  EXPECT_EQ(StatusAs(secret, "GET", "/api/v2/dags"), 200);
  EXPECT_EQ(StatusAs(secret, "GET", "/api/gale/v1/users"), 403) << "ann's rights, no more";
  EXPECT_NE(Get(kTokens)["tokens"][0]["last_used_at"], nullptr);
  const std::string path = std::string(kTokens) + "/" + made["id"].get<std::string>();
  EXPECT_EQ(Ask("DELETE", path).status, 204);
  EXPECT_EQ(StatusAs(secret, "GET", "/api/v2/dags"), 401);
  EXPECT_EQ(Ask("DELETE", path).status, 404);
}

TEST_F(TokensTest, OneMakesNoOthersAndIsNotLoggedOut) {
  const std::string secret = Make(R"({"name":"ci"})")["token"];
  token_ = secret;
  const Response refused = Ask("POST", kTokens, R"({"name":"more"})");
  EXPECT_EQ(refused.status, 403);
  EXPECT_THAT(refused.body, HasSubstr("log in"));
  EXPECT_EQ(Ask("DELETE", "/api/gale/v1/session").status, 403);
  const Json session = Get("/api/gale/v1/session");
  EXPECT_EQ(session["username"], "ann");
  EXPECT_EQ(session["expires_at"], nullptr);
  token_.clear();
  EXPECT_EQ(Ask("GET", "/api/v2/dags", "", {{"cookie", "gale_session=" + secret}}).status, 401)
      << "it is no cookie";
}

TEST_F(TokensTest, AnAdminSeesAndDeletesThoseOfAllAndMakesThemForOthers) {
  const std::string anns = Make(R"({"name":"ci"})")["token"];
  const std::string path = std::string(kTokens) + "/" + std::string(NamedTokenId(anns));
  const std::string all = std::string(kTokens) + "?all_users=true";
  EXPECT_EQ(StatusAs(ann_, "GET", all), 403);
  EXPECT_EQ(StatusAs(ann_, "POST", kTokens, R"({"name":"x","username":"admin"})"), 403);
  token_ = admin_;
  const Json mine = Make(R"({"name":"mine"})");
  EXPECT_EQ(Get(kTokens)["tokens"][0]["name"], "mine");
  EXPECT_EQ(Get(all)["total_entries"], 2);
  EXPECT_EQ(Get(all)["tokens"][1]["username"], "ann");
  EXPECT_EQ(StatusAs(ann_, "DELETE", std::string(kTokens) + "/" + mine["id"].get<std::string>()),
            404);
  EXPECT_EQ(Make(R"({"name":"robot","username":"ann"})")["username"], "ann");
  EXPECT_EQ(Ask("POST", kTokens, R"({"name":"x","username":"nobody"})").status, 404);
  EXPECT_EQ(Ask("DELETE", path).status, 204);
  EXPECT_EQ(StatusAs(anns, "GET", "/api/v2/dags"), 401);
  const Json events = Get("/api/v2/eventLogs?event_pattern=_token&order_by=-id");
  EXPECT_EQ(events["event_logs"][0]["event"], "delete_token");
  EXPECT_EQ(events["event_logs"][0]["owner"], "admin");
  EXPECT_EQ(events["event_logs"][0]["extra"], "token 'ci' of user 'ann'");
  EXPECT_THAT(events.dump(), Not(HasSubstr(anns)));
}

TEST_F(TokensTest, WhatIsWrongIsRefused) {
  EXPECT_EQ(Ask("POST", kTokens, "{}").status, 422);
  EXPECT_EQ(Ask("POST", kTokens, R"({"name":""})").status, 400);
  EXPECT_EQ(Ask("POST", kTokens, R"({"name":"x","expires_at":"soon"})").status, 422);
  const Response past = Ask("POST", kTokens, R"({"name":"x","expires_at":"2020-01-01T00:00:00Z"})");
  EXPECT_EQ(past.status, 400);
  EXPECT_THAT(past.body, HasSubstr("expires_at"));
  Make(R"({"name":"x"})");
  EXPECT_EQ(Ask("POST", kTokens, R"({"name":"x"})").status, 409);
}

}  // namespace
}  // namespace gale::http
