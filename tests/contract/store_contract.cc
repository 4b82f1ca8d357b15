// The contract's writing half: commits, fencing, what is live, what survives.
#include "tests/contract/store_contract.h"

#include <atomic>
#include <random>
#include <thread>

#include "common/base/limits.h"
#include "tests/contract/sample_rows.h"

namespace gale {
namespace {

using namespace testing_rows;  // NOLINT

// Round trips.

TEST_P(StoreContract, RunsComeBackAsTheyWere) {
  const RunRow full =
      FullRun(1, "größe's \"dag\"", "manual__2026-11-23T10:00:00+00:00; DROP TABLE run--");
  const RunRow sparse = SparseRun(2, "d%_", "日本🚀");
  MustCommit({.runs = {full, sparse}});
  EXPECT_TRUE(Same(*store_->reads().GetRun(full.dag_id, full.run_id), full));
  EXPECT_TRUE(Same(*store_->reads().GetRun(sparse.dag_id, sparse.run_id), sparse));
  EXPECT_TRUE(Same(*store_->reads().GetRunById(RunId(2)), sparse));
  EXPECT_EQ(store_->reads().GetRunById(RunId(3)).status().code(), Code::kNotFound);
  EXPECT_EQ(store_->reads().GetRun("d", "日本🚀").status().code(), Code::kNotFound);
}

TEST_P(StoreContract, IdsAreCaseSensitive) {
  MustCommit({.runs = {SparseRun(1, "d", "r"), SparseRun(2, "d", "R"), SparseRun(3, "D", "r")}});
  EXPECT_EQ(store_->reads().GetRun("d", "R")->id, RunId(2));
  EXPECT_EQ(store_->reads().GetRun("D", "r")->id, RunId(3));
}

TEST_P(StoreContract, TrailingBlanksMakeAnotherId) {
  MustCommit({.runs = {SparseRun(1, "d", "r"), SparseRun(2, "d", "r "), SparseRun(3, "d ", "r")},
              .xcoms = {XCom(1, 0, "k", "1"), XCom(1, 0, "k ", "2")}});
  EXPECT_EQ(store_->reads().GetRun("d", "r ")->id, RunId(2));
  EXPECT_EQ(store_->reads().GetRun("d ", "r")->id, RunId(3));
  EXPECT_EQ(XComs(store_->reads(), 1, 0).size(), 2u);
}

TEST_P(StoreContract, TextsHoldAnyCharacter) {
  RunRow row = SparseRun(1, "d", "r");
  row.note =
      std::string("nul \0 quote ' double \" back \\ line \n cr \r sub \x1a percent % end\\", 62);
  MustCommit({.runs = {row}});
  EXPECT_TRUE(Same(*store_->reads().GetRun("d", "r"), row));
}

// More rows than one statement takes, and more bytes than one packet.
TEST_P(StoreContract, ALargeBatchIsOneCommit) {
  CommitBatch batch{.runs = {SparseRun(1, "d", "r")}};
  for (uint32_t i = 0; i < 2500; ++i) batch.tis.push_back(FullTi(1, i));
  for (uint32_t i = 0; i < 100; ++i) {
    batch.xcoms.push_back(XCom(1, i, "k", '"' + std::string(60'000, 'x') + '"'));
  }
  MustCommit(batch);
  MustCommit(batch);
  EXPECT_TRUE(Same(*store_->reads().ListTis(RunId(1)), batch.tis));
  EXPECT_TRUE(Same(XComs(store_->reads(), 1, 99), {batch.xcoms.back()}));

  CommitBatch bad = batch;
  for (TiRow& ti : bad.tis) ti.try_number = 7;
  bad.tis[1700].worker = std::string(251, 'w');
  const Status status = Commit(bad);
  EXPECT_EQ(status.code(), Code::kInvalidArgument);
  EXPECT_NE(status.message().find("table task_instance: task instance 1.1700.17:"),
            std::string::npos)
      << status.message();
  EXPECT_TRUE(Same(*store_->reads().ListTis(RunId(1)), batch.tis)) << "nothing of it was done";
}

TEST_P(StoreContract, ARunsOptionalsCanBeEmptiedAgain) {
  RunRow row = FullRun(1, "d", "r");
  MustCommit({.runs = {row}});
  row.start_date = row.end_date = row.queued_at = std::nullopt;
  row.state = RunState::kQueued;
  row.reason = "";
  MustCommit({.runs = {row}});
  EXPECT_TRUE(Same(*store_->reads().GetRun("d", "r"), row));
}

TEST_P(StoreContract, TaskInstancesAndAttemptsComeBackAsTheyWere) {
  const TiRow sparse = SparseTi(1, 0), full = FullTi(1, 4'294'967'295u), other = FullTi(2, 0);
  const AttemptRow first = FullAttempt(1, 3, 1), second = FullAttempt(1, 3, 2);
  AttemptRow none = FullAttempt(1, 4, 1);
  none.queued_at = none.start_date = none.end_date = std::nullopt;
  MustCommit({.tis = {full, other, sparse}, .attempts = {second, first, none}});
  EXPECT_TRUE(Same(*store_->reads().ListTis(RunId(1)), {sparse, full}));
  EXPECT_TRUE(Same(*store_->reads().ListTis(RunId(2)), {other}));
  EXPECT_TRUE(store_->reads().ListTis(RunId(3))->empty());
  EXPECT_TRUE(Same(*store_->reads().ListAttempts({RunId(1), TaskIndex(3), 17}), {first, second}));
  EXPECT_TRUE(Same(*store_->reads().ListAttempts({RunId(1), TaskIndex(4), 17}), {none}));
  EXPECT_TRUE(store_->reads().ListAttempts({RunId(1), TaskIndex(3), kUnmapped})->empty());
}

TEST_P(StoreContract, DagsComeBackAsTheyWere) {
  const DagRow full = FullDag("größe's \"dag\""), sparse = SparseDag("d");
  MustCommit({.dags = {full, sparse}});
  EXPECT_TRUE(Same(*store_->reads().GetDag(full.dag_id), full));
  EXPECT_TRUE(Same(*store_->reads().GetDag("d"), sparse));
  EXPECT_EQ(store_->reads().GetDag("D").status().code(), Code::kNotFound);
}

TEST_P(StoreContract, ALargeSpecComesBackByteForByte) {
  std::mt19937_64 random(7);
  std::string spec(10 << 20, '\0');
  for (size_t i = 0; i < spec.size(); i += 64) spec[i] = static_cast<char>(random());
  MustCommit({.dag_versions = {Version("d", 1, spec), Version("empty", 1, "")}});
  EXPECT_TRUE(store_->reads().GetDagVersion("d", 1)->spec == spec);
  EXPECT_EQ(store_->reads().GetDagVersion("empty", 1)->spec, "");
  EXPECT_EQ(store_->reads().GetDagVersion("d", 2).status().code(), Code::kNotFound);
}

TEST_P(StoreContract, ASpecAboveTheLimitIsRefusedByName) {
  Status status =
      Commit({.dag_versions = {Version("d", 1, std::string(limits::kSpecBytesMax + 1, 'x'))}});
  EXPECT_EQ(status.code(), Code::kInvalidArgument);
  EXPECT_NE(status.message().find("dag 'd'"), std::string::npos) << status.message();
  EXPECT_NE(status.message().find("kSpecBytesMax"), std::string::npos) << status.message();
}

TEST_P(StoreContract, AVersionIsNeverChanged) {
  MustCommit({.dag_versions = {Version("d", 1, "first")}});
  MustCommit({.dag_versions = {Version("d", 1, "second"), Version("d", 2, "third")}});
  EXPECT_EQ(store_->reads().GetDagVersion("d", 1)->spec, "first");
  EXPECT_EQ(store_->reads().GetDagVersion("d", 2)->spec, "third");
}

// Atomic and idempotent.

CommitBatch OneOfEverything() {
  return {.dags = {FullDag("d")},
          .dag_versions = {Version("d", 7)},
          .runs = {FullRun(1, "d", "a"), SparseRun(2, "d", "b")},
          .tis = {FullTi(2, 0), SparseTi(2, 1)},
          .attempts = {FullAttempt(2, 0, 1)},
          .xcoms = {XCom(2, 0, "return_value", "1")},
          .xcom_deletes = {{RunId(2), TaskIndex(0), kUnmapped}},
          .pools = {{.name = "gpu", .slots = -1, .description = "cards", .include_deferred = true}},
          .pool_deletes = {"old"},
          .workers = {{"w", "host", "boot", "0.1.0", At(5), true}},
          .import_errors = {{.filename = "/dags/x.py", .stack_trace = "boom", .timestamp = At(1)}},
          .import_error_deletes = {"/dags/y.py"}};
}

// Everything that OneOfEverything writes, to compare.
std::string Dump(Store& store) {
  auto live = store.LoadLive();
  auto errors = store.reads().ListImportErrors({});
  auto runs = store.reads().ListRuns({});
  auto attempts = store.reads().ListAttempts({RunId(2), TaskIndex(0), 17});
  auto xcoms = XComs(store.reads(), 2, 0);
  std::string dump =
      fmt::format("{} dags, {} versions, {} live, {} tis, {} runs, {} errors, {} attempts",
                  live->dags.size(), live->versions.size(), live->runs.size(), live->tis.size(),
                  runs->total, errors->total, attempts->size());
  for (const PoolRow& pool : live->pools) dump += fmt::format(", {}={}", pool.name, pool.slots);
  for (const XComRow& xcom : xcoms) dump += fmt::format(", {}={}", xcom.key, xcom.value_json);
  return dump;
}

TEST_P(StoreContract, CommittingABatchAgainChangesNothing) {
  const CommitBatch batch = OneOfEverything();
  MustCommit(batch);
  const std::string once = Dump(*store_);
  EXPECT_EQ(once,
            "1 dags, 1 versions, 1 live, 2 tis, 2 runs, 1 errors, 1 attempts, "
            "default_pool=128, gpu=-1, return_value=1");
  MustCommit(batch);
  MustCommit(batch);
  EXPECT_EQ(Dump(*store_), once);
  EXPECT_TRUE(Same(*store_->reads().GetRun("d", "a"), batch.runs[0]));
  EXPECT_TRUE(Same(*store_->reads().ListTis(RunId(2)), batch.tis));
}

TEST_P(StoreContract, AWorkerIsKeptAsItLastSaidHello) {
  const WorkerRow first{"w", "host", "boot", "0.1.0", At(5)};
  const WorkerRow again{"w", "other", "boot-2", "0.2.0", At(6), true, "новые вентиляторы", true};
  MustCommit({.workers = {first, {"v", "", "", "", At(1)}}});
  EXPECT_TRUE(Same(store_->LoadLive()->workers.at(1), first));
  MustCommit({.workers = {again}});
  const auto workers = store_->LoadLive()->workers;
  ASSERT_EQ(workers.size(), 2u);
  EXPECT_TRUE(Same(workers.at(1), again));
  MustCommit({.worker_deletes = {"w", "never"}});
  EXPECT_EQ(store_->LoadLive()->workers.size(), 1u);
  EXPECT_TRUE(store_->Sync().ok());
}

TEST_P(StoreContract, ABatchWithOneBadRowChangesNothingAtAll) {
  const std::string empty = Dump(*store_);
  CommitBatch events = OneOfEverything();
  events.events = {Event("fine", "me", 1), Event("", "me", 2)};
  CommitBatch worker = OneOfEverything();
  worker.attempts.push_back(FullAttempt(2, 0, 2));
  worker.attempts.back().worker = std::string(251, 'w');
  CommitBatch pool = OneOfEverything();
  pool.pools.push_back({.name = "bad", .slots = -2});
  for (const CommitBatch& batch : {events, worker, pool}) {
    EXPECT_EQ(Commit(batch).code(), Code::kInvalidArgument);
    EXPECT_EQ(Dump(*store_), empty);
    EXPECT_EQ(store_->reads().ListEvents({})->total, 0u);
  }
  EXPECT_TRUE(Commit(OneOfEverything()).ok()) << "the store works on after a refusal";
}

// The engine needs to know whose the row is.
TEST_P(StoreContract, ARefusedRowIsNamedByItsListAndPlace) {
  using List = BatchRow::List;
  const std::string bad(2000, 'x');
  auto refused = [&](const CommitBatch& batch) {
    BatchRow row;
    const Status status = store_->Commit(epoch_, batch, &row);
    EXPECT_TRUE(IsRefused(status)) << status.ToString();
    return std::pair(row.list, row.at);
  };
  PoolRow pool{.name = "p", .slots = 1}, bad_pool{.name = bad, .slots = 1};
  EXPECT_EQ(refused({.pools = {pool, bad_pool}}), std::pair(List::kPools, size_t{1}));
  EXPECT_EQ(refused({.workers = {{.name = "w"}, {.name = bad}}}),
            std::pair(List::kWorkers, size_t{1}));
  EXPECT_EQ(refused({.import_errors = {{0, "", "no name"}}}),
            std::pair(List::kImportErrors, size_t{0}));
  EXPECT_EQ(refused({.dags = {SparseDag("d"), SparseDag(bad)}}), std::pair(List::kDags, size_t{1}));
  MustCommit({.runs = {SparseRun(1, "d", "r")}});
  EXPECT_EQ(refused({.runs = {SparseRun(2, "d", "s"), SparseRun(3, "d", "r")}}),
            std::pair(List::kRuns, size_t{1}));
  AttemptRow attempt{.id = {RunId(1), TaskIndex(0), kUnmapped, 1}};
  attempt.worker = bad;
  EXPECT_EQ(refused({.attempts = {attempt}}), std::pair(List::kAttempts, size_t{0}));
  EXPECT_EQ(refused({.xcoms = {XCom(1, 0, "k", "1"), XCom(1, 0, "", "1")}}),
            std::pair(List::kXComs, size_t{1}));
  BatchRow row{List::kPools, 7};
  EXPECT_TRUE(store_->Commit(epoch_, {.pools = {pool}}, &row).ok());
  EXPECT_EQ(row.list, List::kNone);
}

TEST_P(StoreContract, ASecondRunOfTheSameNameIsRefused) {
  const RunRow first = SparseRun(1, "d", "r");
  MustCommit({.runs = {first}});
  Status status = Commit(
      {.runs = {SparseRun(2, "d", "other"), SparseRun(3, "d", "r")}, .tis = {SparseTi(2, 0)}});
  EXPECT_EQ(status.code(), Code::kAlreadyExists);
  EXPECT_NE(status.message().find("dag 'd' has a run 'r' already"), std::string::npos)
      << status.message();
  EXPECT_TRUE(Same(*store_->reads().GetRun("d", "r"), first));
  EXPECT_EQ(store_->reads().GetRun("d", "other").status().code(), Code::kNotFound);
  EXPECT_TRUE(store_->reads().ListTis(RunId(2))->empty());
  EXPECT_TRUE(Commit({.runs = {SparseRun(4, "other dag", "r")}}).ok())
      << "names are unique within a DAG";
}

TEST_P(StoreContract, ARunKeyIsNeverGivenToAnotherRun) {
  const RunRow first = SparseRun(1, "d", "r");
  MustCommit({.runs = {first}});
  EXPECT_EQ(Commit({.runs = {SparseRun(1, "d", "other")}}).code(), Code::kAlreadyExists);
  EXPECT_TRUE(Same(*store_->reads().GetRunById(RunId(1)), first));
}

TEST_P(StoreContract, IdsHaveAtMost250BytesAndAtLeastOne) {
  const std::string longest(limits::kIdBytesMax, 'x'), too_long(limits::kIdBytesMax + 1, 'x');
  std::string umlauts;
  for (int i = 0; i < 126; ++i) umlauts += "ü";  // 252 bytes
  EXPECT_TRUE(
      Commit({.dags = {SparseDag(longest)}, .runs = {SparseRun(1, longest, longest)}}).ok());
  for (const std::string& bad : {too_long, umlauts, std::string()}) {
    EXPECT_EQ(Commit({.dags = {SparseDag(bad)}}).code(), Code::kInvalidArgument);
    EXPECT_EQ(Commit({.runs = {SparseRun(2, bad, "r")}}).code(), Code::kInvalidArgument);
    EXPECT_EQ(Commit({.runs = {SparseRun(2, "d", bad)}}).code(), Code::kInvalidArgument);
  }
}

TEST_P(StoreContract, AStateThatDoesNotExistIsRefused) {
  EXPECT_EQ(Commit({.tis = {SparseTi(1, 0, static_cast<TiState>(kTiStates))}}).code(),
            Code::kInvalidArgument);
  EXPECT_EQ(Commit({.runs = {SparseRun(1, "d", "r", static_cast<RunState>(kRunStates))}}).code(),
            Code::kInvalidArgument);
}

// The smaller tables.

TEST_P(StoreContract, AFileHasOneImportError) {
  MustCommit({.import_errors = {{.filename = "/a.py", .stack_trace = "one", .timestamp = At(1)},
                                {.filename = "/b.py", .stack_trace = "two", .timestamp = At(2)}}});
  MustCommit({.import_errors = {{.filename = "/a.py", .stack_trace = "three", .timestamp = At(3)}},
              .import_error_deletes = {"/b.py", "/never.py"}});
  const auto errors = store_->reads().ListImportErrors({})->rows;
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_GT(errors.front().id, 0);
  EXPECT_EQ(errors.front().filename, "/a.py");
  EXPECT_EQ(errors.front().stack_trace, "three");
  EXPECT_EQ(errors.front().timestamp, At(3));
}

TEST_P(StoreContract, ANewDatabaseHasTheDefaultPool) {
  EXPECT_TRUE(Same(store_->LoadLive()->pools,
                   {{.name = "default_pool", .slots = 128, .description = "Default pool"}}));
}

TEST_P(StoreContract, PoolsAreChangedAndDeleted) {
  const PoolRow gpu{.name = "gpu", .slots = -1, .description = "cards", .include_deferred = true};
  MustCommit({.pools = {gpu}});
  EXPECT_TRUE(Same(store_->LoadLive()->pools.back(), gpu));
  MustCommit({.pools = {{.name = "gpu", .slots = 0}}});
  EXPECT_EQ(store_->LoadLive()->pools.back().slots, 0);
  MustCommit({.pool_deletes = {"gpu", "never"}});
  EXPECT_EQ(store_->LoadLive()->pools.size(), 1u);
}

TEST_P(StoreContract, UsersAndSettingsAreFacts) {
  EXPECT_FALSE(store_->GetUser("ana")->has_value());
  ASSERT_TRUE(store_->PutUser({"ana", "hash", "Viewer"}).ok());
  ASSERT_TRUE(store_->PutUser({"ana", "hash 2", "Admin"}).ok());
  const UserRow ana = store_->GetUser("ana")->value();
  EXPECT_EQ(ana.name + "/" + ana.password_hash + "/" + ana.role, "ana/hash 2/Admin");
  EXPECT_EQ(store_->PutUser({"bo", "hash", "Emperor"}).code(), Code::kInvalidArgument);

  EXPECT_FALSE(store_->GetSetting("jwt_secret")->has_value());
  ASSERT_TRUE(store_->PutSetting("jwt_secret", std::string("\0binary", 7)).ok());
  EXPECT_EQ(store_->GetSetting("jwt_secret")->value(), std::string("\0binary", 7));
  ASSERT_TRUE(store_->PutSetting("jwt_secret", "").ok());
  EXPECT_EQ(store_->GetSetting("jwt_secret")->value(), "");
}

TEST_P(StoreContract, OfSeveralWhoAddTheSameFactTheFirstWins) {
  constexpr int kThreads = 4;
  std::vector<std::string> settings(kThreads), hashes(kThreads);
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      settings[i] = store_->AddSetting("secret", fmt::format("of {}", i)).value();
      hashes[i] = store_->AddUser({"admin", fmt::format("hash {}", i), "Admin"})->password_hash;
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (int i = 0; i < kThreads; ++i) {
    EXPECT_EQ(settings[i], store_->GetSetting("secret")->value());
    EXPECT_EQ(hashes[i], store_->GetUser("admin")->value().password_hash);
  }
  EXPECT_EQ(store_->AddUser({"bo", "hash", "Emperor"}).status().code(), Code::kInvalidArgument);
}

// What a new leader loads.

TEST_P(StoreContract, LoadLiveIsExactlyTheUnfinishedRuns) {
  RunRow pinned = SparseRun(5, "d", "pinned");
  pinned.version = 2;
  RunRow done = SparseRun(9, "d", "done", RunState::kSuccess);
  done.version = 1;
  MustCommit({.dags = {SparseDag("d", 3), SparseDag("idle", 1)},
              .dag_versions = {Version("d", 1, "v1"), Version("d", 2, "v2"), Version("d", 3, "v3"),
                               Version("idle", 1, "i1")},
              .runs = {done, SparseRun(7, "d", "failed", RunState::kFailed), pinned,
                       SparseRun(6, "idle", "queued", RunState::kQueued)},
              .tis = {SparseTi(5, 1), SparseTi(5, 0), SparseTi(6, 0, TiState::kScheduled),
                      SparseTi(7, 0), SparseTi(9, 0)}});
  auto live = store_->LoadLive();
  ASSERT_TRUE(live.ok()) << live.status().ToString();
  EXPECT_TRUE(Same(live->dags, {SparseDag("d", 3), SparseDag("idle", 1)}));
  ASSERT_EQ(live->versions.size(), 3u);
  EXPECT_EQ(live->versions[0].spec + live->versions[1].spec + live->versions[2].spec, "v2v3i1");
  EXPECT_TRUE(Same(live->runs, {pinned, SparseRun(6, "idle", "queued", RunState::kQueued)}));
  EXPECT_TRUE(
      Same(live->tis, {SparseTi(5, 0), SparseTi(5, 1), SparseTi(6, 0, TiState::kScheduled)}));
  EXPECT_EQ(live->pools.size(), 1u);
  EXPECT_EQ(live->last_run_id, RunId(9));
}

TEST_P(StoreContract, AnEmptyDatabaseHasNoLastRun) {
  EXPECT_EQ(store_->LoadLive()->last_run_id, RunId(0));
}

TEST_P(StoreContract, AFinishedRunWithALiveProcessIsLoadedUntilThatEnds) {
  TiRow ti = SparseTi(1, 0);
  ti.live = true;
  MustCommit({.runs = {SparseRun(1, "d", "r")}, .tis = {ti}});
  MustCommit({.runs = {SparseRun(1, "d", "r", RunState::kFailed)}});
  EXPECT_EQ(store_->LoadLive()->runs.size(), 1u);
  ti.live = false;
  MustCommit({.tis = {ti}});
  EXPECT_TRUE(store_->LoadLive()->runs.empty());
  ti.live = true;  // and one that comes to life after its run's end
  MustCommit({.tis = {ti}});
  epoch_ = *store_->AcquireLeadership({.owner = "again"});
  EXPECT_EQ(store_->LoadLive()->tis.size(), 1u);
  ti.live = false;
  MustCommit({.runs = {SparseRun(1, "d", "r", RunState::kFailed)}, .tis = {ti}});
  epoch_ = *store_->AcquireLeadership({.owner = "again"});
  EXPECT_TRUE(store_->LoadLive()->runs.empty());
}

TEST_P(StoreContract, ARunThatIsClearedIsLiveAgain) {
  MustCommit({.runs = {SparseRun(1, "d", "r", RunState::kSuccess)}});
  EXPECT_TRUE(store_->LoadLive()->runs.empty());
  MustCommit({.runs = {SparseRun(1, "d", "r", RunState::kQueued)}});
  EXPECT_EQ(store_->LoadLive()->runs.size(), 1u);
}

TEST_P(StoreContract, ACheckTellsWhatThereIsAndMakesNothing) {
  auto world = GetParam().make_world();
  auto store = world->OpenFirst();
  for (int i = 0; i < 2; ++i) {  // the first made no schema
    auto empty = store->Check();
    ASSERT_TRUE(empty.ok()) << empty.status().ToString();
    EXPECT_EQ(empty->version, 0);
    EXPECT_GT(empty->known, 0);
  }
  MustCommit(OneOfEverything());
  const std::string before = Dump(*store_);
  auto full = store_->Check();
  ASSERT_TRUE(full.ok()) << full.status().ToString();
  EXPECT_EQ(full->version, full->known);
  EXPECT_EQ(Dump(*store_), before);
}

TEST_P(StoreContract, ReopeningKeepsEverything) {
  MustCommit(OneOfEverything());
  const std::string before = Dump(*store_);
  ASSERT_TRUE(store_->PutSetting("k", "v").ok());
  auto second = world_->Open();
  if (second == nullptr) GTEST_SKIP() << "lives as long as its one store";
  ASSERT_TRUE(second->Migrate().ok());
  EXPECT_EQ(Dump(*second), before) << "while the first is open";
  store_.reset();
  second.reset();
  store_ = world_->Open();
  ASSERT_TRUE(store_->Migrate().ok());
  EXPECT_EQ(Dump(*store_), before);
  EXPECT_EQ(store_->GetSetting("k")->value(), "v");
  EXPECT_TRUE(Commit({}).ok()) << "the epoch too";
}

TEST_P(StoreContract, ASecondMasterDeposesTheFirst) {
  auto second = world_->Open();
  if (second == nullptr) GTEST_SKIP() << "only one store can see it";
  ASSERT_TRUE(second->Migrate().ok());
  auto epoch = second->AcquireLeadership({.owner = "second"});
  ASSERT_TRUE(epoch.ok());
  EXPECT_EQ(Commit({.runs = {SparseRun(1, "d", "r")}}).code(), Code::kAborted);
  EXPECT_TRUE(second->Commit(*epoch, {.runs = {SparseRun(1, "d", "r")}}).ok());
  EXPECT_TRUE(store_->reads().GetRun("d", "r").ok()) << "and the first sees what the second wrote";
}

// Threads.

// Each commit moves a run and two task instances together; no reader may ever see them apart, or go
// back in time.
TEST_P(StoreContract, ReadersSeeWholeCommitsOnly) {
  MustCommit({.runs = {SparseRun(1, "d", "r")}, .tis = {SparseTi(1, 0), SparseTi(1, 1)}});
  constexpr uint32_t kCommits = 200;
  constexpr uint32_t kReads = 600;  // enough to fall between two statements of a read
  std::atomic<uint32_t> committed{0}, reads{0};
  std::atomic<bool> done{false};
  std::vector<std::thread> readers;
  for (int i = 0; i < 6; ++i) {  // more than there are connections
    readers.emplace_back([&] {
      while (!done) {
        const uint32_t before = committed;
        auto live = store_->LoadLive();
        ASSERT_TRUE(live.ok()) << live.status().ToString();
        ASSERT_EQ(live->tis.size(), 2u);
        ASSERT_EQ(live->tis[0].try_number, live->tis[1].try_number);
        ASSERT_EQ(live->tis[0].try_number, live->runs[0].clear_number) << "one snapshot for all";
        ASSERT_GE(live->tis[0].try_number, before)
            << "committed before the read began, and not seen";
        ASSERT_TRUE(store_->reads().ListRuns({}).ok());
        ++reads;
      }
    });
  }
  for (uint32_t n = 1; n <= kCommits || (reads < kReads && !HasFatalFailure()); ++n) {
    TiRow a = SparseTi(1, 0), b = SparseTi(1, 1);
    RunRow run = SparseRun(1, "d", "r");
    a.try_number = b.try_number = run.clear_number = n;
    EXPECT_TRUE(Commit({.runs = {run}, .tis = {a, b}}).ok());
    committed = n;
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
}

}  // namespace
}  // namespace gale
