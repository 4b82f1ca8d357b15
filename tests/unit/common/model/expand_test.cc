#include "common/model/expand.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/model/dag.h"

namespace gale {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

ExpandSource Literal(std::string json) { return {.json = std::move(json)}; }
ExpandSource From(std::string task) {
  return {.kind = ExpandSource::Kind::kXCom, .task_id = std::move(task)};
}
ExpandSource Of(ExpandSource::Kind kind, std::vector<ExpandSource> parts, bool fill = false) {
  return {.kind = kind, .has_fill = fill, .parts = std::move(parts)};
}

// list -> work (mapped over it); a group g of a and b, mapped over two literals.
DagSpec Spec() {
  DagSpec spec{.dag_id = "d"};
  spec.groups = {{"g", "", ExpandSpec{{{"x", Literal("[1, 2]")}}}}, {"g.in", "g", {}}};
  spec.tasks = {
      {.task_id = "list", .downstream_task_ids = {"work"}},
      {.task_id = "work", .expand = ExpandSpec{{{"env", From("list")}}}},
      {.task_id = "g.a", .downstream_task_ids = {"g.b"}, .task_group_id = "g"},
      {.task_id = "g.b", .downstream_task_ids = {"end"}, .task_group_id = "g.in"},
      {.task_id = "end"},
  };
  return spec;
}

std::string Error(DagSpec spec) {
  return std::string(Dag::Make(std::move(spec)).status().message());
}

std::optional<uint64_t> Length(ExpandSpec spec) {
  return ExpandedLength(spec, [](const ExpandSource& source) -> std::optional<uint64_t> {
    if (source.task_id == "three") return 3;
    return std::nullopt;
  });
}

TEST(Expand, LengthsAreOfTheCrossProduct) {
  EXPECT_EQ(Length({{{"a", Literal("[1, 2]")}, {"b", Literal(R"({"x": 1, "y": 2, "z": 3})")}}}), 6);
  EXPECT_EQ(Length({{{"a", Literal("[1, 2]")}, {"b", Literal("[]")}}}), 0);
  EXPECT_EQ(Length({{{"a", Literal("[1, 2]")}, {"b", From("three")}}}), 6);
  EXPECT_EQ(Length({{{"a", Literal("[1, 2]")}, {"b", From("unknown")}}}), std::nullopt);
  EXPECT_EQ(Length({{{"", Literal("[{}, {}]")}}, /*is_kwargs=*/true}), 2);
}

TEST(Expand, SourcesMadeOfOthersHaveLengthsOfTheirOwn) {
  using Kind = ExpandSource::Kind;
  const ExpandSource two = Literal("[1, 2]"), three = From("three");
  EXPECT_EQ(Length({{{"a", Of(Kind::kMap, {three})}}}), 3);
  EXPECT_EQ(Length({{{"a", Of(Kind::kZip, {three, two})}}}), 2);
  EXPECT_EQ(Length({{{"a", Of(Kind::kZip, {two, three}, /*fill=*/true)}}}), 3);
  EXPECT_EQ(Length({{{"a", Of(Kind::kConcat, {two, three, two})}}}), 7);
}

TEST(Expand, WhatIsTooLongCountsAsOneOverTheLimit) {
  std::string json = "[0";
  for (int i = 1; i < 2000; ++i) json += ",0";
  json += "]";
  EXPECT_EQ(Length({{{"a", Literal(json)}, {"b", Literal(json)}}}), 1'000'001);
}

TEST(Mapping, ATaskHasThatOfItsGroupsAndItsOwn) {
  const auto dag = Dag::Make(Spec()).value();
  auto mapping = [&](const char* id) {
    auto span = dag->mapping(*dag->Find(id));
    return std::vector<uint32_t>(span.begin(), span.end());
  };
  EXPECT_THAT(mapping("list"), ElementsAre());
  EXPECT_THAT(mapping("g.a"), ElementsAre(0));
  EXPECT_THAT(mapping("g.b"), ElementsAre(0));
  EXPECT_THAT(mapping("work"), ElementsAre(1));
  auto shared = [&](const char* a, const char* b) {
    return dag->SharedMappedGroups(*dag->Find(a), *dag->Find(b));
  };
  EXPECT_EQ(shared("g.a", "g.b"), 1);
  EXPECT_EQ(shared("g.b", "end"), 0);
  EXPECT_EQ(shared("g.b", "work"), 0);
}

TEST(Mapping, WhatMakesNoSenseIsRefusedByName) {
  auto with_source = [](ExpandSource source) {
    DagSpec spec = Spec();
    spec.tasks[1].expand->arguments[0].source = std::move(source);
    return Error(std::move(spec));
  };
  EXPECT_EQ(with_source(From("nobody")),
            "dag 'd': task 'work': expand: 'nobody' is no task of this DAG");
  EXPECT_THAT(with_source(From("g.a")), HasSubstr("task 'g.a' is not upstream of task 'work'"));
  EXPECT_THAT(with_source(Literal("5")), HasSubstr("'env': number: expected a list or an object"));
  EXPECT_THAT(with_source(Literal("{")), HasSubstr("no JSON"));
  DagSpec spec = Spec();
  spec.tasks[1].expand->arguments.clear();
  EXPECT_THAT(Error(spec), HasSubstr("no arguments to expand against"));
  spec.tasks[1].expand = ExpandSpec{{{"", Literal("[1]")}}, /*is_kwargs=*/true};
  EXPECT_THAT(Error(spec), HasSubstr("expected an object, argument -> value"));
  spec.tasks[1].expand = ExpandSpec{{{"env", Literal("[1]")}, {"env", Literal("[1]")}}};
  EXPECT_THAT(Error(spec), HasSubstr("'env': named twice"));
  spec.tasks[1].operator_name = "BashOperator";
  spec.tasks[1].expand = ExpandSpec{{{"retries", Literal("[1]")}}};
  EXPECT_THAT(Error(spec), HasSubstr("'retries': BashOperator can't be mapped over it"));
  spec = Spec();
  spec.tasks[3].expand = ExpandSpec{{{"env", Literal("[1]")}}};
  EXPECT_THAT(Error(spec), HasSubstr("it is in a mapped task group: it can't be mapped"));
  spec = Spec();
  spec.groups[0].expand->arguments[0].source = From("list");
  EXPECT_THAT(Error(spec), HasSubstr("task 'list' is not upstream of task 'g.a'"));
  spec.tasks[0].downstream_task_ids = {"work", "g.a"};
  EXPECT_EQ(Error(spec), "");
  spec.tasks[2].task_group_id = "h";
  EXPECT_THAT(Error(spec), HasSubstr("'h' is no task group of this DAG"));
  spec = Spec();
  spec.groups[1].parent_group_id = "nobody";
  EXPECT_THAT(Error(spec), HasSubstr("'nobody' is no group that stands before it"));
  spec = Spec();
  spec.groups[1].group_id = "end";
  EXPECT_THAT(Error(spec), HasSubstr("a task has this id, too"));
}

TEST(Mapping, ReferencesInArgumentsNameWhatIsThere) {
  DagSpec spec = Spec();
  auto with = [&](std::string json) {
    spec.tasks[2].arguments_json = std::move(json);
    return Error(spec);
  };
  EXPECT_EQ(with(R"({"env": {"A": {"__type": "group_argument",
                                   "__var": {"group_id": "g", "name": "x"}}}})"),
            "");
  EXPECT_THAT(with(R"({"cwd": {"__type": "group_argument", "__var": {"group_id": "h"}}})"),
              HasSubstr("'h' is no task group"));
  EXPECT_THAT(with(R"({"cwd": {"__type": "xcomref", "__var": {"task_id": "no"}}})"),
              HasSubstr("'no' is no task of this DAG"));
  EXPECT_THAT(with("[]"), HasSubstr("expected a JSON object"));
}

}  // namespace
}  // namespace gale
