#include "common/model/element.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gale {
namespace {

using testing::HasSubstr;

TEST(JsonElements, AreCutOutAsTheyStand) {
  const auto list = JsonElements::Parse(R"( [1, "a,]\"b" , {"x": [1, 2]},null ] )").value();
  ASSERT_EQ(list.size(), 4u);
  EXPECT_EQ(list.at(0), "1");
  EXPECT_EQ(list.at(1), R"("a,]\"b")");
  EXPECT_EQ(list.at(2), R"({"x": [1, 2]})");
  EXPECT_EQ(list.at(3), "null");
  const auto object = JsonElements::Parse(R"({"a:b": 1, "c" : [2]})").value();
  ASSERT_EQ(object.size(), 2u);
  EXPECT_EQ(object.at(0), R"(["a:b", 1])");
  EXPECT_EQ(object.at(1), R"(["c", [2]])");
  EXPECT_EQ(JsonElements::Parse("[]")->size(), 0u);
  EXPECT_EQ(JsonElements::Parse(" { } ")->size(), 0u);
}

TEST(JsonElements, OfAnythingElseThereAreNone) {
  for (const char* json : {"", "5", "\"[1]\"", "[1", "[1,]", "null"}) {
    EXPECT_FALSE(JsonElements::Parse(json)) << json;
  }
}

class Element : public testing::Test {
 protected:
  static ExpandSource Literal(std::string json) { return {.json = std::move(json)}; }
  static ExpandSource Of(ExpandSource::Kind kind, std::vector<ExpandSource> parts) {
    return {.kind = kind, .parts = std::move(parts)};
  }
  // Of the only task, "t".
  static std::string At(ExpandSpec expand, int32_t index, std::string arguments = "") {
    DagSpec spec{.dag_id = "d"};
    spec.tasks = {{.task_id = "t", .expand = std::move(expand)}};
    spec.tasks[0].arguments_json = std::move(arguments);
    const auto dag = Dag::Make(std::move(spec)).value();
    const auto made =
        ElementArguments(*dag, TaskIndex(0), index, [](TaskIndex) { return TaskValue(); });
    return made.ok() ? *made : made.status().ToString();
  }
};

TEST_F(Element, TheLastArgumentVariesFastest) {
  const ExpandSpec expand{{{"a", Literal("[1, 2]")}, {"b", Literal(R"({"x": 1, "y": 2})")}}};
  EXPECT_EQ(At(expand, 0), R"({"a":1,"b":["x",1]})");
  EXPECT_EQ(At(expand, 1), R"({"a":1,"b":["y",2]})");
  EXPECT_EQ(At(expand, 2), R"({"a":2,"b":["x",1]})");
}

TEST_F(Element, OfKwargsIsItsArgumentsOverThoseOfTheTask) {
  const ExpandSpec expand{{{"", Literal(R"([{"a": 1}, {"b": 2}])")}}, /*is_kwargs=*/true};
  EXPECT_EQ(At(expand, 1, R"({"a": 0, "b": 0})"), R"({"a":0,"b":2})");
}

TEST_F(Element, OfZipAndConcat) {
  using Kind = ExpandSource::Kind;
  const ExpandSource two = Literal("[1, 2]"), three = Literal("[3, 4, 5]");
  EXPECT_EQ(At({{{"a", Of(Kind::kZip, {two, three})}}}, 1), R"({"a":[2,4]})");
  ExpandSource filled = Of(Kind::kZip, {two, three});
  filled.has_fill = true;
  filled.json = "null";
  EXPECT_EQ(At({{{"a", filled}}}, 2), R"({"a":[null,5]})");
  EXPECT_EQ(At({{{"a", Of(Kind::kConcat, {two, three})}}}, 3), R"({"a":4})");
  EXPECT_THAT(At({{{"a", Of(Kind::kMap, {two})}}}, 0), HasSubstr("need a Python task"));
}

TEST_F(Element, OfAMappedGroupFillsItsReferences) {
  DagSpec spec{.dag_id = "d"};
  spec.groups = {{"g", "", ExpandSpec{{{"x", Literal(R"(["p", "q"])")}}}},
                 {"g.in", "g", ExpandSpec{{{"y", Literal("[1, 2, 3]")}}}}};
  spec.tasks = {{.task_id = "t", .task_group_id = "g.in"}};
  spec.tasks[0].arguments_json =
      R"({"env": {"X": {"__type": "group_argument", "__var": {"group_id": "g", "name": "x"}},
                  "Y": {"__type": "group_argument", "__var": {"group_id": "g.in", "name": "y"}}}})";
  const auto dag = Dag::Make(std::move(spec)).value();
  auto at = [&](int32_t index) {
    return ElementArguments(*dag, TaskIndex(0), index, [](TaskIndex) { return TaskValue(); })
        .value();
  };
  EXPECT_EQ(at(0), R"({"env":{"X":"p","Y":1}})");
  EXPECT_EQ(at(4), R"({"env":{"X":"q","Y":2}})") << "the outer index comes first";
}

}  // namespace
}  // namespace gale
