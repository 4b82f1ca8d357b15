// Every trigger rule against an oracle that reads the table of airflow.md 1.5 literally, over every
// way in which up to four upstreams can stand.
#include "master/core/rules.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "common/model/state.h"

namespace gale::core {
namespace {

struct Upstream {
  TiState state = TiState::kRunning;  // success, skipped, failed, upstream_failed, or not done
  bool setup = false;
};
using Upstreams = std::vector<Upstream>;

// The oracle: each line of the table in words, on the list itself.
Verdict Oracle(TriggerRule rule, const Upstreams& ups) {
  if (ups.empty()) return Verdict::kRun;
  auto any = [&](auto... states) {
    return std::any_of(ups.begin(), ups.end(),
                       [&](const Upstream& u) { return ((u.state == states) || ...); });
  };
  auto all = [&](auto... states) {
    return std::all_of(ups.begin(), ups.end(),
                       [&](const Upstream& u) { return ((u.state == states) || ...); });
  };
  const auto S = TiState::kSuccess, K = TiState::kSkipped, F = TiState::kFailed,
             UF = TiState::kUpstreamFailed;
  const bool done = all(S, K, F, UF);
  auto when = [](bool run, Verdict otherwise = Verdict::kWait) {
    return run ? Verdict::kRun : otherwise;
  };
  switch (rule) {
    case TriggerRule::kAllSuccess:
      if (any(F, UF)) return Verdict::kUpstreamFailed;
      if (any(K)) return Verdict::kSkip;
      return when(all(S));
    case TriggerRule::kAllFailed:
      if (any(S, K)) return Verdict::kSkip;
      return when(all(F, UF));
    case TriggerRule::kAllDone: return when(done);
    case TriggerRule::kOneSuccess:
      if (any(S)) return Verdict::kRun;
      if (all(K)) return Verdict::kSkip;
      return done ? Verdict::kUpstreamFailed : Verdict::kWait;
    case TriggerRule::kOneFailed: return when(any(F, UF), done ? Verdict::kSkip : Verdict::kWait);
    case TriggerRule::kOneDone: return when(any(S, F), done ? Verdict::kSkip : Verdict::kWait);
    case TriggerRule::kNoneFailed:
      if (any(F, UF)) return Verdict::kUpstreamFailed;
      return when(all(S, K));
    case TriggerRule::kNoneFailedMinOneSuccess:
      if (any(F, UF)) return Verdict::kUpstreamFailed;
      if (all(K)) return Verdict::kSkip;
      return when(all(S, K));
    case TriggerRule::kNoneSkipped:
      if (any(K)) return Verdict::kSkip;
      return when(done);
    case TriggerRule::kAllSkipped:
      if (any(S, F, UF)) return Verdict::kSkip;
      return when(all(K));
    case TriggerRule::kAllDoneMinOneSuccess:
      if (any(K)) return Verdict::kSkip;
      if (done && !any(S)) return Verdict::kUpstreamFailed;
      return when(done);
    case TriggerRule::kAllDoneSetupSuccess: {
      if (!done) return Verdict::kWait;
      Upstreams setups;
      std::copy_if(ups.begin(), ups.end(), std::back_inserter(setups),
                   [](auto& u) { return u.setup; });
      if (setups.empty()) return Verdict::kRun;
      auto is = [](TiState s) { return [s](const Upstream& u) { return u.state == s; }; };
      if (std::any_of(setups.begin(), setups.end(), is(S))) return Verdict::kRun;
      const bool all_skipped = std::all_of(setups.begin(), setups.end(), is(K));
      return all_skipped ? Verdict::kSkip : Verdict::kUpstreamFailed;
    }
    case TriggerRule::kAlways: return Verdict::kRun;
  }
  return Verdict::kWait;
}

Verdict Real(TriggerRule rule, const Upstreams& ups) {
  UpstreamCounts counts;
  SetupCounts setups;
  for (const Upstream& u : ups) {
    counts.success += u.state == TiState::kSuccess;
    counts.skipped += u.state == TiState::kSkipped;
    counts.failed += u.state == TiState::kFailed;
    counts.upstream_failed += u.state == TiState::kUpstreamFailed;
    setups.total += u.setup;
    setups.success += u.setup && u.state == TiState::kSuccess;
    setups.skipped += u.setup && u.state == TiState::kSkipped;
  }
  return Evaluate(rule, counts, static_cast<uint32_t>(ups.size()), setups);
}

std::string Print(TriggerRule rule, const Upstreams& ups) {
  std::string out = fmt::format("{}:", Name(rule));
  for (const Upstream& u : ups) out += fmt::format(" {}{}", u.setup ? "setup " : "", Name(u.state));
  return out;
}

// Every list of up to four upstreams in every state, setups among them or not.
template <class Visit>
void ForEachList(Visit visit) {
  const TiState kStates[] = {TiState::kRunning, TiState::kSuccess, TiState::kSkipped,
                             TiState::kFailed, TiState::kUpstreamFailed};
  for (uint32_t n = 0; n <= 4; ++n) {
    uint32_t lists = 1;
    for (uint32_t i = 0; i < n; ++i) lists *= 10;
    for (uint32_t code = 0; code < lists; ++code) {
      Upstreams ups;
      for (uint32_t i = 0, rest = code; i < n; ++i, rest /= 10) {
        ups.push_back({kStates[rest % 5], rest % 10 >= 5});
      }
      visit(ups);
    }
  }
}

class EveryRule : public ::testing::TestWithParam<size_t> {
 protected:
  TriggerRule rule() const { return static_cast<TriggerRule>(GetParam()); }
};

TEST_P(EveryRule, DecidesWhatTheTableSays) {
  size_t lists = 0;
  ForEachList([&](const Upstreams& ups) {
    ++lists;
    if (HasFailure()) return;
    EXPECT_EQ(Real(rule(), ups), Oracle(rule(), ups)) << Print(rule(), ups);
  });
  EXPECT_EQ(lists, 11111u);
}

// Once everybody upstream is done there is an answer: no run can hang on a rule.
TEST_P(EveryRule, NeverWaitsWhenAllAreDone) {
  ForEachList([&](const Upstreams& ups) {
    for (const Upstream& u : ups) {
      if (!IsFinished(u.state)) return;
    }
    EXPECT_NE(Real(rule(), ups), Verdict::kWait) << Print(rule(), ups);
  });
}

// What was decided early isn't taken back to "wait" by whoever ends later.
TEST_P(EveryRule, AnEarlyVerdictIsNotWithdrawn) {
  ForEachList([&](Upstreams ups) {
    if (Real(rule(), ups) == Verdict::kWait) return;
    for (Upstream& u : ups) {
      if (IsFinished(u.state)) continue;
      for (TiState s :
           {TiState::kSuccess, TiState::kSkipped, TiState::kFailed, TiState::kUpstreamFailed}) {
        u.state = s;
        EXPECT_NE(Real(rule(), ups), Verdict::kWait) << Print(rule(), ups);
      }
      u.state = TiState::kRunning;
    }
  });
}

TEST_P(EveryRule, ATaskWithoutUpstreamsRuns) { EXPECT_EQ(Evaluate(rule(), {}, 0), Verdict::kRun); }

INSTANTIATE_TEST_SUITE_P(Rules, EveryRule, ::testing::Range<size_t>(0, kTriggerRules),
                         [](const auto& info) {
                           return std::string(Name(static_cast<TriggerRule>(info.param)));
                         });

TEST(Rules, FailureWinsOverASkipSeenAtTheSameTime) {
  const UpstreamCounts both{.success = 0, .skipped = 1, .failed = 1};
  EXPECT_EQ(Evaluate(TriggerRule::kAllSuccess, both, 3), Verdict::kUpstreamFailed);
  EXPECT_EQ(Evaluate(TriggerRule::kNoneFailedMinOneSuccess, both, 2), Verdict::kUpstreamFailed);
}

}  // namespace
}  // namespace gale::core
