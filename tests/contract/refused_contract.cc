// A loop over every ledger, and rows that the real one refuses: the rest of the turn is done.
#include <spdlog/spdlog.h>

#include "common/queue/memory_queue.h"
#include "master/engine/driver.h"
#include "tests/contract/sample_rows.h"
#include "tests/contract/store_contract.h"
#include "tests/unit/master/engine/loop_fixture.h"

namespace gale {
namespace {

using namespace testing_rows;  // NOLINT

// What an engine does with its loop, without its threads.
class Driven {
 public:
  explicit Driven(Store& store) : loop_(store, queue_, &queue_, Options()) {
    spdlog::set_level(spdlog::level::off);  // its warnings name files of 1,500 bytes
    GALE_CHECK(loop_.Recover(clock_.Now(), clock_.Mono()).ok(), "recovery");
    (void)driver_.OnRecovered(loop_.epoch(), clock_.Mono());
  }
  void Turn(const std::vector<std::function<void(Loop&)>>& mail) {
    using Act = Driver::Act;
    Driver::Step step = driver_.OnMail(mail.size(), clock_.Mono());
    for (int steps = 0; step.act != Act::kAudit; ++steps) {
      ASSERT_LT(steps, 50);
      if (step.act == Act::kTakeBack) {
        step = driver_.OnTakenBack(loop_.TakeBack(step.why, step.took), clock_.Mono());
        continue;
      }
      ASSERT_EQ(step.act, Act::kTurn) << step.why.ToString();
      loop_.BeginTurn(clock_.Now(), clock_.Mono());
      for (size_t i = 0; i < step.count; ++i) mail[step.first + i](loop_);
      step = driver_.OnCommit(loop_.EndTurn(), clock_.Mono());
    }
    EXPECT_EQ(loop_.Audit(), "");
  }
  Epoch epoch() const { return loop_.epoch(); }

 private:
  static LoopOptions Options() {
    LoopOptions options;
    options.parse_spec = [](const std::string&) -> Result<DagSpec> { return Internal("none"); };
    return options;
  }
  ManualClock clock_;
  MemoryQueue queue_;
  Loop loop_;
  Standing standing_;
  Driver driver_{standing_};
};

TEST_P(StoreContract, ALogicalDateIsOneRunsAndTheRefusalNamesBoth) {
  const RunRow first = DatedRun(1, "d", "first", At(10));
  MustCommit({.runs = {first, DatedRun(2, "other", "first", At(10)), SparseRun(3, "d", "none"),
                       SparseRun(4, "d", "none too")}});
  MustCommit({.runs = {first}});
  BatchRow refused;
  const Status status = store_->Commit(
      epoch_, {.runs = {SparseRun(5, "d", "good"), DatedRun(6, "d", "second", At(10))}}, &refused);
  EXPECT_EQ(status.code(), Code::kAlreadyExists);
  EXPECT_EQ(
      status.message(),
      fmt::format("dag 'd' already has a run of the logical date {}: 'first'", FormatTime(At(10))));
  EXPECT_TRUE(refused.list == BatchRow::List::kRuns && refused.at == 1);
  EXPECT_EQ(store_->reads().GetRun("d", "good").status().code(), Code::kNotFound);
  MustCommit({.runs = {DatedRun(6, "d", "second", At(10, 1))}});
}

TEST_P(StoreContract, OfARefusedTurnOneMessageIsToldAndTheOthersAreDone) {
  Driven master(*store_);
  auto link = std::make_shared<ToldLink>();
  WorkerHello hello;
  hello.name = "w";
  hello.host = std::string(2000, 'h');
  hello.slots = 1;
  hello.queues = {"default"};
  Status pool = Internal("no answer");
  const Epoch epoch = master.epoch();
  master.Turn({[&](Loop& l) { l.OnHello(link, hello); },
               [&](Loop& l) {
                 (void)l.SetPool({.name = "p", .slots = 1}, {"admin", "cli"});
                 l.OnCommitted([&](const Status& status) { pool = status; });
               }});
  EXPECT_TRUE(pool.ok()) << pool.ToString();
  ASSERT_TRUE(link->closed);
  EXPECT_EQ(link->closed->code(), Code::kInvalidArgument);
  EXPECT_NE(link->closed->message().find("table worker: worker 'w'"), std::string::npos)
      << link->closed->ToString();
  EXPECT_EQ(master.epoch(), epoch);
  EXPECT_EQ(store_->GetLeader()->epoch, epoch);
}

// A file `donn\xe9es.csv` in the DAGs folder: a leader led ten times a second, for ever.
TEST_P(StoreContract, AnImportErrorIsThereInSomeForm) {
  Driven master(*store_);
  master.Turn({[&](Loop& l) {
                 l.ReportFile({"/dags",
                               {},
                               "'/dags/donn\xe9"
                               "es.csv' is too large"});
               },
               [&](Loop& l) {
                 l.ReportFile({"/dags/" + std::string(1500, 'x') + ".py", {}, "bad"});
               }});
  const auto errors = store_->reads().ListImportErrors({}).value().rows;
  ASSERT_EQ(errors.size(), 2u);
  EXPECT_NE(errors[0].stack_trace.find("es.csv' is too large"), std::string::npos);
  EXPECT_NE(errors[1].stack_trace.find("bad"), std::string::npos);
}

}  // namespace
}  // namespace gale
