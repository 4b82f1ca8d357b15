// Users over REST, what they mark, and what is told of what they did.
#include <gmock/gmock.h>

#include "tests/unit/master/api/http/rest_for_test.h"

namespace gale::http {
namespace {

using testing::HasSubstr;

constexpr char kUsers[] = "/api/gale/v1/users";

class UsersTest : public RestForTest {
 protected:
  // As that user from now on.
  void As(const std::string& name, Role role) { token_ = server_.auth->IssueToken({name, role}); }
  std::string Events(const std::string& query) {
    std::string all;
    const Json events = Get("/api/v2/eventLogs?" + query);
    for (const Json& event : events["event_logs"]) {
      all += fmt::format("{} {}: {}; ", event["owner"].get<std::string>(),
                         event["event"].get<std::string>(),
                         event["extra"].is_null() ? "" : event["extra"].get<std::string>());
    }
    return all;
  }
};

TEST_F(UsersTest, AnAdminMakesChangesAndRemovesThem) {
  Response made = Ask("POST", kUsers, R"({"username":"ann","password":"one","role":"User"})");
  EXPECT_EQ(made.status, 201);
  EXPECT_EQ(made.body, R"({"username":"ann","role":"User"})");
  EXPECT_TRUE(server_.auth->Login("ann", "one", "here").ok());
  EXPECT_EQ(Get(kUsers)["total_entries"], 2);
  EXPECT_EQ(Get(std::string(kUsers) + "?limit=1&offset=1")["users"][0]["username"], "ann");
  EXPECT_EQ(Ask("POST", kUsers, R"({"username":"ann","password":"x","role":"Op"})").status, 409);

  const std::string ann = server_.auth->IssueToken({"ann", Role::kUser});
  const std::string path = std::string(kUsers) + "/ann";
  EXPECT_EQ(Ask("PATCH", path, R"({"role":"Viewer"})").body,
            R"({"username":"ann","role":"Viewer"})");
  EXPECT_EQ(server_.auth->Verify(ann)->role, Role::kViewer) << "a token's rights end at once";
  EXPECT_TRUE(server_.auth->Login("ann", "one", "here").ok());
  EXPECT_EQ(Ask("PATCH", path, R"({"password":"two"})").status, 200);
  EXPECT_FALSE(server_.auth->Login("ann", "one", "here").ok());
  EXPECT_TRUE(server_.auth->Login("ann", "two", "here").ok());
  EXPECT_EQ(Ask("DELETE", path).status, 204);
  EXPECT_EQ(Ask("DELETE", path).status, 404);
  EXPECT_EQ(Ask("PATCH", path, R"({"role":"Op"})").status, 404);
  EXPECT_EQ(server_.auth->Verify(ann).status().code(), Code::kUnauthenticated);
  EXPECT_EQ(Events("dag_id_pattern=&owner=admin"),
            "admin create_user: ann (User); admin set_role: ann (Viewer); "
            "admin set_password: ann; admin delete_user: ann; ");
  const Json all = Get("/api/v2/eventLogs");
  EXPECT_THAT(all.dump(), testing::Not(HasSubstr("two"))) << "no password in the trail";
}

TEST_F(UsersTest, WhatIsWrongIsRefused) {
  for (const char* body : {R"({})", R"({"username":"b","password":"x"})",
                           R"({"username":"b","password":"x","role":"Emperor"})",
                           R"({"username":1,"password":"x","role":"Op"})",
                           R"({"username":"b","password":"x","role":"Op","more":1})",
                           R"({"username":"a\u0000b","password":"x","role":"Op"})"}) {
    EXPECT_EQ(Ask("POST", kUsers, body).status, 422) << body;
  }
  for (const std::string& body :
       {std::string(R"({"username":"","password":"x","role":"Op"})"),
        std::string(R"({"username":"b","password":"","role":"Op"})"),
        R"({"username":"b","role":"Op","password":")" + std::string(1025, 'x') + "\"}",
        R"({"password":"x","role":"Op","username":")" + std::string(251, 'x') + "\"}"}) {
    EXPECT_EQ(Ask("POST", kUsers, body).status, 400) << body.substr(0, 60);
  }
  EXPECT_EQ(Get(kUsers)["total_entries"], 1);
  EXPECT_EQ(Ask("POST", kUsers, R"({"username":"김/%","password":"x","role":"Op"})").status, 201);
  EXPECT_EQ(Ask("DELETE", std::string(kUsers) + "/%EA%B9%80%2F%25").status, 204);
}

TEST_F(UsersTest, TheLastAdminStays) {
  const std::string path = std::string(kUsers) + "/admin";
  const Response refused = Ask("DELETE", path);
  EXPECT_EQ(refused.status, 409);
  EXPECT_THAT(refused.body, HasSubstr("'admin' is the last Admin: make another one first"));
  EXPECT_EQ(Ask("PATCH", path, R"({"role":"Op"})").status, 409);
  EXPECT_EQ(Ask("POST", kUsers, R"({"username":"b","password":"x","role":"Admin"})").status, 201);
  EXPECT_EQ(Ask("DELETE", path).status, 204);
  EXPECT_EQ(Ask("GET", kUsers).status, 401) << "he has removed himself";
  EXPECT_FALSE(server_.auth->EnsureAdmin(server_.home / "admin_password").value())
      << "and doesn't come back when a master starts";
  EXPECT_FALSE(std::filesystem::exists(server_.home / "admin_password"));
}

TEST_F(UsersTest, OnlyAnAdminMay) {
  ASSERT_TRUE(server_.auth->SetUser("op", "x", Role::kOp).ok());
  As("op", Role::kOp);
  EXPECT_EQ(Ask("GET", kUsers).status, 403);
  EXPECT_EQ(Ask("POST", kUsers, R"({"username":"b","password":"x","role":"Admin"})").status, 403);
  EXPECT_EQ(Ask("PATCH", std::string(kUsers) + "/op", R"({"role":"Admin"})").status, 403);
  EXPECT_EQ(Ask("DELETE", std::string(kUsers) + "/admin").status, 403);
}

TEST_F(UsersTest, OnesOwnPasswordCostsTheOldOne) {
  ASSERT_TRUE(server_.auth->SetUser("eve", "old", Role::kViewer).ok());
  As("eve", Role::kViewer);
  constexpr char kPassword[] = "/api/gale/v1/session/password";
  const Response wrong = Ask("POST", kPassword, R"({"old_password":"x","new_password":"new"})");
  EXPECT_EQ(wrong.status, 403);
  EXPECT_THAT(wrong.body, HasSubstr("the old password is wrong"));
  EXPECT_EQ(Ask("POST", kPassword, R"({"old_password":"old","new_password":""})").status, 400);
  EXPECT_EQ(Ask("POST", kPassword, R"({"old_password":"old"})").status, 422);
  EXPECT_EQ(Ask("POST", kPassword, R"({"old_password":"old","new_password":"new"})").status, 204);
  EXPECT_FALSE(server_.auth->Login("eve", "old", "here").ok());
  EXPECT_EQ(server_.auth->Login("eve", "new", "here")->role, Role::kViewer);
  EXPECT_EQ(Events("event=change_password"), "eve change_password: ; ");
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(Ask("POST", kPassword, R"({"old_password":"x","new_password":"y"})").status, 403);
  }
  EXPECT_EQ(Ask("POST", kPassword, R"({"old_password":"new","new_password":"y"})").status, 429);
}

TEST_F(UsersTest, FavoritesAreOnesOwn) {
  server_.AddDag("etl", {"a"});
  ASSERT_TRUE(server_.auth->SetUser("eve", "x", Role::kViewer).ok());
  const std::string dag = "/api/v2/dags/etl";
  EXPECT_EQ(Ask("POST", dag + "/favorite").status, 204);
  EXPECT_EQ(Ask("POST", dag + "/favorite").status, 409);
  EXPECT_EQ(Get(dag + "/details")["is_favorite"], true);
  server_.AddDag("other", {"a"});
  const Json list = Get("/api/gale/v1/dags?favorite=true");
  EXPECT_EQ(list["counts"]["favorite"], 1);
  ASSERT_EQ(list["dags"].size(), 1u);
  EXPECT_EQ(list["dags"][0]["dag_id"], "etl");
  EXPECT_EQ(list["dags"][0]["is_favorite"], true);
  As("eve", Role::kViewer);
  EXPECT_EQ(Get(dag + "/details")["is_favorite"], false);
  EXPECT_EQ(Ask("POST", dag + "/unfavorite").status, 409);
  EXPECT_EQ(Ask("POST", dag + "/favorite").status, 204) << "a Viewer, too";
  EXPECT_EQ(Ask("POST", dag + "/unfavorite").status, 204);
  EXPECT_EQ(Ask("POST", "/api/v2/dags/none/favorite").status, 404);
  EXPECT_EQ(server_.store->reads().ListFavorites("admin")->size(), 1u);
}

TEST_F(UsersTest, EventsAreFilteredAndFoundByTheirNumber) {
  server_.AddDag("etl", {"a"});
  server_.Trigger("etl", "r1");
  EXPECT_EQ(Events("event=unpause"), "tester unpause: ; ");
  EXPECT_EQ(Get("/api/v2/eventLogs?dag_id=etl&excluded_events=unpause")["total_entries"], 1);
  EXPECT_EQ(Get("/api/v2/eventLogs?included_events=unpause&included_events=x")["total_entries"], 1);
  EXPECT_EQ(Get("/api/v2/eventLogs?run_id=r1")["total_entries"], 1);
  EXPECT_EQ(Get("/api/v2/eventLogs?run_id_pattern=R")["total_entries"], 1);
  EXPECT_EQ(Get("/api/v2/eventLogs?before=2020-01-01T00:00:00Z")["total_entries"], 0);
  EXPECT_EQ(Get("/api/v2/eventLogs?after=2020-01-01T00:00:00Z")["total_entries"], 2);
  EXPECT_EQ(Ask("GET", "/api/v2/eventLogs?after=yesterday").status, 422);
  const Json first = Get("/api/v2/eventLogs")["event_logs"][0];
  EXPECT_EQ(Get("/api/v2/eventLogs/" + first["event_log_id"].dump()), first);
  EXPECT_EQ(Ask("GET", "/api/v2/eventLogs/999").status, 404);
}

TEST_F(UsersTest, FactsAboutDags) {
  server_.AddDag("etl", {"a"});
  server_.Trigger("etl", "r1");
  auto link = server_.Connect();
  link->WaitFor([&] { return !link->grants.empty(); });
  EXPECT_EQ(Get("/api/v2/dagStats?dag_ids=etl&dag_ids=none"), Json::parse(R"({"dags":[
      {"dag_id":"etl","dag_display_name":"etl","stats":[{"state":"queued","count":0},
      {"state":"running","count":1},{"state":"success","count":0},{"state":"failed","count":0}]}],
      "total_entries":1})"));
  EXPECT_EQ(Get("/api/v2/dagTags"), Json::parse(R"({"tags":[],"total_entries":0})"));
  EXPECT_EQ(Get("/api/v2/dagWarnings"), Json::parse(R"({"dag_warnings":[],"total_entries":0})"));
  const Response hidden = Ask("GET", "/api/v2/config");
  EXPECT_EQ(hidden.status, 403);
  EXPECT_THAT(hidden.body, HasSubstr("chose not to expose the configuration"));
  EXPECT_EQ(Ask("GET", "/api/v2/dagSources/etl").status, 404) << "it came from no file";
}

}  // namespace
}  // namespace gale::http
