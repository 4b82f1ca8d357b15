#include "worker/runner/python_templates.h"

#include <gtest/gtest.h>

namespace gale::worker {
namespace {

keeper::SpawnRequest Named(PythonIsolation isolation, const TemplateFile& file = {},
                           const Environment& environment = {{"A", "1"}},
                           const TemplateSettings& settings = {.life = "one"}) {
  keeper::SpawnRequest spawn{.argv = {"/opt/python3", "-m", "gale.task_runner"}};
  NameTemplates(settings, isolation, file, environment, &spawn);
  return spawn;
}

const TemplateFile kFile{.path = "/dags/a.py", .folder = "/dags"};

TEST(PythonTemplates, AFilesComesBeforeTheSdks) {
  const auto spawn =
      Named(PythonIsolation::kFile, kFile, {{"A", "1"}, {"GALE_DAGS_FOLDER", "/dags"}});
  ASSERT_EQ(spawn.templates.size(), 2u);
  EXPECT_EQ(spawn.templates[0].argv,
            (std::vector<std::string>{"/opt/python3", "-m", "gale.template_process", "--file",
                                      "/dags/a.py", "--folder", "/dags"}));
  EXPECT_EQ(spawn.templates[0].env, (std::vector<std::string>{"A=1", "GALE_DAGS_FOLDER=/dags"}));
  EXPECT_TRUE(spawn.templates[0].id.starts_with("/dags/a.py "));
  EXPECT_EQ(spawn.templates[1].argv,
            (std::vector<std::string>{"/opt/python3", "-m", "gale.template_process"}));
  EXPECT_EQ(spawn.templates[1].env, (std::vector<std::string>{"A=1"}));
}

TEST(PythonTemplates, WhatIsAskedForIsNamed) {
  EXPECT_EQ(Named(PythonIsolation::kSdk, kFile).templates.size(), 1u);
  EXPECT_EQ(Named(PythonIsolation::kFile).templates.size(), 1u);
  EXPECT_EQ(Named(PythonIsolation::kFresh, kFile).templates.size(), 0u);
  EXPECT_EQ(Named(PythonIsolation::kFile, kFile, {}, {.number_max = 0}).templates.size(), 0u);
  TemplateFile fixed = kFile;
  fixed.fixed = true;
  EXPECT_EQ(Named(PythonIsolation::kFile, fixed).templates[0].argv.back(), "--fixed");
}

TEST(PythonTemplates, AnIdIsOneTemplate) {
  const auto id = [](const auto& spawn) { return spawn.templates[0].id; };
  const std::string one = id(Named(PythonIsolation::kFile, kFile));
  EXPECT_EQ(id(Named(PythonIsolation::kFile, kFile)), one);
  EXPECT_NE(id(Named(PythonIsolation::kFile, kFile, {{"A", "2"}})), one);
  EXPECT_NE(id(Named(PythonIsolation::kFile, {.path = "/dags/a.py", .folder = "/other"})), one);
  // The next worker's SDK may be another one.
  EXPECT_NE(id(Named(PythonIsolation::kFile, kFile, {{"A", "1"}}, {.life = "two"})), one);
  // Of all bundles it is the same one.
  EXPECT_EQ(Named(PythonIsolation::kSdk, kFile, {{"GALE_DAGS_FOLDER", "/a"}}).templates[0].id,
            Named(PythonIsolation::kSdk, kFile, {{"GALE_DAGS_FOLDER", "/b"}}).templates[0].id);
}

TEST(PythonTemplates, AnIsolationThatIsNoneNamesThoseThereAre) {
  EXPECT_EQ(*ParsePythonIsolation("sdk"), PythonIsolation::kSdk);
  EXPECT_EQ(ParsePythonIsolation("reuse").status().message(),
            "python_isolation 'reuse': it is file, sdk or fresh (a process for many tasks isn't "
            "there yet)");
}

}  // namespace
}  // namespace gale::worker
