#include "common/model/params.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/model/dag.h"

namespace gale {
namespace {

using testing::HasSubstr;

DagSpec WithN() {
  DagSpec spec;
  spec.dag_id = "d";
  spec.params_json = R"({"n": 5})";
  spec.param_schemas_json =
      R"({"n": {"schema": {"type": "integer", "minimum": 1, "maximum": 10}, "description": null}})";
  spec.tasks.push_back({.task_id = "t"});
  return spec;
}

TEST(Params, ConfGoesOverTheTasksOwnAndThoseOverTheDags) {
  EXPECT_EQ(MergeParams("", "", ""), "{}");
  EXPECT_EQ(MergeParams(R"({"a": 1})", "", "{}"), R"({"a": 1})");
  EXPECT_EQ(MergeParams(R"({"a":1,"b":1,"c":1})", R"({"b":2,"c":2})", R"({"c":3})"),
            R"({"a":1,"b":2,"c":3})");
}

TEST(Params, AValueThatBreaksItsSchemaIsRefusedByName) {
  EXPECT_TRUE(CheckParams(WithN(), "").ok());
  EXPECT_TRUE(CheckParams(WithN(), R"({"n": 10, "other": "x"})").ok());
  for (const char* conf : {R"({"n": "not a number"})", R"({"n": 11})", R"({"n": 0})",
                           R"({"n": null})", R"({"n": 1.5})"}) {
    const Status status = CheckParams(WithN(), conf);
    EXPECT_EQ(status.code(), Code::kInvalidArgument) << conf;
    EXPECT_THAT(status.message(), HasSubstr("param 'n'")) << conf;
  }
  EXPECT_THAT(CheckParams(WithN(), R"({"n": "not a number"})").message(),
              HasSubstr("\"not a number\""));
}

// As in JSON Schema: null may be given where the type allows it, whatever a text would have to look like.
TEST(Params, AFormatIsOfTextsOnly) {
  DagSpec spec = WithN();
  spec.params_json = R"({"n": null})";
  spec.param_schemas_json =
      R"({"n": {"schema": {"type": ["string", "null"], "format": "date-time"}}})";
  EXPECT_TRUE(CheckParams(spec, "").ok());
  EXPECT_TRUE(CheckParams(spec, R"({"n": "2026-11-28T18:30:00Z"})").ok());
  EXPECT_THAT(CheckParams(spec, R"({"n": "soon"})").message(), HasSubstr("date-time"));
  spec.param_schemas_json =
      R"({"n": {"schema": {"type": "object", "properties": {"at": {"type": ["string", "null"], "format": "date"}}}}})";
  EXPECT_TRUE(CheckParams(spec, R"({"n": {"at": null}})").ok());
  EXPECT_FALSE(CheckParams(spec, R"({"n": {"at": "soon"}})").ok());
  spec.param_schemas_json =
      R"({"n": {"schema": {"type": "array", "items": {"type": ["string", "null"], "format": "date"}}}})";
  EXPECT_TRUE(CheckParams(spec, R"({"n": ["2026-11-28", null]})").ok());
  EXPECT_FALSE(CheckParams(spec, R"({"n": ["soon"]})").ok());
}

TEST(Params, ARequiredOneMustBeSaid) {
  DagSpec spec = WithN();
  spec.params_json = "{}";
  EXPECT_THAT(CheckParams(spec, "{}").message(), HasSubstr("'n' has no value"));
  EXPECT_TRUE(CheckParams(spec, R"({"n": 1})").ok());
}

// It could start no run of its own: better said when the file is read than every night.
TEST(Params, AScheduledDagWhoseDefaultBreaksItsSchemaIsNoDag) {
  DagSpec spec = WithN();
  spec.params_json = R"({"n": 50})";
  EXPECT_TRUE(Dag::Make(spec, 1).ok()) << "by hand it may be given another";
  spec.schedule.kind = ScheduleSpec::Kind::kCronTrigger;
  spec.schedule.cron = "@daily";
  const auto made = Dag::Make(spec, 1);
  ASSERT_FALSE(made.ok());
  EXPECT_THAT(made.status().ToString(), HasSubstr("param 'n'"));
}

TEST(Params, AllOfASchemaCounts) {
  DagSpec spec = WithN();
  spec.params_json = R"({"n": "b"})";
  auto with = [&](std::string schema) {
    spec.param_schemas_json = R"({"n": {"schema": )" + schema + "}}";
    return CheckParams(spec, "").ok();
  };
  EXPECT_TRUE(with(R"({"enum": ["a", "b"]})"));
  EXPECT_FALSE(with(R"({"enum": ["a"]})"));
  EXPECT_TRUE(with(R"({"type": ["null", "string"]})"));
  EXPECT_FALSE(with(R"({"type": "string", "minLength": 2})"));
  EXPECT_FALSE(with(R"({"pattern": "^a"})"));
  EXPECT_TRUE(with(R"({"anyOf": [{"type": "integer"}, {"const": "b"}]})"));
  EXPECT_TRUE(with(R"({"title": "N", "section": "of the form"})"));
}

TEST(Params, ASchemaThatMakesNoSenseIsSaid) {
  DagSpec spec = WithN();
  spec.param_schemas_json = R"({"n": {"schema": {"type": 5}}})";
  EXPECT_THAT(CheckParamDefaults(spec).message(), HasSubstr("can't be used"));
}

TEST(Params, ALongTextIsNotMatchedByRecursion) {
  DagSpec spec = WithN();
  spec.param_schemas_json = R"({"n": {"schema": {"pattern": "^(a|b)*$"}}})";
  const std::string conf = "{\"n\": \"" + std::string(1 << 20, 'a') + "\"}";
  EXPECT_THAT(CheckParams(spec, conf).message(), HasSubstr("over 4096 bytes"));
}

}  // namespace
}  // namespace gale
