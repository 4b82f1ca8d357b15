// The tables of limit_counts.cc against limits.h, and that a refusal is counted by the name in it.
#include "common/base/limit_counts.h"

#include <gtest/gtest.h>

#include <fmt/format.h>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

namespace gale {
namespace {

std::set<std::string> Declared() {
  std::stringstream text;
  for (const char* name : {"limits.h", "limits_standing.h"}) {
    std::ifstream file(fmt::format("{}/../common/base/{}", GALE_TESTS_DIR, name));
    text << file.rdbuf();
  }
  const std::string header = text.str();
  const std::regex limit(R"(inline constexpr [\w:]+ (k\w+)\s*(?:=|\{))");
  std::set<std::string> names;
  for (std::sregex_iterator it(header.begin(), header.end(), limit), end; it != end; ++it) {
    names.insert((*it)[1]);
  }
  return names;
}

TEST(LimitCounts, EachLimitIsCountedOrShownOrSaysWhyNot) {
  std::set<std::string> known;
  for (const std::string_view name : CountedLimits()) {
    EXPECT_TRUE(known.emplace(name).second) << name << " stands there twice";
  }
  for (const OtherLimit& other : OtherLimits()) {
    EXPECT_TRUE(known.emplace(other.name).second) << other.name << " stands there twice";
    EXPECT_FALSE(other.metric.empty() && other.why.empty()) << other.name;
  }
  EXPECT_GT(known.size(), 25u);
  EXPECT_EQ(known, Declared());
}

// Somewhere in the sources, in a text: "(kNoteBytesMax)". The name alone, quoted, is bounds' way.
TEST(LimitCounts, EachCountedLimitIsNamedByARefusal) {
  std::string sources;
  for (const char* folder : {"common", "master", "worker"}) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(GALE_TESTS_DIR "/../" +
                                                                           std::string(folder))) {
      if (entry.path().extension() != ".cc" || entry.path().filename() == "limit_counts.cc")
        continue;
      std::ifstream file(entry.path());
      std::stringstream text;
      text << file.rdbuf();
      sources += text.str();
    }
  }
  for (const std::string_view name : CountedLimits()) {
    const std::regex text(fmt::format(R"("[^"\n]*\b{}\b[^"\n]*")", name));
    EXPECT_TRUE(std::regex_search(sources, text)) << name << ": no refusal names it";
  }
}

TEST(LimitCounts, ARefusalIsCountedByTheLimitsThatItNames) {
  LimitCounts counts;
  counts.Note("a file has 5000000 bytes, and may have 4194304 (kBundleFileBytesMax)");
  counts.Note("tasks: 100001 are over the limit kTasksPerDagMax = 100000: split the DAG");
  counts.Note("nothing of the kind");
  EXPECT_EQ(counts.count("kBundleFileBytesMax"), 1u);
  EXPECT_EQ(counts.count("kTasksPerDagMax"), 1u);
  EXPECT_EQ(counts.count("kBundleBytesMax"), 0u);
}

}  // namespace
}  // namespace gale
