// The bytes of every kind of answer, as they were before answers were made from the document
// (answers.txt): keys, their order, nulls, constants. Times are left out.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <regex>
#include <sstream>

#include "master/api/http/rest_api.h"
#include "tests/unit/master/api/http/documented.h"
#include "tests/unit/master/api/server_for_test.h"

namespace gale::http {
namespace {

constexpr char kFile[] = GALE_TESTS_DIR "/unit/master/api/http/answers.txt";

struct Asked {
  const char* method;
  const char* target;
  const char* body = "";
};
constexpr Asked kAsked[] = {
    {"GET", "/api/v2/monitor/health"},
    {"GET", "/api/v2/version"},
    {"GET", "/auth/token"},
    {"POST", "/auth/token", R"({"username":"admin"})"},
    {"GET", "/api/v2/dags?order_by=-dag_id"},
    {"GET", "/api/v2/dags?limit=-1"},
    {"GET", "/api/v2/dags?paused=maybe"},
    {"GET", "/api/v2/dags?tags=t1&tags=t9&paused=false&exclude_stale=false&dag_id_pattern=~"},
    {"GET", "/api/v2/dags/etl"},
    {"GET", "/api/v2/dags/rich"},
    {"GET", "/api/v2/dags/rich/details"},
    {"GET", "/api/v2/dags/etl/details"},
    {"GET", "/api/v2/dags/none"},
    {"PATCH", "/api/v2/dags/etl", R"({"is_paused":false})"},
    {"PATCH", "/api/v2/dags/etl?update_mask=owners", R"({"is_paused":false})"},
    {"PATCH", "/api/v2/dags/etl", R"({"is_paused":1})"},
    {"PATCH", "/api/v2/dags/etl", R"({})"},
    {"PATCH", "/api/v2/dags/etl", R"([])"},
    {"GET", "/api/v2/dags/rich/tasks?order_by=-task_id"},
    {"GET", "/api/v2/dags/rich/tasks/a"},
    {"GET", "/api/v2/dags/rich/tasks/z"},
    {"GET", "/api/v2/dags/etl/dagVersions"},
    {"GET", "/api/v2/dags/etl/dagVersions/1"},
    {"GET", "/api/v2/dags/etl/dagVersions/one"},
    {"GET", "/api/v2/dags/etl/dagVersions/7"},
    {"GET", "/api/gale/v1/dags/rich/structure"},
    {"GET", "/api/gale/v1/dags/rich/structure?version_number=7"},
    {"GET", "/api/gale/v1/dags/none/structure"},
    {"GET", "/api/gale/v1/dags/etl/grid"},
    {"GET", "/api/gale/v1/dags/etl/grid?limit=0&run_type=scheduled&state=odd"},
    {"GET", "/api/gale/v1/dags/etl/grid?before=2020-01-01T00:00:00Z"},
    {"GET", "/api/gale/v1/dags/none/grid"},
    {"GET", "/api/gale/v1/dags"},
    {"GET", "/api/gale/v1/dags?q=T2&tags=t1&owners=me&paused=true&state=never&order_by=-next_run"},
    {"GET", "/api/gale/v1/dags?limit=1&offset=1&favorite=false&waiting=false&state=running"},
    {"GET", "/api/gale/v1/dags?state=odd"},
    {"GET", "/api/gale/v1/dags?order_by=fileloc"},
    {"GET", "/api/gale/v1/dags/etl/dagRuns/r1/gantt"},
    {"GET", "/api/gale/v1/dags/etl/dagRuns/r9/gantt"},
    {"GET", "/api/gale/v1/dags/rich/calendar?from=2026-01-01&to=2026-01-31&timezone=Asia/Seoul"},
    {"GET", "/api/gale/v1/dags/rich/calendar?from=2026-02-30"},
    {"GET", "/api/gale/v1/dags/rich/calendar?timezone=Moon"},
    {"GET", "/api/gale/v1/dags/rich/calendar?from=2020-01-01&to=2026-01-31"},
    {"GET", "/api/gale/v1/dags/none/calendar"},
    {"GET", "/api/v2/importErrors"},
    {"GET", "/api/v2/importErrors/77"},
    {"GET", "/api/v2/dags/etl/dagRuns"},
    {"GET", "/api/v2/dags/~/dagRuns?order_by=-run_after&run_type=manual&state=success"},
    {"GET", "/api/v2/dags/~/dagRuns?run_type=odd"},
    {"GET", "/api/v2/dags/~/dagRuns?state=odd"},
    {"GET", "/api/v2/dags/~/dagRuns?logical_date_gte=yesterday"},
    {"GET", "/api/v2/dags/~/dagRuns?logical_date_gte=2026-01-01T00:00:00+00:00"},
    {"GET", "/api/v2/dags/etl/dagRuns/r1"},
    {"POST", "/api/v2/dags/etl/dagRuns",
     R"({"dag_run_id":"r2","conf":{"z":1,"a":"ü"},"note":"hi \u20ac"})"},
    {"POST", "/api/v2/dags/etl/dagRuns", R"({"dag_run_id":"r2"})"},
    {"POST", "/api/v2/dags/etl/dagRuns", R"({"conf":[1]})"},
    {"POST", "/api/v2/dags/etl/dagRuns", R"({"logical_date":"soon"})"},
    {"POST", "/api/v2/dags/etl/dagRuns", R"({"partition_key":"p"})"},
    {"POST", "/api/v2/dags/etl/dagRuns", R"({"data_interval_start":"2026-01-01T00:00:00Z"})"},
    {"PATCH", "/api/v2/dags/etl/dagRuns/r2", R"({"note":"new"})"},
    {"PATCH", "/api/v2/dags/etl/dagRuns/r2", R"({"note":null})"},
    {"PATCH", "/api/v2/dags/etl/dagRuns/r2?update_mask=note", R"({"note":"x","state":"failed"})"},
    {"PATCH", "/api/v2/dags/etl/dagRuns/r2", R"({"state":"running"})"},
    {"PATCH", "/api/v2/dags/etl/dagRuns/r9", R"({"note":"x"})"},
    {"GET", "/api/v2/dags/etl/dagRuns/r1/taskInstances"},
    {"GET", "/api/v2/dags/etl/dagRuns/r1/taskInstances?state=odd"},
    {"GET",
     "/api/v2/dags/~/dagRuns/~/taskInstances?state=no_status&pool=default_pool&queue=default"},
    {"GET", "/api/v2/dags/etl/dagRuns/r1/taskInstances/a"},
    {"GET", "/api/v2/dags/etl/dagRuns/r1/taskInstances/a/-1"},
    {"GET", "/api/v2/dags/etl/dagRuns/r1/taskInstances/a/3"},
    {"GET", "/api/v2/dags/etl/dagRuns/r1/taskInstances/a/x"},
    {"GET", "/api/v2/dags/etl/dagRuns/r1/taskInstances/a/listMapped"},
    {"GET", "/api/v2/dags/etl/dagRuns/r1/taskInstances?map_index=3"},
    {"GET", "/api/v2/dags/etl/dagRuns/r1/taskInstances/a/tries"},
    {"GET", "/api/v2/dags/etl/dagRuns/r1/taskInstances/a/logs/1"},
    {"GET", "/api/v2/dags/etl/dagRuns/r1/taskInstances/a/logs/x"},
    {"GET", "/api/v2/dags/etl/dagRuns/r1/taskInstances/a/xcomEntries"},
    {"GET", "/api/v2/dags/etl/dagRuns/r1/taskInstances/~/xcomEntries?xcom_key=return_value"},
    {"GET", "/api/v2/dags/etl/dagRuns/r1/taskInstances/a/xcomEntries/return_value"},
    {"GET", "/api/v2/dags/etl/dagRuns/r1/taskInstances/a/xcomEntries/return_value?stringify=1"},
    {"GET", "/api/v2/dags/etl/dagRuns/r1/taskInstances/a/xcomEntries/none"},
    {"PATCH", "/api/v2/dags/etl/dagRuns/r1/taskInstances/b", R"({"new_state":"odd"})"},
    {"PATCH", "/api/v2/dags/etl/dagRuns/r1/taskInstances/b",
     R"({"new_state":"success","include_past":true})"},
    {"PATCH", "/api/v2/dags/etl/dagRuns/r1/taskInstances/b",
     R"({"new_state":"success","note":"n"})"},
    {"PATCH", "/api/v2/dags/etl/dagRuns/r1/taskInstances/b", R"({"note":"<b> größe"})"},
    {"PATCH", "/api/v2/dags/etl/dagRuns/r1/taskInstances/b?update_mask=note",
     R"({"new_state":"failed","note":null})"},
    {"PATCH", "/api/v2/dags/etl/dagRuns/r1/taskInstances/b/-1", R"({"note":7})"},
    {"PATCH", "/api/v2/dags/etl/dagRuns/r1/taskInstances/b", R"({"new_state":"failed"})"},
    {"PATCH", "/api/v2/dags/etl/dagRuns/r1/taskInstances/b/3", R"({"new_state":"failed"})"},
    {"GET", "/api/v2/dags/etl/dagRuns/r1"},
    {"POST", "/api/v2/dags/etl/clearTaskInstances", R"({"dag_run_id":"r1"})"},
    {"POST", "/api/v2/dags/etl/clearTaskInstances", R"({})"},
    {"POST", "/api/v2/dags/etl/clearTaskInstances", R"({"dag_run_id":"r1","include_future":true})"},
    {"POST", "/api/v2/dags/etl/clearTaskInstances",
     R"({"dag_run_id":"r1","task_ids":[["b",-1],1]})"},
    {"POST", "/api/v2/dags/etl/clearTaskInstances", R"({"dag_run_id":"r1","task_ids":[["b",3]]})"},
    {"POST", "/api/v2/dags/etl/clearTaskInstances",
     R"({"dag_run_id":"r1","task_ids":[["b",-1]],"dry_run":false,"include_downstream":"yes"})"},
    {"GET", "/api/v2/pools?order_by=-name"},
    {"POST", "/api/v2/pools", R"({"name":"gpu","slots":3,"description":"d"})"},
    {"POST", "/api/v2/pools", R"({"name":"gpu","slots":3})"},
    {"POST", "/api/v2/pools", R"({"name":"gpu"})"},
    {"POST", "/api/v2/pools", R"({"name":"g2","slots":"3"})"},
    {"POST", "/api/v2/pools", R"({"name":"g2","slots":-1,"include_deferred":true})"},
    {"PATCH", "/api/v2/pools/gpu", R"({"description":null,"slots":4})"},
    {"PATCH", "/api/v2/pools/gpu", R"({"name":"other"})"},
    {"PATCH", "/api/v2/pools/gpu?update_mask=slots",
     R"({"name":"gpu","slots":5,"description":"q"})"},
    {"GET", "/api/v2/pools/gpu"},
    {"DELETE", "/api/v2/pools/gpu"},
    {"DELETE", "/api/v2/pools/gpu"},
    {"GET", "/api/v2/eventLogs?limit=3"},
    {"GET", "/api/gale/v1/cluster"},
    {"GET", "/api/gale/v1/workers"},
    {"POST", "/api/gale/v1/workers/w1/drain"},
    {"POST", "/api/gale/v1/workers/w1/undrain"},
    {"POST", "/api/gale/v1/workers/w9/drain"},
    {"POST", "/api/gale/v1/workers/w1/drain", R"({"reason":"new fans"})"},
    {"POST", "/api/gale/v1/workers/w1/drain", R"({"why":"?"})"},
    {"POST", "/api/gale/v1/workers/w1/undrain"},
    {"DELETE", "/api/gale/v1/workers/w1"},
    {"DELETE", "/api/gale/v1/workers/w9"},
    {"GET", "/api/gale/v1/waits"},
    {"GET", "/api/gale/v1/waits?dag_id=etl"},
    {"GET", "/api/gale/v1/waits?dag_id=zz"},
    {"GET", "/api/gale/v1/queues"},
    {"GET", "/api/gale/v1/pools/default_pool/holders"},
    {"GET", "/api/gale/v1/pools/default_pool/holders?limit=1001"},
    {"GET", "/api/gale/v1/pools/zz/holders"},
    {"GET", "/api/gale/v1/dags/etl/dagRuns/r1/explain"},
    {"GET", "/api/gale/v1/dags/etl/dagRuns/r1/taskInstances/b/explain"},
    {"GET", "/api/gale/v1/dags/etl/dagRuns/r1/taskInstances/zz/explain"},
    {"POST", "/api/v2/variables", R"({"key":"v","value":"1","description":"d"})"},
    {"POST", "/api/v2/variables", R"({"key":"v","value":"1"})"},
    {"POST", "/api/v2/variables", R"({"key":"j","value":{"token":"t","x":[1]}})"},
    {"POST", "/api/v2/variables", R"({"key":"j"})"},
    {"GET", "/api/v2/variables?order_by=-key&variable_key_pattern=~"},
    {"GET", "/api/v2/variables?order_by=value"},
    {"PATCH", "/api/v2/variables/j?update_mask=description", R"({"value":1,"description":"x"})"},
    {"PATCH", "/api/v2/variables/j", R"({"key":"k","value":1})"},
    {"PATCH", "/api/v2/variables",
     R"({"actions":[{"action":"create","entities":[{"key":"v","value":1}]},)"
     R"({"action":"update","entities":[{"key":"v","value":"2"}]}]})"},
    {"PATCH", "/api/v2/variables", R"({"actions":[{"action":"burn"}]})"},
    {"GET", "/api/v2/variables/v"},
    {"DELETE", "/api/v2/variables/v"},
    {"GET", "/api/v2/variables/v"},
    {"POST", "/api/v2/connections",
     R"({"connection_id":"c","conn_type":"http","host":"h","port":80,"password":"hush",)"
     R"("extra":"{\"api_key\": \"k\", \"a\": 1}"})"},
    {"POST", "/api/v2/connections", R"({"connection_id":"a b","conn_type":"http"})"},
    {"PATCH", "/api/v2/connections/c", R"({"port":null,"password":"***","login":"me"})"},
    {"GET", "/api/v2/connections?connection_id_pattern=c"},
    {"PATCH", "/api/v2/connections",
     R"({"actions":[{"action":"delete","entities":["c","d"],)"
     R"("action_on_non_existence":"skip"}]})"},
    {"GET", "/api/v2/connections/c"},
    {"POST", "/api/v2/connections/test", R"({"connection_id":"c","conn_type":"http"})"},
    {"GET", "/api/gale/v1/dags/etl/dagRuns/r1/taskInstances/a/log?offset=-4"},
    {"GET", "/api/gale/v1/dags/etl/dagRuns/r1/taskInstances/a/log/times"},
    {"GET", "/api/gale/v1/dags/etl/dagRuns/r1/taskInstances/a/log/marks?q=TWO"},
    {"POST", "/api/v2/dags/etl/favorite"},
    {"POST", "/api/v2/dags/etl/favorite"},
    {"POST", "/api/v2/dags/rich/unfavorite"},
    {"GET", "/api/v2/dagSources/etl"},
    {"GET", "/api/v2/dagStats?dag_ids=none"},
    {"GET", "/api/v2/dagTags?order_by=-name"},
    {"GET", "/api/v2/dagTags?order_by=tag"},
    {"GET", "/api/v2/dagWarnings"},
    {"GET", "/api/v2/config"},
    {"GET", "/api/v2/eventLogs?dag_id=etl&event=pause&limit=1"},
    {"GET", "/api/v2/eventLogs/1"},
    {"GET", "/api/v2/eventLogs/77"},
    {"POST", "/api/gale/v1/users", R"({"username":"ann","password":"p","role":"User"})"},
    {"POST", "/api/gale/v1/users", R"({"username":"bo","password":"p","role":"King"})"},
    {"PATCH", "/api/gale/v1/users/ann", R"({"role":"Op"})"},
    {"GET", "/api/gale/v1/users"},
    {"DELETE", "/api/gale/v1/users/ann"},
    {"DELETE", "/api/gale/v1/users/admin"},
    {"GET", "/api/gale/v1/tokens"},
    {"POST", "/api/gale/v1/tokens", R"({"name":"","expires_at":null})"},
    {"POST", "/api/gale/v1/tokens", R"({"name":"x","username":"nobody"})"},
    {"DELETE", "/api/gale/v1/tokens/none"},
};

DagSpec Rich() {
  DagSpec spec = ChainOf("rich", {"a", "b"});
  spec.description = "with \"quotes\" and \\";
  spec.doc_md = "# ü\n";
  spec.tags = {"t1", "t2"};
  spec.start_date = ParseTime("2026-01-01T00:00:00Z").value();
  spec.end_date = ParseTime("2030-01-01T00:00:00.5Z").value();
  spec.dagrun_timeout = std::chrono::milliseconds(90'500);
  spec.is_paused_upon_creation = true;
  spec.max_consecutive_failed_dag_runs = 3;
  spec.params_json = R"({"n":{"x":1},"s":"t"})";
  spec.param_schemas_json = R"({"n":{"description":"d","schema":{"type":"object"}},"must":{}})";
  TaskSpec& task = spec.tasks[0];
  task.owner = "me";
  task.doc_md = "doc";
  task.retries = 2;
  task.retry_delay = std::chrono::hours(49) + std::chrono::milliseconds(1500);
  task.retry_backoff = 1.5;
  task.execution_timeout = std::chrono::minutes(3);
  task.pool_slots = 2;
  task.priority_weight = 7;
  task.max_active_tis_per_dag = 4;
  spec.tasks[1].work = EmptyWork{};
  spec.tasks[1].operator_name = "EmptyOperator";
  return spec;
}

TEST(AnswersTest, TheBytesOfEveryKindOfAnswer) {
  ServerForTest server;
  RestApi api(*server.control, *server.auth);
  ASSERT_TRUE(server.auth->SetUser("admin", "secret", Role::kAdmin).ok());
  const std::string token = server.auth->IssueToken({"admin", Role::kAdmin});
  server.AddDag("etl", {"a", "b"});
  ASSERT_TRUE(server.control->SubmitDag(Rich(), server.actor).ok());
  server.Trigger("etl", "r1");
  auto link = server.Connect();
  link->WaitFor([&] { return !link->grants.empty(); });
  const AttemptId attempt = link->grants[0].attempt;
  const LogKey key = server.control->NameAttempt(attempt).value();
  ASSERT_TRUE(server.logs->Append(key, 0, "one\ntwo \xff\n").ok());
  server.Finish(link, attempt, core::Outcome::kSuccess, {{"return_value", R"({"n":[5,0.5]})"}}, 10);
  link->WaitFor([&] { return link->grants.size() >= 2; });

  std::string got;
  const std::regex time(R"(\d{4}-\d\d-\d\dT[0-9:.]+Z)"),
      number(R"re("(duration|latency_ms)":[0-9.e-]+)re"), place(R"re("at":"[0-9]+\.[0-9]+")re");
  for (const Asked& asked : kAsked) {
    Request request;
    request.method = asked.method;
    std::string target = asked.target;
    ASSERT_TRUE(request.SetTarget(target)) << target;
    request.body = asked.body;
    request.headers["authorization"] = "Bearer " + token;
    const Response response = api.Handle(request);
    Documented::Check(request, response);
    std::string body = std::regex_replace(response.body, time, "<time>");
    body = std::regex_replace(body, number, "\"$1\":<number>");
    body = std::regex_replace(body, place, "\"at\":<place>");
    got += fmt::format("{} {} {}\n{} {}\n", asked.method, asked.target, asked.body, response.status,
                       body);
  }
  if (const char* path = std::getenv("GALE_WRITE_ANSWERS")) {  // to look at what changed
    std::ofstream out(path);
    out << got;
  }
  std::ifstream file(kFile);
  std::stringstream want;
  want << file.rdbuf();
  std::istringstream got_lines(got), want_lines(want.str());
  std::string got_line, want_line, asked;
  while (std::getline(want_lines, want_line)) {
    ASSERT_TRUE(std::getline(got_lines, got_line)) << want_line;
    EXPECT_EQ(got_line, want_line) << asked;
    asked = want_line;
  }
  EXPECT_FALSE(std::getline(got_lines, got_line)) << got_line;
}

}  // namespace
}  // namespace gale::http
