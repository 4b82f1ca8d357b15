#include "common/rpc/texts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/rpc/convert.h"
#include "gale/v1/control.pb.h"

namespace gale {
namespace {

const std::string kNul("a\0b", 3);

TEST(Texts, AFieldThatHoldsANulIsNamed) {
  v1::SetPoolRequest pool;
  pool.set_name("gpu");
  pool.set_description("größe \xf0\x9f\x9a\x80");
  EXPECT_TRUE(CheckTexts(pool).ok());
  pool.set_name(kNul);
  EXPECT_EQ(CheckTexts(pool).message(), "name: byte 2 is a NUL, which no text may hold");
}

TEST(Texts, HoweverDeepItIs) {
  v1::SubmitDagRequest submit;
  v1::DagSpec& dag = *submit.mutable_dag();
  dag.add_tasks()->set_task_id("a");
  dag.add_tasks()->mutable_bash()->set_command(kNul);
  EXPECT_EQ(CheckTexts(submit).message(),
            "dag.tasks[1].bash.command: byte 2 is a NUL, which no text may hold");
  dag.mutable_tasks(1)->mutable_bash()->set_command("true");
  (*dag.mutable_tasks(1)->mutable_bash()->mutable_env())["K"] = kNul;
  EXPECT_THAT(CheckTexts(submit).ToString(), testing::HasSubstr("dag.tasks[1].bash.env[0].value"));
}

TEST(Texts, ADagFilesNulIsRefusedByName) {
  auto spec = DagSpecFromJson(R"({"dag_id": "d", "description": "a\u0000b"})");
  EXPECT_EQ(spec.status().message(),
            "dag 'd': description: byte 2 is a NUL, which no text may hold");
}

}  // namespace
}  // namespace gale
