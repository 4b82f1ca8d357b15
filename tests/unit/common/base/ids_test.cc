#include "common/base/ids.h"

#include <gtest/gtest.h>

#include <limits>
#include <type_traits>
#include <unordered_set>

namespace gale {
namespace {

static_assert(!std::is_convertible_v<RunId, TaskIndex>);
static_assert(!std::is_convertible_v<RunId, int64_t>);
static_assert(!std::is_convertible_v<int64_t, RunId>);

TEST(AttemptId, IsReadBackFromItsText) {
  for (AttemptId id : {AttemptId{RunId(1), TaskIndex(0), kUnmapped, 1},
                       AttemptId{RunId(std::numeric_limits<int64_t>::max()),
                                 TaskIndex(std::numeric_limits<uint32_t>::max()),
                                 std::numeric_limits<int32_t>::max(), 1'000'000}}) {
    auto back = AttemptId::Parse(id.ToString());
    ASSERT_TRUE(back.ok()) << back.status().ToString();
    EXPECT_EQ(*back, id);
  }
  EXPECT_EQ((AttemptId{RunId(7), TaskIndex(3), kUnmapped, 2}).ToString(), "7.3.-1.2");
}

TEST(AttemptId, AnythingElseIsRefused) {
  for (auto text : {"", "7", "7.3.-1", "7.3.-1.", "7.3.-1.2.", "7.3.-1.2.1", "7..-1.2", "a.3.-1.2",
                    "7.-3.-1.2", "7.3.-1.-2", " 7.3.-1.2", "7.3.-1.2 ", "7,3,-1,2",
                    "99999999999999999999.3.-1.2", "7.4294967296.-1.2"}) {
    EXPECT_EQ(AttemptId::Parse(text).status().code(), Code::kInvalidArgument) << text;
  }
}

TEST(AttemptId, HashesSpreadOverRunsTasksAndTries) {
  std::unordered_set<size_t> hashes;
  for (int64_t run = 1; run <= 10; ++run) {
    for (uint32_t task = 0; task < 10; ++task) {
      for (uint32_t t = 1; t <= 10; ++t) {
        hashes.insert(std::hash<AttemptId>()({RunId(run), TaskIndex(task), kUnmapped, t}));
      }
    }
  }
  EXPECT_EQ(hashes.size(), 1000u);
}

}  // namespace
}  // namespace gale
