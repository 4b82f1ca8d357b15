// .airflowignore, as Airflow 3.3 reads it.
#include "master/dags/ignore_rules.h"

#include <gtest/gtest.h>

namespace gale {
namespace {

bool Glob(const std::string& text, std::string_view path, bool folder = false,
          std::string_view from = "") {
  IgnoreRules rules(IgnoreSyntax::kGlob);
  EXPECT_TRUE(rules.Add(from, text).empty()) << text;
  return rules.Ignores(path, folder);
}
bool Regexp(const std::string& text, std::string_view path) {
  IgnoreRules rules(IgnoreSyntax::kRegexp);
  EXPECT_TRUE(rules.Add("deep", text).empty()) << text;
  return rules.Ignores(path, false);
}

TEST(Ignore, APatternWithoutASlashIsANameAtAnyDepth) {
  for (const char* path : {"ign", "a/ign", "a/b/ign"}) {
    EXPECT_TRUE(Glob("ign", path)) << path;
    EXPECT_TRUE(Glob("ign", path, true)) << path;
    EXPECT_TRUE(Glob("ign/", path, true)) << path;
    EXPECT_FALSE(Glob("ign/", path)) << "a file: " << path;
  }
  EXPECT_FALSE(Glob("ign", "ignored.py"));
  EXPECT_FALSE(Glob("ign", "design"));
  EXPECT_TRUE(Glob("*_test.py", "a/x_test.py"));
  EXPECT_TRUE(Glob("tmp*", "a/tmp", true));
}

TEST(Ignore, APatternWithASlashIsAPathFromItsFile) {
  EXPECT_TRUE(Glob("/a.py", "a.py"));
  EXPECT_FALSE(Glob("/a.py", "b/a.py"));
  EXPECT_TRUE(Glob("b/a.py", "b/a.py"));
  EXPECT_FALSE(Glob("b/a.py", "c/b/a.py"));
  EXPECT_TRUE(Glob("b/a.py", "c/b/a.py", false, "c"));
  EXPECT_TRUE(Glob("/b/", "c/b", true, "c"));
  EXPECT_TRUE(Glob("**/b/*.py", "x/y/b/a.py"));
  EXPECT_TRUE(Glob("**/b/*.py", "b/a.py"));
  EXPECT_TRUE(Glob("a/**/z.py", "a/z.py"));
  EXPECT_TRUE(Glob("a/**/z.py", "a/b/c/z.py"));
  EXPECT_FALSE(Glob("a/**/z.py", "b/a/z.py"));
  EXPECT_TRUE(Glob("a/**", "a/z.py"));
  EXPECT_FALSE(Glob("a/*", "b/z.py"));
}

TEST(Ignore, TheLastPatternThatMatchesDecides) {
  EXPECT_FALSE(Glob("*.py\n!keep.py", "keep.py"));
  EXPECT_TRUE(Glob("*.py\n!keep.py", "other.py"));
  EXPECT_TRUE(Glob("!keep.py\n*.py", "keep.py"));
  EXPECT_FALSE(Glob("*\n!/a/", "a", true));
}

TEST(Ignore, CharactersOfAName) {
  EXPECT_TRUE(Glob("a?.py", "ab.py"));
  EXPECT_FALSE(Glob("a?.py", "a.py"));
  EXPECT_TRUE(Glob("[a-c].py", "b.py"));
  EXPECT_FALSE(Glob("[!a-c].py", "b.py"));
  EXPECT_TRUE(Glob("[]x].py", "].py"));
  EXPECT_TRUE(Glob("a[.py", "a[.py")) << "never closed: itself";
  EXPECT_TRUE(Glob("a\\*.py", "a*.py"));
  EXPECT_FALSE(Glob("a\\*.py", "ab.py"));
  EXPECT_FALSE(Glob("a.py", "axpy"));
  EXPECT_TRUE(Glob("caf\u00e9?.py", "caf\u00e9\u00e9.py"));
}

TEST(Ignore, CommentsBlanksAndLinesOfOtherSystems) {
  EXPECT_TRUE(Glob("# all of it\r\n\r\na.py  # that one\r\n", "a.py"));
  EXPECT_FALSE(Glob("#a.py", "#a.py"));
  EXPECT_FALSE(Glob("\n\n", ""));
}

TEST(Ignore, ARegexpIsSearchedForInThePathFromTheDagsFolder) {
  EXPECT_TRUE(Regexp("ig.*\\.py$", "x/ignored.py"));
  EXPECT_TRUE(Regexp("^deep/a", "deep/a.py")) << "from the DAGs folder, wherever the file is";
  EXPECT_FALSE(Regexp("^a", "deep/a.py"));
  EXPECT_TRUE(Regexp("(?i)TMP", "x/tmp.py"));
  EXPECT_TRUE(Regexp("x\n!y", "x.py")) << "nothing is taken back";
}

TEST(Ignore, WhatMakesNoSenseIsSaidAndLeftOut) {
  IgnoreRules glob(IgnoreSyntax::kGlob), regexp(IgnoreSyntax::kRegexp);
  EXPECT_EQ(glob.Add("", "a.py\n/\n").at(0), "line 2: '/' matches nothing");
  EXPECT_TRUE(glob.Ignores("a.py", false));
  const std::string wrong = regexp.Add("", "a(\n(?!b)\nc").at(1);
  EXPECT_NE(wrong.find("line 2: '(?!b)' is no regular expression that Gale knows"),
            std::string::npos);
  EXPECT_TRUE(regexp.Ignores("c.py", false));
  std::string many;
  for (size_t i = 0; i <= IgnoreRules::kRulesMax; ++i) many += "x\n";
  EXPECT_EQ(regexp.Add("", many).size(), 1u);
}

}  // namespace
}  // namespace gale
