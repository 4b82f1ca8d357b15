// Messages to JSON, and requests to messages, by tables of the test's own.
#include <gmock/gmock.h>

#include "gale/v1/control.pb.h"
#include "master/api/http/json_writer.h"
#include "master/api/http/request_reader.h"

namespace gale::http {
namespace {

constexpr Property Plain(const char* name, const char* from, bool nullable = false,
                         As as = As::kPlain) {
  return {name, from, nullptr, as, nullable, nullptr, {}};
}

TEST(JsonWriterTest, KeysHaveTheirOrderNamesNullsAndConstants) {
  static constexpr Property kProperties[] = {
      Plain("worker_pid", "pid", true),
      Plain("reason", "reason", true),
      Plain("task", "task_id"),
      {"fixed", "", R"({"a":[]})", As::kPlain, false, nullptr, {}},
      Plain("start_date", "start_date", true),
      Plain("end", "end_date", true),
      Plain("duration", "start_date end_date", true, As::kBetween),
      Plain("cpu", "user_time system_time", false, As::kSum),
      Plain("delta", "user_time", true, As::kTimeDelta),
  };
  static constexpr Shape kShape = {"S", "TaskInstance", kProperties};
  const JsonWriter writer(kShape, v1::TaskInstance::descriptor());
  v1::TaskInstance ti;
  EXPECT_EQ(writer.Write(ti),
            R"({"worker_pid":null,"reason":null,"task":"","fixed":{"a":[]},"start_date":null,)"
            R"("end":null,"duration":null,"cpu":0.0,"delta":null})");
  ti.set_pid(7);
  ti.set_reason("a \"b\"\n\xff ü");
  ti.set_task_id("t");
  ti.mutable_start_date()->set_seconds(1);
  ti.mutable_end_date()->set_seconds(3);
  ti.mutable_end_date()->set_nanos(500'000'000);
  ti.mutable_user_time()->set_seconds(90'061);
  ti.mutable_system_time()->set_nanos(250'000'000);
  EXPECT_EQ(
      writer.Write(ti),
      "{\"worker_pid\":7,\"reason\":\"a \\\"b\\\"\\n\xef\xbf\xbd ü\",\"task\":\"t\","
      R"("fixed":{"a":[]},"start_date":"1970-01-01T00:00:01Z","end":"1970-01-01T00:00:03.500000Z",)"
      R"("duration":2.5,"cpu":90061.25,"delta":{"__type":"TimeDelta","days":1,"seconds":3661,)"
      R"("microseconds":0}})");
}

TEST(JsonWriterTest, AnUnknownWordOfAClosedListIsNull) {
  static constexpr std::string_view kKnown[] = {"cli", "rest_api"};
  static constexpr Property kProperties[] = {
      {"by", "triggered_by", nullptr, As::kPlain, true, nullptr, kKnown},
      Plain("conf", "conf_json", true, As::kJson)};
  static constexpr Shape kShape = {"S", "DagRun", kProperties};
  const JsonWriter writer(kShape, v1::DagRun::descriptor());
  v1::DagRun run;
  run.set_triggered_by("a cousin");
  run.set_conf_json(R"({ "b": 1, "a": [ ] })");
  EXPECT_EQ(writer.Write(run), R"({"by":null,"conf":{"b":1,"a":[]}})");
  run.set_triggered_by("cli");
  run.set_conf_json("no json");
  EXPECT_EQ(writer.Write(run), R"({"by":"cli","conf":"no json"})");
}

TEST(JsonWriterTest, ListsAreOfTextsMessagesOrObjectsOfTexts) {
  static constexpr Property kTag[] = {Plain("name", "."), Plain("dag", "../dag_id")};
  static constexpr Shape kTagShape = {"Tag", "", kTag};
  static constexpr Property kDag[] = {Plain("owners", "owners"),
                                      {"tags", "tags", nullptr, As::kPlain, false, &kTagShape, {}}};
  static constexpr Shape kDagShape = {"Dag", "DagInfo", kDag};
  static constexpr Property kList[] = {{"dags", "dags", nullptr, As::kPlain, false, &kDagShape, {}},
                                       Plain("total_entries", "total_entries")};
  static constexpr Shape kListShape = {"List", "ListDagsResponse", kList};
  v1::ListDagsResponse list;
  list.set_total_entries(2);
  list.add_dags();
  v1::DagInfo& dag = *list.add_dags();
  dag.set_dag_id("d");
  dag.add_owners("o");
  dag.add_tags("t1");
  dag.add_tags("t2");
  EXPECT_EQ(JsonWriter(kListShape, v1::ListDagsResponse::descriptor()).Write(list),
            R"({"dags":[{"owners":[],"tags":[]},{"owners":["o"],"tags":[{"name":"t1","dag":"d"},)"
            R"({"name":"t2","dag":"d"}]}],"total_entries":2})");
}

TEST(JsonWriterTest, AFieldThatIsntThereEndsTheProgramAtItsStart) {
  static constexpr Property kProperties[] = {Plain("colour", "colour")};
  static constexpr Shape kShape = {"S", "DagRun", kProperties};
  EXPECT_DEATH(JsonWriter(kShape, v1::DagRun::descriptor()), "S.colour.*no field 'colour'");
}

// Requests.

Operation OperationOf(std::span<const Input> inputs) {
  Operation operation{};
  operation.id = "test";
  operation.inputs = inputs;
  operation.has_body = operation.needs_body = true;
  return operation;
}

Input InputOf(std::string_view name, Place place, std::string_view field, Form form) {
  Input input{};
  input.name = name;
  input.place = place;
  input.field = field;
  input.form = form;
  input.min = INT64_MIN;
  input.max = INT64_MAX;
  input.bytes_max = 100;
  input.wrong_status = 422;
  return input;
}

class RequestReaderTest : public testing::Test {
 protected:
  // What was read, or the answer.
  std::string Read(const std::string& target, const std::string& body) {
    const Operation operation = OperationOf(inputs_);
    const RequestReader reader(operation, v1::PatchPoolRequest::descriptor());
    Request request;
    EXPECT_TRUE(request.SetTarget(target));
    request.body = body;
    v1::PatchPoolRequest message;
    const auto wrong = reader.Read(request, {"p"}, message);
    return wrong ? wrong->body : message.ShortDebugString();
  }

  std::vector<Input> inputs_ = [] {
    std::vector<Input> inputs = {InputOf("pool_name", Place::kPath, "name", Form::kText),
                                 InputOf("slots", Place::kBody, "slots", Form::kInt),
                                 InputOf("description", Place::kBody, "description", Form::kText),
                                 InputOf("on", Place::kBody, "include_deferred", Form::kBool),
                                 InputOf("name", Place::kBody, "", Form::kText),
                                 InputOf("mask", Place::kQuery, "", Form::kText)};
    inputs[1].min = -1;
    inputs[1].max = INT32_MAX;
    inputs[1].nullable = inputs[2].nullable = inputs[3].nullable = true;
    inputs[4].same_as = "pool_name";
    inputs[4].refused = "no";
    inputs[5].array = inputs[5].mask = true;
    return inputs;
  }();
};

TEST_F(RequestReaderTest, WhatIsThereIsSetAndNothingElse) {
  EXPECT_EQ(Read("/p", "{}"), R"(name: "p")");
  EXPECT_EQ(Read("/p", R"({"slots":0,"description":"x","on":false})"),
            R"(name: "p" slots: 0 description: "x" include_deferred: false)");
  EXPECT_EQ(Read("/p", R"({"slots":null,"description":null,"on":"yes","name":"p"})"),
            R"(name: "p" description: "" include_deferred: true)");
  EXPECT_EQ(Read("/p?mask=slots&mask=on", R"({"slots":3,"description":"x"})"),
            R"(name: "p" slots: 3)");
}

TEST_F(RequestReaderTest, WhatIsWrongIsNamed) {
  EXPECT_THAT(Read("/p", R"({"slots":-2})"), testing::HasSubstr(R"("loc":["body","slots"])"));
  EXPECT_THAT(Read("/p", R"({"slots":99999999999})"), testing::HasSubstr("less_than_equal"));
  EXPECT_THAT(Read("/p", R"({"slots":1.5})"), testing::HasSubstr("int_type"));
  EXPECT_THAT(Read("/p", R"({"description":7})"), testing::HasSubstr("string_type"));
  EXPECT_THAT(Read("/p", R"({"description":"\u0000"})"), testing::HasSubstr("NUL"));
  EXPECT_THAT(Read("/p", R"({"more":1})"), testing::HasSubstr("extra_forbidden"));
  EXPECT_THAT(Read("/p", R"({"name":"q"})"), testing::HasSubstr(R"("msg":"no")"));
  EXPECT_THAT(Read("/p", ""), testing::HasSubstr("missing"));
}

TEST(RequestReaderJsonTest, WhatHasNoTypeIsAnyJson) {
  std::vector<Input> inputs = {InputOf("value", Place::kBody, "name", Form::kJson)};
  inputs[0].required = true;
  const Operation operation = OperationOf(inputs);
  const RequestReader reader(operation, v1::PatchPoolRequest::descriptor());
  for (const char* value : {"null", "7", R"("text")", R"({"a":[1,null]})", "[]", "false"}) {
    Request request;
    request.body = fmt::format(R"({{"value":{}}})", value);
    v1::PatchPoolRequest message;
    EXPECT_FALSE(reader.Read(request, {}, message)) << value;
    EXPECT_EQ(message.name(), value);
  }
  Request request;
  request.body = "{}";
  v1::PatchPoolRequest message;
  EXPECT_THAT(reader.Read(request, {}, message)->body, testing::HasSubstr("missing"));
}

TEST(RequestReaderPairsTest, ItemsThatArePairsHaveAFieldOfTheirOwn) {
  std::vector<Input> inputs = {InputOf("ids", Place::kBody, "task_ids", Form::kText)};
  inputs[0].array = true;
  inputs[0].pairs = "instances";
  const Operation operation = OperationOf(inputs);
  const RequestReader reader(operation, v1::ClearTaskInstancesRequest::descriptor());
  auto read = [&](const char* body) {
    Request request;
    request.body = body;
    v1::ClearTaskInstancesRequest message;
    const auto wrong = reader.Read(request, {}, message);
    return wrong ? wrong->body : message.ShortDebugString();
  };
  EXPECT_EQ(read(R"({"ids":["a",["b",7],["c",0]]})"),
            R"(task_ids: "a" instances { task_id: "b" map_index: 7 } instances { task_id: "c" })");
  for (const char* item :
       {R"(["b"])", R"(["b","7"])", R"(["b",-2])", R"(["b",18446744073709551615])",
        R"(["b",2147483648])", R"([1,7])", "7"}) {
    EXPECT_THAT(read(fmt::format(R"({{"ids":[{}]}})", item).c_str()),
                testing::HasSubstr("list of strings"))
        << item;
  }
  inputs[0].pairs = "task_ids";
  EXPECT_DEATH(RequestReader(operation, v1::ClearTaskInstancesRequest::descriptor()),
               "takes no pairs");
}

TEST(RequestReaderDeathTest, AnInputThatDoesntFitItsFieldEndsTheProgramAtItsStart) {
  const std::vector<Input> inputs = {InputOf("slots", Place::kQuery, "slots", Form::kInt)};
  const Operation operation = OperationOf(inputs);  // 64 bits into 32
  EXPECT_DEATH(RequestReader(operation, v1::PatchPoolRequest::descriptor()), "doesn't fit");
}

}  // namespace
}  // namespace gale::http
