// Runs every story of tests/scenarios/*.txt; each is a test of its own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "tests/scenarios/story.h"

namespace gale::core::testing {
namespace {

const std::string kFolder = std::string(GALE_TESTS_DIR) + "/scenarios";

class Scenario : public ::testing::TestWithParam<Story> {};

TEST_P(Scenario, Holds) {
  const Story& story = GetParam();
  ASSERT_FALSE(story.lines.empty()) << story.file << ": '" << story.title << "' tells nothing";
  Teller teller;
  try {
    teller.Tell(story);
  } catch (const std::exception& e) {
    ADD_FAILURE_AT((kFolder + "/" + story.file).c_str(), teller.line())
        << "== " << story.title << "\n"
        << e.what();
  }
}

std::string NameOf(const ::testing::TestParamInfo<Story>& info) {
  std::string name = info.param.file.substr(0, info.param.file.find('.')) + "__" + info.param.title;
  for (char& c : name) {
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  }
  return fmt::format("{}_{}", name.substr(0, 70), info.index);
}

INSTANTIATE_TEST_SUITE_P(Stories, Scenario, ::testing::ValuesIn(ReadStories(kFolder)), NameOf);

// The runner must be able to fail: a wrong expectation names its line, an unknown word is refused.
TEST(StoryLanguage, RefusesWhatItCannotRead) {
  auto told = [](std::vector<std::string> lines) -> std::string {
    Story story{"x.txt", "x", {}};
    for (auto& text : lines)
      story.lines.push_back({static_cast<int>(story.lines.size()) + 1, text});
    Teller teller;
    try {
      teller.Tell(story);
    } catch (const std::exception& e) {
      return fmt::format("{}: {}", teller.line(), e.what());
    }
    return "fine";
  };
  EXPECT_EQ(told({"dag x", "task a", "trigger r1", "expect queued a"}), "fine");
  EXPECT_THAT(told({"dag x", "task a", "trigger r1", "expect success a"}),
              ::testing::StartsWith("4: a is queued"));
  EXPECT_THAT(told({"dag x", "task a", "trigger r1", "expect pushed b"}),
              ::testing::StartsWith("4: pushed: [a], wanted [b]"));
  EXPECT_THAT(told({"dag x", "task a", "trigger r1", "dance a"}),
              ::testing::HasSubstr("unknown command 'dance'"));
  EXPECT_THAT(told({"dag x", "task a speed=3"}), ::testing::HasSubstr("unknown task option speed"));
}

}  // namespace
}  // namespace gale::core::testing
