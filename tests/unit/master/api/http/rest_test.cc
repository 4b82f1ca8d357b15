// REST as clients see it: real engine, ledger and logs behind it.
#include <gmock/gmock.h>

#include "common/base/limits.h"
#include "common/base/text_limits.h"
#include "tests/unit/master/api/http/rest_for_test.h"

namespace gale::http {
namespace {

using testing::HasSubstr;

class RestTest : public RestForTest {};

TEST_F(RestTest, ATokenCostsAPassword) {
  token_.clear();
  EXPECT_EQ(Ask("GET", "/api/v2/dags").status, 401);
  Response login = Ask("POST", "/auth/token", R"({"username":"admin","password":"secret"})");
  ASSERT_EQ(login.status, 201) << login.body;
  token_ = Json::parse(login.body)["access_token"];
  EXPECT_EQ(Ask("GET", "/api/v2/dags").status, 200);
  login = Ask("POST", "/auth/token/cli", "username=admin&password=secret",
              {{"content-type", "application/x-www-form-urlencoded"}});
  EXPECT_EQ(login.status, 201) << login.body;
  Response wrong = Ask("POST", "/auth/token", R"({"username":"admin","password":"wrong"})");
  EXPECT_EQ(wrong.status, 401);
  EXPECT_EQ(Json::parse(wrong.body)["detail"], "Invalid credentials");
  token_ = "not.a.token";
  EXPECT_EQ(Ask("GET", "/api/v2/dags").status, 403);  // as Airflow 3.3.2 does
}

TEST_F(RestTest, AViewerMayOnlyLook) {
  server_.AddDag("etl", {"a"});
  ASSERT_TRUE(server_.auth->SetUser("eve", "x", Role::kViewer).ok());
  token_ = server_.auth->IssueToken({"eve", Role::kViewer});
  EXPECT_EQ(Ask("GET", "/api/v2/dags/etl").status, 200);
  EXPECT_EQ(Ask("POST", "/api/v2/dags/etl/dagRuns", "{}").status, 403);
  EXPECT_EQ(Ask("PATCH", "/api/v2/dags/etl", R"({"is_paused":true})").status, 403);
  EXPECT_EQ(Ask("POST", "/api/v2/pools", R"({"name":"p","slots":1})").status, 403);
}

// What only the leader can answer is handed on before anything is tried; the rest never is, and
// nobody's request is who may not.
TEST_F(RestTest, WhatNeedsTheLeaderIsHandedOn) {
  server_.AddDag("etl", {"a"});
  const auto ask = [&](const std::string& method, const std::string& target,
                       const std::string& body = "") {
    Request request;
    request.method = method;
    EXPECT_TRUE(request.SetTarget(target));
    request.body = body;
    request.headers["authorization"] = "Bearer " + token_;
    return api_.Handle(request,
                       [](const Request& r) {
                         return Response{418, "", r.target, {}};
                       })
        .status;
  };
  EXPECT_EQ(ask("GET", "/api/v2/dags/etl"), 200);
  EXPECT_EQ(ask("GET", "/api/v2/pools"), 418);
  EXPECT_EQ(ask("POST", "/api/v2/dags/etl/dagRuns", "{}"), 418);
  EXPECT_EQ(Get("/api/v2/dags/etl/dagRuns")["total_entries"], 0);
  EXPECT_EQ(ask("POST", "/api/v2/dags/etl/dagRuns", "{"), 422);
  token_ = server_.auth->IssueToken({"eve", Role::kViewer});
  EXPECT_NE(ask("POST", "/api/v2/dags/etl/dagRuns", "{}"), 418);
}

// The document's bounds are those of the rows behind it.
TEST(DocumentTest, ItsBoundsAreOurs) {
  size_t seen = 0;
  for (const Operation& operation : kOperations) {
    for (const Input& input : operation.inputs) {
      const auto is = [&](std::string_view name) { return input.name == name && ++seen > 0; };
      if (operation.id == "get_log_range" && is("limit")) {
        EXPECT_EQ(input.max, limits::kLogRangeBytesMax);
      } else if (operation.id == "get_dag_grid" && is("limit")) {
        EXPECT_EQ(input.max, limits::kGridRunsMax);
      } else if (operation.id == "get_log_times") {  // bytes that nobody reads
      } else if (is("limit")) {
        EXPECT_EQ(input.max, limits::kPageRowsMax) << operation.id;
        EXPECT_EQ(input.defaults[0], std::to_string(limits::kPageRowsDefault));
      } else if (input.field == "note" && is("note")) {
        EXPECT_EQ(input.bytes_max, limits::kNoteBytesMax) << operation.id;
      } else if (operation.id == "post_pool" && is("name")) {
        EXPECT_EQ(input.bytes_max, limits::kPoolNameBytesMax);
      } else if (is("description")) {
        EXPECT_EQ(input.bytes_max, limits::kDescriptionBytesMax) << operation.id;
      } else if (is("try_number")) {
        EXPECT_EQ(input.max, limits::kTriesMax);
      }
    }
  }
  EXPECT_GE(seen, 15u) << "nothing was looked at";
}

TEST_F(RestTest, TheDocumentIsServed) {
  token_.clear();
  const Json document = Get("/openapi.json");
  const Json trigger = document["paths"]["/api/v2/dags/{dag_id}/dagRuns"]["post"];
  EXPECT_EQ(trigger["operationId"], "trigger_dag_run");
  EXPECT_EQ(trigger["x-gale-role"], "User");
  EXPECT_EQ(trigger["x-gale-leader"], true);
  EXPECT_EQ(document.dump().find("x-gale-from"), std::string::npos);  // how we make it isn't told
  EXPECT_EQ(document["components"]["schemas"]["PoolResponse"]["required"].size(), 11u);
}

TEST_F(RestTest, HealthAndVersionNeedNoToken) {
  token_.clear();
  EXPECT_EQ(Get("/api/v2/monitor/health")["scheduler"]["status"], "healthy");
  EXPECT_EQ(Get("/api/v2/version")["version"], "1.2.3");
  EXPECT_THAT(Ask("GET", "/").body, HasSubstr("/auth/token"));
}

TEST_F(RestTest, ErrorsHaveAirflowsShape) {
  server_.AddDag("etl", {"a"});
  EXPECT_THAT(Get("/api/v2/dags/nowhere", 404)["detail"].get<std::string>(), HasSubstr("nowhere"));
  EXPECT_TRUE(Get("/api/v2/no/such/path", 404).contains("detail"));
  EXPECT_EQ(Ask("DELETE", "/api/v2/version").status, 405);
  Response bad = Ask("POST", "/api/v2/dags/etl/dagRuns", "{no json");
  EXPECT_EQ(bad.status, 422);
  EXPECT_EQ(Json::parse(bad.body)["detail"][0]["type"], "json_invalid");
  bad = Ask("PATCH", "/api/v2/dags/etl", R"({"is_paused":"perhaps"})");
  EXPECT_EQ(bad.status, 422);
  EXPECT_EQ(Json::parse(bad.body)["detail"][0]["loc"], Json::parse(R"(["body","is_paused"])"));
  EXPECT_EQ(Ask("PATCH", "/api/v2/dags/etl", R"({"is_paused":true,"more":1})").status, 422);
  EXPECT_EQ(Ask("PATCH", "/api/v2/dags/etl").status, 422);
  EXPECT_EQ(Ask("GET", "/api/v2/dags?limit=many").status, 422);
  EXPECT_EQ(Ask("GET", "/api/v2/dags?order_by=colour").status, 400);
  EXPECT_EQ(Ask("GET", "/api/v2/dags?some_new_filter=1").status, 200);
}

TEST_F(RestTest, ARunIsTriggeredOnce) {
  server_.AddDag("etl", {"a", "b"});
  Response made =
      Ask("POST", "/api/v2/dags/etl/dagRuns",
          R"({"dag_run_id":"r1","logical_date":null,"conf":{"x":[1,null]},"note":"hi"})");
  ASSERT_EQ(made.status, 200) << made.body;
  const Json run = Json::parse(made.body);
  EXPECT_EQ(run["dag_run_id"], "r1");
  EXPECT_EQ(run["logical_date"], nullptr);
  EXPECT_EQ(run["conf"], Json::parse(R"({"x":[1,null]})"));
  EXPECT_EQ(run["triggered_by"], "rest_api");
  EXPECT_EQ(run["triggering_user_name"], "admin");
  EXPECT_EQ(run["dag_versions"][0]["version_number"], 1);
  Response again = Ask("POST", "/api/v2/dags/etl/dagRuns", R"({"dag_run_id":"r1"})");
  EXPECT_EQ(again.status, 409);
  EXPECT_EQ(Json::parse(again.body)["detail"]["reason"], "Unique constraint violation");
  EXPECT_EQ(Get("/api/v2/dags/~/dagRuns?state=running&state=queued")["total_entries"], 1);
  EXPECT_EQ(Get("/api/v2/dags/etl/dagRuns?state=failed")["total_entries"], 0);
  EXPECT_EQ(Ask("GET", "/api/v2/dags/etl/dagRuns?state=odd").status, 422);

  const Json tasks = Get("/api/v2/dags/etl/dagRuns/r1/taskInstances");
  EXPECT_EQ(tasks["total_entries"], 2);
  EXPECT_EQ(tasks["task_instances"][1]["state"], nullptr);
  EXPECT_EQ(Get("/api/v2/dags/etl/dagRuns/r1/taskInstances?state=none")["total_entries"], 1);
  EXPECT_EQ(Get("/api/v2/dags/etl/tasks")["tasks"][0]["downstream_task_ids"],
            Json::parse(R"(["b"])"));
}

TEST_F(RestTest, ATaskLeavesALogAndAnXComAndCanBeMarked) {
  server_.AddDag("etl", {"a", "b"});
  server_.Trigger("etl", "r 1:+");
  auto link = server_.Connect();
  link->WaitFor([&] { return !link->grants.empty(); });
  const AttemptId attempt = link->grants[0].attempt;
  const LogKey key = server_.control->NameAttempt(attempt).value();
  ASSERT_TRUE(server_.logs->Append(key, 0, "one\ntwo \xff\n").ok());
  server_.Finish(link, attempt, core::Outcome::kSuccess, {{"return_value", R"({"n":5})"}}, 10);

  const std::string run = "/api/v2/dags/etl/dagRuns/r%201%3A%2B";
  const std::string task = run + "/taskInstances/a";
  const Json log = Get(task + "/logs/1?full_content=true");
  EXPECT_EQ(log["content"][0]["event"], "one");
  EXPECT_EQ(log["content"].size(), 2u);
  EXPECT_EQ(log["continuation_token"], nullptr);
  EXPECT_EQ(Ask("GET", task + "/logs/1", "", {{"accept", "text/plain"}}).body, "one\ntwo \xff\n");
  EXPECT_THAT(Ask("GET", task + "/logs/1", "", {{"accept", "application/x-ndjson"}}).body,
              testing::StartsWith("{\"event\":\"one\"}\n"));
  EXPECT_EQ(Ask("GET", task + "/logs/9").status, 404);
  EXPECT_EQ(Get(task + "/xcomEntries")["total_entries"], 1);
  EXPECT_EQ(Get(task + "/xcomEntries/return_value")["value"]["n"], 5);
  EXPECT_EQ(Get(task + "/xcomEntries/return_value?stringify=true")["value"], R"({"n":5})");
  EXPECT_EQ(Get(task + "/tries")["total_entries"], 1);

  Response marked = Ask("PATCH", run + "/taskInstances/b", R"({"new_state":"failed"})");
  ASSERT_EQ(marked.status, 200) << marked.body;
  EXPECT_EQ(Json::parse(marked.body)["task_instances"][0]["state"], "failed");
  EXPECT_EQ(Ask("PATCH", run + "/taskInstances/b", R"({"new_state":"running"})").status, 422);
  EXPECT_EQ(Get("/api/v2/dags/etl/dagRuns/r%201%3A%2B")["state"], "failed");
  Response cleared = Ask("POST", "/api/v2/dags/etl/clearTaskInstances",
                         R"({"dag_run_id":"r 1:+","dry_run":false,"task_ids":["b"]})");
  ASSERT_EQ(cleared.status, 200) << cleared.body;
  EXPECT_EQ(Json::parse(cleared.body)["total_entries"], 1);
  EXPECT_GT(Get("/api/v2/eventLogs?order_by=-when")["total_entries"], 2);
  EXPECT_EQ(Get("/api/gale/v1/workers")["workers"][0]["name"], "w1");
  EXPECT_TRUE(
      Get("/api/gale/v1/dags/etl/dagRuns/r%201%3A%2B/taskInstances/b/explain").contains("reasons"));
}

// One of two runs has touched one of its five: the others have no row.
TEST_F(RestTest, ElementsWithoutARowAreListedOverAllRuns) {
  ASSERT_TRUE(server_.control->SetPool({"small", 0, "takes nobody"}, server_.actor).ok());
  DagSpec spec = ChainOf("waits", {"each"});
  spec.tasks[0].pool = "small";
  ExpandSource five;
  five.json = R"([{"N":"1"},{"N":"2"},{"N":"3"},{"N":"4"},{"N":"5"}])";
  spec.tasks[0].expand = ExpandSpec{{{"env", five}}, false};
  ASSERT_TRUE(server_.control->SubmitDag(spec, server_.actor).ok());
  ASSERT_TRUE(server_.control->SetDagPaused("waits", false, server_.actor).ok());
  server_.AddDag("plain", {"a"});
  for (const char* run : {"r1", "r2"}) {
    server_.Trigger("waits", run);
    for (int i = 0; i < 1000; ++i) {  // each asks the engine, which goes on meanwhile
      if (server_.control->Explain("waits", run, "each", 4).ok()) break;
    }
  }
  server_.Trigger("plain", "p");
  const std::string each = "/api/v2/dags/waits/dagRuns/r2/taskInstances/each";
  ASSERT_EQ(Ask("PATCH", each + "/2", R"({"new_state":"success"})").status, 200);

  auto listed = [&](const std::string& query) {
    const Json page = Get("/api/v2/dags/waits/dagRuns/~/taskInstances?" + query);
    std::string text;
    for (const Json& ti : page["task_instances"]) {
      text += fmt::format("{}/{} ", ti["dag_run_id"].get<std::string>(), ti["map_index"].dump());
    }
    return text + page["total_entries"].dump();
  };
  EXPECT_EQ(listed(""), "r1/0 r1/1 r1/2 r1/3 r1/4 r2/0 r2/1 r2/2 r2/3 r2/4 10");
  EXPECT_EQ(listed("limit=2&offset=4"), "r1/4 r2/0 10");
  EXPECT_EQ(listed("state=scheduled"), "r1/0 r1/1 r1/2 r1/3 r1/4 r2/0 r2/1 r2/3 r2/4 9");
  EXPECT_EQ(listed("state=success"), "r2/2 1");
  EXPECT_EQ(listed("state=none"), "0");
  EXPECT_EQ(listed("map_index=2&order_by=-state"), "r2/2 r1/2 2");
  EXPECT_EQ(Get("/api/v2/dags/~/dagRuns/~/taskInstances")["total_entries"], 11);
  const Json untouched = Get(each + "/4");
  EXPECT_EQ(untouched["state"], "scheduled");
  EXPECT_EQ(Get("/api/v2/dags/waits/tasks/each")["is_mapped"], true);
  EXPECT_EQ(Get("/api/v2/dags/plain/tasks/a")["is_mapped"], false);
}

TEST_F(RestTest, PoolsAreMadeChangedAndDeleted) {
  EXPECT_EQ(Ask("POST", "/api/v2/pools", R"({"name":"gpu","slots":2})").status, 201);
  EXPECT_EQ(Ask("POST", "/api/v2/pools", R"({"name":"gpu","slots":2})").status, 409);
  EXPECT_EQ(Ask("PATCH", "/api/v2/pools/gpu?update_mask=slots", R"({"slots":5,"description":"x"})")
                .status,
            200);
  const Json pool = Get("/api/v2/pools/gpu");
  EXPECT_EQ(pool["slots"], 5);
  EXPECT_EQ(pool["open_slots"], 5);
  EXPECT_EQ(pool["description"], nullptr);
  EXPECT_EQ(Ask("DELETE", "/api/v2/pools/gpu").status, 204);
  EXPECT_EQ(Ask("DELETE", "/api/v2/pools/default_pool").status, 400);
}

TEST_F(RestTest, APageHoldsAtMostAHundredRowsWhateverIsAsked) {
  for (int i = 0; i < 105; ++i) {
    ASSERT_TRUE(
        server_.control->SubmitDag(ChainOf(fmt::format("d{:03}", i), {"a"}), server_.actor).ok());
  }
  const Json page = Get("/api/v2/dags?limit=1000&order_by=-dag_id");
  EXPECT_EQ(page["dags"].size(), 100u);
  EXPECT_EQ(page["dags"][0]["dag_id"], "d104");
  EXPECT_EQ(page["total_entries"], 105);
  EXPECT_EQ(Get("/api/v2/dags?dag_id_pattern=D10")["total_entries"], 5);
}

TEST(RouterTest, AFixedSegmentWinsOverAnyOther) {
  Router router;
  router.Add("GET", "/t/{task_id}/{map_index}");
  router.Add("GET", "/t/{task_id}/tries");
  Request request;
  request.method = "GET";
  ASSERT_TRUE(request.SetTarget("/t/a%2Fb/tries/?x=1&y=a+b%26"));
  EXPECT_EQ(router.Find(request).index, 1u);
  EXPECT_EQ(router.Find(request).args, std::vector<std::string>{"a/b"});
  EXPECT_EQ(*request.Param("y"), "a b&");
  request.method = "PUT";
  EXPECT_EQ(router.Find(request).index, Router::Match::kNone);
  EXPECT_EQ(router.Find(request).allowed.size(), 2u);
}

// A pool of this name ended the master, and every worker's link with it.
TEST_F(RestTest, ATextThatNoRowTakesIsRefusedByField) {
  const auto post = [&](const std::string& body) {
    const Response response = Ask("POST", "/api/v2/pools", body);
    return std::to_string(response.status) + response.body;
  };
  EXPECT_THAT(post(R"({"name": "\u0000", "slots": 1})"), HasSubstr(R"("loc":["body","name"])"));
  EXPECT_THAT(post(R"({"name": "\u0000", "slots": 1})"), HasSubstr("NUL"));
  EXPECT_THAT(post("{\"name\": \"gpu\xe9\", \"slots\": 1}"), HasSubstr("JSON decode error"));
  EXPECT_THAT(post(R"({"name": "", "slots": 1})"), HasSubstr("name: empty"));
  EXPECT_THAT(post(R"({"name": ")" + std::string(257, 'x') + R"(", "slots": 1})"),
              HasSubstr("at most 256 bytes"));
  EXPECT_THAT(post(R"({"name": "\ud83d\ude80", "slots": 1})"), testing::StartsWith("201"));
  EXPECT_THAT(post(R"({"name": ")" + std::string(256, 'x') + R"(", "slots": 1})"),
              testing::StartsWith("201"));
  EXPECT_EQ(Get("/api/v2/pools")["total_entries"], 3);
}

TEST(RequestTest, AnAddressIsText) {
  Request request;
  EXPECT_TRUE(request.SetTarget("/api/v2/dags/gr%C3%B6%C3%9Fe?tags=%F0%9F%9A%80"));
  EXPECT_FALSE(request.SetTarget("/api/v2/dags/a%00b"));
  EXPECT_FALSE(request.SetTarget("/api/v2/dags/donn%E9es"));
  EXPECT_FALSE(request.SetTarget("/api/v2/dags?tags=%00"));
  EXPECT_FALSE(request.SetTarget("/api/v2/dags?tags=%ff"));
}

}  // namespace
}  // namespace gale::http
