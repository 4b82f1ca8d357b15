// What waits for which answer.
#include "master/engine/ledger_waits.h"

#include <gtest/gtest.h>

namespace gale {
namespace {

LedgerNeed OfRun(const std::string& run_id) {
  LedgerNeed need;
  need.key = {LedgerNeed::Kind::kRun, "d", run_id, {}};
  return need;
}

LedgerAnswer None(const LedgerNeed& need) { return {need, NotFound("none"), std::nullopt, {}}; }

// It would have waited for ever: of due runs, their DAG would have stood still.
TEST(LedgerWaits, AnAnswerWhoseTurnIsTakenBackIsAskedForAgainUnlessItIsHeardAgain) {
  LedgerWaits waits;
  waits.Need(OfRun("heard"), [](Loop&, const Status&) {});
  waits.Need(OfRun("dropped"), [](Loop&, const Status&) {});
  EXPECT_TRUE(waits.TakeNeeds(1).empty()) << "the turn isn't committed";
  waits.OnCommitted();
  const std::vector<LedgerNeed> needs = waits.TakeNeeds(1);
  ASSERT_EQ(needs.size(), 2u);
  for (const LedgerNeed& need : needs) EXPECT_TRUE(waits.Take(None(need)));
  waits.OnTakenBack();
  const LedgerNeed& heard = needs[0].key.run_id == "heard" ? needs[0] : needs[1];
  EXPECT_EQ(waits.Take(None(heard))->then.size(), 1u);
  waits.OnCommitted();
  EXPECT_TRUE(waits.TakeNeeds(2).empty());
  waits.AskAgain();
  const std::vector<LedgerNeed> again = waits.TakeNeeds(2);
  ASSERT_EQ(again.size(), 1u);
  EXPECT_EQ(again[0].key.run_id, "dropped");
  EXPECT_FALSE(waits.Take(None(heard)));
  EXPECT_TRUE(waits.Take(None(again[0])));
  waits.OnCommitted();
  EXPECT_TRUE(waits.empty());
}

}  // namespace
}  // namespace gale
