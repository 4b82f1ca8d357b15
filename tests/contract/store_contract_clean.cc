// The contract's part about cleaning: what is old goes, and never half of a run that lives.
#include "master/store/clean.h"

#include <gmock/gmock.h>

#include "tests/contract/sample_rows.h"
#include "tests/contract/store_contract.h"

namespace gale {
namespace {

using namespace testing_rows;  // NOLINT

constexpr int64_t kLong = 1'000'000;  // seconds; At(0) is long ago for At(kLong)

RunRow Ended(int64_t id, std::string dag_id, std::string run_id, int64_t end, int64_t version = 1) {
  RunRow row = SparseRun(id, std::move(dag_id), std::move(run_id), RunState::kSuccess);
  row.version = version;
  row.logical_date = row.end_date = At(end);
  return row;
}
TiRow Done(int64_t run, uint32_t task) { return SparseTi(run, task, TiState::kSuccess); }

std::string Counts(Cleaning& cleaning, CleanTable table, TimePoint before) {
  std::string text;
  const Result<std::vector<OldRows>> counts = cleaning.CountOld(table, before);
  EXPECT_TRUE(counts.ok()) << counts.status().ToString();
  for (const OldRows& each : *counts) text += fmt::format("{}={} ", each.table, each.rows);
  return text;
}

TEST_P(StoreContract, OldRunsGoWithAllThatIsTheirsAndTheOthersStay) {
  Cleaning& cleaning = *CleaningOf(*store_);
  TiRow alive = Done(4, 0);
  alive.live = true;  // its process may run
  MustCommit({.runs = {Ended(1, "d", "old", 1), Ended(2, "d", "old too", 2),
                       Ended(3, "d", "young", kLong + 5), Ended(4, "d", "lives", 3),
                       SparseRun(5, "d", "unfinished"), Ended(6, "d", "last", kLong + 9),
                       Ended(7, "other", "its latest", 4)},
              .tis = {Done(1, 0), Done(1, 1), Done(2, 5000), Done(3, 0), alive, Done(7, 0)},
              .attempts = {FullAttempt(1, 0, 1), FullAttempt(3, 0, 1)},
              .xcoms = {XCom(1, 0, "k", "1"), XCom(3, 0, "k", "3")},
              .rendered = {Rendered(1, 0, "{}"), Rendered(3, 0, "{}")},
              .task_notes = {TaskNote(1, 0, "old"), TaskNote(3, 0, "young")}});
  EXPECT_EQ(Counts(cleaning, CleanTable::kRun, At(kLong)),
            "dag_run=2 task_instance=3 task_attempt=1 xcom=1 rendered_fields=1 "
            "task_note=1 ");
  EXPECT_EQ(store_->reads().ListRuns({})->total, 7u) << "counting changes nothing";
  EXPECT_EQ(*cleaning.TakeOldRuns(At(kLong), At(0), epoch_), 2u);
  EXPECT_EQ(*cleaning.TakeOldRuns(At(kLong), At(0), epoch_), 0u);
  EXPECT_EQ(store_->reads().GetRun("d", "old").status().code(), Code::kNotFound);
  EXPECT_EQ(store_->reads().ListTis(RunId(1))->size(), 2u) << "for a while";

  EXPECT_TRUE(cleaning.RunsToFinish(At(0))->empty()) << "too early";
  const std::vector<CleanedRun> runs = cleaning.RunsToFinish(At(1)).value();
  ASSERT_EQ(runs.size(), 2u);
  EXPECT_EQ(runs[0].dag_id + "/" + runs[0].run_id, "d/old");
  for (const CleanedRun& run : runs) EXPECT_TRUE(*cleaning.FinishRun(run, epoch_));
  EXPECT_EQ(cleaning.RunsToFinish(At(1))->size(), 2u) << "their logs may be there";
  for (const CleanedRun& run : runs) EXPECT_TRUE(cleaning.EndRun(run, epoch_).ok());
  EXPECT_TRUE(cleaning.RunsToFinish(At(1))->empty());
  EXPECT_EQ(*cleaning.ForgetRuns(At(0), epoch_), 0u);
  EXPECT_EQ(*cleaning.ForgetRuns(At(1), epoch_), 2u);
  for (int64_t gone : {1, 2}) {
    EXPECT_TRUE(store_->reads().ListTis(RunId(gone))->empty());
    EXPECT_TRUE(!*store_->reads().GetXCom({RunId(gone), TaskIndex(0)}, "k"));
    EXPECT_TRUE(!*store_->reads().GetRendered({RunId(gone), TaskIndex(0)}));
    EXPECT_TRUE(store_->reads().ListTaskNotes({{RunId(gone)}})->empty());
    EXPECT_TRUE(store_->reads().ListAttempts({RunId(gone), TaskIndex(0), 17})->empty());
  }
  EXPECT_EQ(store_->reads().ListRuns({})->total, 5u);
  EXPECT_EQ(store_->reads().ListTis(RunId(3))->size(), 1u);
  EXPECT_TRUE(*store_->reads().GetXCom({RunId(3), TaskIndex(0)}, "k"));
  EXPECT_TRUE(*store_->reads().GetRendered({RunId(3), TaskIndex(0)}));
  EXPECT_EQ(store_->reads().ListTaskNotes({{RunId(3)}})->size(), 1u);
  EXPECT_EQ(store_->LoadLive()->last_run_id, RunId(7)) << "a number is never given twice";
}

// A leader had read it, to clear it, before it went; its commit comes after.
TEST_P(StoreContract, ARunThatIsOpenedAnewWhileItGoesIsWholeAgain) {
  Cleaning& cleaning = *CleaningOf(*store_);
  MustCommit({.runs = {Ended(1, "d", "r", 1), Ended(2, "d", "last", kLong + 1)},
              .tis = {Done(1, 0), Done(1, 1)},
              .xcoms = {XCom(1, 1, "k", "1")}});
  const RunRow read = store_->reads().GetRun("d", "r").value();
  ASSERT_EQ(*cleaning.TakeOldRuns(At(kLong), At(0), epoch_), 1u);
  RunRow cleared = read;
  cleared.state = RunState::kQueued;
  MustCommit({.runs = {cleared}, .tis = {SparseTi(1, 0, TiState::kNone)}});
  const std::vector<CleanedRun> runs = cleaning.RunsToFinish(At(1)).value();
  ASSERT_EQ(runs.size(), 1u);
  EXPECT_FALSE(*cleaning.FinishRun(runs[0], epoch_)) << "it is back";
  EXPECT_TRUE(cleaning.RunsToFinish(At(1))->empty());
  EXPECT_TRUE(Same(*store_->reads().GetRun("d", "r"), cleared));
  EXPECT_EQ(store_->reads().ListTis(RunId(1))->size(), 2u);
  EXPECT_TRUE(*store_->reads().GetXCom({RunId(1), TaskIndex(1)}, "k"));
}

// The same, but its commit took longer than the grace: half of the run is gone, so it must be refused.
TEST_P(StoreContract, ARunThatHasBegunToGoIsRefusedByItsName) {
  Cleaning& cleaning = *CleaningOf(*store_);
  MustCommit({.runs = {Ended(1, "d", "r", 1), Ended(2, "d", "last", kLong + 1)},
              .tis = {Done(1, 0), Done(1, 1)}});
  RunRow cleared = store_->reads().GetRun("d", "r").value();
  ASSERT_EQ(*cleaning.TakeOldRuns(At(kLong), At(0), epoch_), 1u);
  const CleanedRun run = cleaning.RunsToFinish(At(1)).value().at(0);
  auto refused = [&] {
    cleared.state = RunState::kQueued;
    BatchRow row;
    const Status status = store_->Commit(epoch_,
                                         {.runs = {SparseRun(3, "d", "new"), cleared},
                                          .tis = {SparseTi(1, 0, TiState::kNone)},
                                          .events = {Event("clear", "me", 1)}},
                                         &row);
    EXPECT_EQ(status.code(), Code::kInvalidArgument);
    EXPECT_EQ(status.message(), "run 'r' of dag 'd' was removed by a cleaning meanwhile");
    EXPECT_TRUE(row.list == BatchRow::List::kRuns && row.at == 1);
    EXPECT_EQ(store_->reads().GetRun("d", "r").status().code(), Code::kNotFound);
    EXPECT_EQ(store_->reads().GetRun("d", "new").status().code(), Code::kNotFound);
    EXPECT_EQ(store_->reads().ListEvents({})->total, 0u);
  };
  ASSERT_TRUE(*cleaning.FinishRun(run, epoch_));
  refused();
  ASSERT_TRUE(cleaning.EndRun(run, epoch_).ok());
  refused();
  EXPECT_TRUE(store_->reads().ListTis(RunId(1))->empty());
  MustCommit({.runs = {SparseRun(3, "d", "r")}});  // its name is free
}

// It ended again, and is old again, before anybody looked whether it is back.
TEST_P(StoreContract, ARunMayGoBackAndGoAgain) {
  Cleaning& cleaning = *CleaningOf(*store_);
  const RunRow run = Ended(1, "d", "r", 1);
  MustCommit({.runs = {run, Ended(2, "d", "last", kLong + 1)}, .tis = {Done(1, 0)}});
  ASSERT_EQ(*cleaning.TakeOldRuns(At(kLong), At(0), epoch_), 1u);
  MustCommit({.runs = {run}});
  ASSERT_EQ(*cleaning.TakeOldRuns(At(kLong), At(50), epoch_), 1u);
  EXPECT_TRUE(cleaning.RunsToFinish(At(1))->empty()) << "its grace begins anew";
  EXPECT_TRUE(*cleaning.FinishRun(cleaning.RunsToFinish(At(51)).value().at(0), epoch_));
}

TEST_P(StoreContract, ARunThatAnUnfinishedOneMayLookAtStays) {
  Cleaning& cleaning = *CleaningOf(*store_);
  RunRow waits = SparseRun(3, "d", "waits", RunState::kRunning);
  waits.logical_date = At(30);
  MustCommit({.runs = {Ended(1, "d", "before", 10), Ended(2, "d", "past", 20), waits,
                       Ended(4, "d", "last", 40)}});
  ASSERT_EQ(*cleaning.TakeOldRuns(At(kLong), At(0), epoch_), 1u);
  EXPECT_EQ(store_->reads().GetRun("d", "before").status().code(), Code::kNotFound);
  EXPECT_TRUE(store_->reads().GetRun("d", "past").ok());
}

TEST_P(StoreContract, TheVersionOfARunThatMayComeBackStays) {
  Cleaning& cleaning = *CleaningOf(*store_);
  MustCommit({.dags = {SparseDag("d", 2)},
              .dag_versions = {Version("d", 1), Version("d", 2)},
              .runs = {Ended(1, "d", "r", 1, 1), Ended(2, "d", "last", kLong + 1, 2)}});
  ASSERT_EQ(*cleaning.TakeOldRuns(At(kLong), At(0), epoch_), 1u);
  EXPECT_EQ(*cleaning.CleanSome(CleanTable::kDagVersion, At(kLong), epoch_), 0u);
  ASSERT_TRUE(*cleaning.FinishRun(cleaning.RunsToFinish(At(1)).value().at(0), epoch_));
  EXPECT_EQ(*cleaning.CleanSome(CleanTable::kDagVersion, At(kLong), epoch_), 1u);
}

TEST_P(StoreContract, VersionsThatNobodyNeedsAndOldEventsGo) {
  Cleaning& cleaning = *CleaningOf(*store_);
  MustCommit({.dags = {SparseDag("d", 4), SparseDag("stale", 1)},
              .dag_versions = {Version("d", 1), Version("d", 2), Version("d", 3), Version("d", 4),
                               Version("stale", 1)},
              .version_bundles = {{"d", 2, std::string(64, 'a')}, {"d", 3, std::string(64, 'b')}},
              .runs = {Ended(1, "d", "r", kLong, 3)},
              .events = {Event("old", "me", 1), Event("young", "me", kLong + 1)}});
  EXPECT_EQ(Counts(cleaning, CleanTable::kDagVersion, At(kLong)), "dag_version=2 ");
  EXPECT_EQ(*cleaning.CleanSome(CleanTable::kDagVersion, At(kLong), epoch_), 2u);
  EXPECT_EQ(*cleaning.CleanSome(CleanTable::kDagVersion, At(kLong), epoch_), 0u);
  for (int64_t gone : {1, 2}) {
    EXPECT_EQ(store_->reads().GetDagVersion("d", gone).status().code(), Code::kNotFound);
  }
  EXPECT_EQ(store_->reads().GetDagVersion("d", 3)->bundle, std::string(64, 'b')) << "a run's";
  EXPECT_TRUE(store_->reads().GetDagVersion("d", 4).ok()) << "the current one";
  EXPECT_TRUE(store_->reads().GetDagVersion("stale", 1).ok());

  EXPECT_EQ(*cleaning.CleanSome(CleanTable::kEventLog, At(kLong), epoch_), 1u);
  const auto events = store_->reads().ListEvents({});
  ASSERT_EQ(events->rows.size(), 1u);
  EXPECT_EQ(events->rows[0].event, "young");
}

TEST_P(StoreContract, AWorkerGoesThatNobodyHeardOfAndThatHoldsNothing) {
  Cleaning& cleaning = *CleaningOf(*store_);
  auto worker = [](std::string name, TimePoint heard, bool drained = false) {
    return WorkerRow{std::move(name), "host", "boot", "1", heard, drained};
  };
  TiRow held = SparseTi(1, 0), was_held = SparseTi(1, 1);
  held.live = true;
  held.worker = "holds";
  was_held.state = TiState::kSuccess;
  was_held.live = false;
  was_held.worker = "gone";
  MustCommit({.runs = {SparseRun(1, "d", "r")},
              .tis = {held, was_held},
              .workers = {worker("gone", At(0)), worker("holds", At(0)),
                          worker("heard of", At(kLong)), worker("drained", At(0), true)}});
  EXPECT_EQ(Counts(cleaning, CleanTable::kWorker, At(kLong)), "worker=1 ");
  EXPECT_EQ(*cleaning.CleanSome(CleanTable::kWorker, At(kLong), epoch_), 1u);
  EXPECT_EQ(*cleaning.CleanSome(CleanTable::kWorker, At(kLong), epoch_), 0u);
  std::vector<std::string> left;
  const LiveState live = store_->LoadLive().value();
  for (const WorkerRow& row : live.workers) left.push_back(row.name);
  EXPECT_THAT(left, testing::UnorderedElementsAre("holds", "heard of", "drained"));
}

TEST_P(StoreContract, OldBlobsGoUnlessTheyAreKeptAgain) {
  Cleaning& cleaning = *CleaningOf(*store_);
  auto digest = [](char c) { return std::string(64, c); };
  ASSERT_TRUE(store_
                  ->PutBlobs({{digest('a'), "1", At(0)},
                              {digest('b'), "2", At(0)},
                              {digest('c'), "3", At(0)},
                              {digest('d'), "4", At(kLong)}})
                  .ok());
  MustCommit({.dags = {SparseDag("d", 1)},
              .dag_versions = {Version("d", 1)},
              .bundle = digest('d'),
              .version_bundles = {{"d", 1, digest('a')}}});
  EXPECT_THAT(cleaning.UsedBundles().value(),
              testing::UnorderedElementsAre(digest('a'), digest('d')));
  using List = std::vector<std::string>;
  EXPECT_EQ(cleaning.OldBlobs(At(kLong), "", 2).value(), (List{digest('a'), digest('b')}));
  EXPECT_EQ(cleaning.OldBlobs(At(kLong), digest('b'), 2).value(), List{digest('c')});
  ASSERT_TRUE(cleaning.KeepBlobs({digest('b'), digest('e')}, At(kLong + 1)).ok());
  EXPECT_EQ(cleaning.OldBlobs(At(kLong), "", 9).value(), (List{digest('a'), digest('c')}));
  EXPECT_EQ(*cleaning.RemoveBlobs({digest('b'), digest('c'), digest('e')}, At(kLong), epoch_), 1u);
  EXPECT_EQ(store_->GetBlob(digest('c')).status().code(), Code::kNotFound);
  EXPECT_TRUE(store_->GetBlob(digest('b')).ok()) << "it is younger by now";
}

TEST_P(StoreContract, ALeaderThatWasDeposedCleansNothing) {
  Cleaning& cleaning = *CleaningOf(*store_);
  MustCommit(
      {.runs = {Ended(1, "d", "gone", 0), Ended(2, "d", "last", kLong)}, .tis = {Done(1, 0)}});
  ASSERT_EQ(*cleaning.TakeOldRuns(At(kLong), At(0), epoch_), 1u);
  const CleanedRun gone = cleaning.RunsToFinish(At(1)).value().at(0);
  MustCommit({.runs = {Ended(3, "d", "r", 1), Ended(4, "d", "latest", kLong + 1)},
              .events = {Event("old", "me", 1)}});
  const Epoch deposed = epoch_;
  epoch_ = *store_->AcquireLeadership({.owner = "another"});
  EXPECT_EQ(cleaning.TakeOldRuns(At(kLong), At(0), deposed).status().code(), Code::kAborted);
  EXPECT_EQ(cleaning.CleanSome(CleanTable::kEventLog, At(kLong), deposed).status().code(),
            Code::kAborted);
  EXPECT_EQ(cleaning.FinishRun(gone, deposed).status().code(), Code::kAborted);
  EXPECT_EQ(cleaning.EndRun(gone, deposed).code(), Code::kAborted);
  EXPECT_TRUE(store_->reads().GetRun("d", "r").ok());
  EXPECT_EQ(store_->reads().ListTis(RunId(1))->size(), 1u);
  EXPECT_EQ(*cleaning.TakeOldRuns(At(kLong), At(0), std::nullopt), 1u) << "and a person may";
}

}  // namespace
}  // namespace gale
