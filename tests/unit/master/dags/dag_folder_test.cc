// Which files a look finds, and what it leaves out.
#include "master/dags/dag_folder.h"

#include "scripted_server.h"

namespace gale {
namespace {

namespace fs = std::filesystem;

class DagFolderTest : public ::testing::Test {
 protected:
  DagFolderTest() { options_.folder = folder_.path(); }
  // The files, "*" behind those that may hold DAGs; and the notices.
  std::string Look() {
    DagFolder::Seen seen = DagFolder(options_).Look();
    notices_ = seen.notices;
    std::string out;
    for (const auto& [path, state] : seen.files) {
      out += path.substr(folder_.path().size() + 1) + (state.may_hold_dags ? "* " : " ");
    }
    return out;
  }

  TempFolder folder_;
  DagFolder::Options options_;
  std::vector<std::string> notices_;
};

TEST_F(DagFolderTest, WhatMayHoldDagsIsPythonOrAZip) {
  for (const char* name : {"a.py", "b/c.py", "p.zip", "x.txt", ".git/d.py", "__pycache__/e.py"})
    folder_.Write(name, "");
  EXPECT_EQ(Look(), "a.py* b/c.py* p.zip* ");
  options_.all_files = true;
  EXPECT_EQ(Look(), "a.py* b/c.py* p.zip* x.txt ");
  EXPECT_TRUE(notices_.empty());
}

TEST_F(DagFolderTest, AnIgnoreFileSpeaksForItsFolderAndAModuleStaysAModule) {
  folder_.Write(".airflowignore", "ign/\nhelper.py\n");
  folder_.Write("ign/a.py", "");
  folder_.Write("ign/.airflowignore", "!a.py");
  folder_.Write("helper.py", "");
  folder_.Write("team/.airflowignore", "/mine.py\n!helper.py\n");
  folder_.Write("team/mine.py", "");
  folder_.Write("team/helper.py", "");
  folder_.Write("mine.py", "");
  EXPECT_EQ(Look(), "helper.py ign/a.py mine.py* team/helper.py* team/mine.py ");
  options_.syntax = IgnoreSyntax::kRegexp;
  folder_.Write(".airflowignore", "^team/m|ign");
  EXPECT_EQ(Look(), "helper.py* ign/a.py mine.py* team/helper.py* team/mine.py ");
  EXPECT_TRUE(notices_.empty());
}

// Found from outside: each file was read again on every level, to depth 32.
TEST_F(DagFolderTest, ALinkToTheFolderItselfIsLeftOutAndSaid) {
  folder_.Write("a.py", "");
  folder_.Write("deep/b.py", "");
  fs::create_directory_symlink(".", folder_.path("loop"));
  fs::create_directory_symlink("..", folder_.path("deep/up"));
  for (bool all : {false, true}) {
    options_.all_files = all;
    EXPECT_EQ(Look(), "a.py* deep/b.py* ");
    ASSERT_EQ(notices_.size(), 2u);
    EXPECT_NE(notices_[0].find("/deep/up'"), std::string::npos) << notices_[0];
    EXPECT_NE(notices_[1].find("/loop' leads to a folder that is read already"), std::string::npos);
  }
}

TEST_F(DagFolderTest, AFolderUnderTwoNamesHoldsItsDagsOnceAndItsTemplatesTwice) {
  folder_.Write("z_real/a.py", "");
  folder_.Write("z_real/q.sql", "");
  fs::create_directory_symlink("z_real", folder_.path("alias"));
  EXPECT_EQ(Look(), "z_real/a.py* ");
  EXPECT_EQ(notices_.size(), 1u);
  options_.all_files = true;
  EXPECT_EQ(Look(), "alias/a.py alias/q.sql z_real/a.py* z_real/q.sql ");
}

TEST_F(DagFolderTest, ALinkThatLeadsOutIsFollowed) {
  TempFolder elsewhere;
  elsewhere.Write("in/a.py", "");
  fs::create_directory_symlink(elsewhere.path(), folder_.path("repo"));
  fs::create_directory_symlink(folder_.path(), elsewhere.path("back"));
  EXPECT_EQ(Look(), "repo/in/a.py* ");
  EXPECT_EQ(notices_.size(), 1u);
}

TEST_F(DagFolderTest, WhatCannotBeReadIsSaid) {
  folder_.Write(".airflowignore", "/\n");
  std::string deep = "d";
  for (int i = 0; i < DagFolder::kDepthMax; ++i) deep += "/d";
  folder_.Write(deep + "/a.py", "");
  EXPECT_EQ(Look(), "");
  ASSERT_EQ(notices_.size(), 2u);
  EXPECT_NE(notices_[0].find(".airflowignore': line 1: '/' matches nothing"), std::string::npos);
  EXPECT_NE(notices_[1].find("is deeper than 32 levels"), std::string::npos);
}

}  // namespace
}  // namespace gale
