// A leader whose ledger is away: it goes on renewing its workers' leases for as long as nobody else
// can have taken the lead, and not longer.
#include "tests/unit/master/engine/engine_fixture.h"

namespace gale {
namespace {

constexpr auto kPatience = 20s;

// A database server that is there or isn't.
class AwayStore : public FaultyStore {
 public:
  explicit AwayStore(Store& inner) : FaultyStore(inner, nullptr), inner_(inner) {}

  void GoAway() { away_ = true; }
  void ComeBack() { away_ = false; }
  int missed_beats() {
    std::lock_guard lock(mutex_);
    return missed_beats_;
  }
  // Beats that did not arrive.
  bool AwaitMissedBeats(int count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, [&] { return missed_beats_ >= count; });
  }

  Status Commit(Epoch epoch, const CommitBatch& batch, BatchRow* refused) override {
    return away_ ? Gone() : inner_.Commit(epoch, batch, refused);
  }
  Result<Epoch> AcquireLeadership(const LeaderClaim& claim) override {
    if (away_) return Gone();
    return inner_.AcquireLeadership(claim);
  }
  Status RenewLeadership(Epoch epoch) override {
    if (!away_) return inner_.RenewLeadership(epoch);
    std::lock_guard lock(mutex_);
    ++missed_beats_;
    changed_.notify_all();
    return Gone();
  }
  Result<LeaderRow> GetLeader() override {
    if (away_) return Gone();
    return inner_.GetLeader();
  }
  Status PutMaster(const MasterRow& master) override {
    return away_ ? Gone() : inner_.PutMaster(master);
  }

 private:
  static Status Gone() { return Unavailable("the database is away"); }
  Store& inner_;
  std::atomic<bool> away_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  int missed_beats_ = 0;
};

class OutageTest : public RunningEngineTest {
 protected:
  static constexpr Duration kLeaderLease = 50ms, kOutage = 30s;

  OutageTest() : ledger_(*inner_) { options_.lease = 5s; }
  // The engine may still speak to the ledger when it ends.
  ~OutageTest() override { engine_.reset(); }
  // It leads, and one task runs on one worker.
  void Start() {
    LeadershipOptions leadership;
    leadership.lease = kLeaderLease;
    leadership.poll = 10ms;
    leadership.outage = kOutage;
    StartOn(ledger_, leadership);
  }
  // What a session does with a heartbeat (master/api). Whether the lease was renewed.
  bool Heartbeat() {
    if (!engine_->MayRenewLeases()) return false;
    const size_t before = link_->leases.size();
    link_->OnHeartbeat(time_.Mono(), options_.lease, 1);
    return link_->leases.size() > before;
  }

  AwayStore ledger_;
};

TEST_F(OutageTest, ADatabaseThatIsAwayForLongerThanAWorkersLeaseKillsNoTask) {
  Start();
  std::promise<void> turned;
  ledger_.GoAway();
  // A turn that must be committed: the engine's thread hangs on it.
  ASSERT_TRUE(engine_->Post([&](Loop& loop) {
    (void)loop.SetPool({.name = "p", .slots = 3}, actor_);
    loop.OnCommitted([&](const Status& status) {
      EXPECT_TRUE(status.ok()) << status.ToString();
      turned.set_value();
    });
  }));
  for (int beats = 1; beats <= 20; ++beats) {
    ASSERT_TRUE(ledger_.AwaitMissedBeats(beats));
    time_.Advance(options_.lease / 5);
    ASSERT_TRUE(Heartbeat()) << "after " << beats << " beats that did not arrive";
  }
  EXPECT_TRUE(engine_->leads());
  ledger_.ComeBack();
  ASSERT_EQ(turned.get_future().wait_for(kPatience), std::future_status::ready);
  ASSERT_TRUE(Call([](Loop&) {}).ok());  // a turn that may reap
  EXPECT_EQ(Ti(run_.id).state, TiState::kRunning);
  ASSERT_TRUE(Call([&](Loop& loop) { loop.OnFinished(link_, Ended(link_->grants[0])); }).ok());
  EXPECT_EQ(StateOf(run_.id), RunState::kSuccess);
  EXPECT_EQ(Ti(run_.id).try_number, 1);
  EXPECT_FALSE(link_->closed);
  EXPECT_TRUE(AwaitTold({true})) << "it led all the time";
}

TEST_F(OutageTest, OneThatIsAwayForTooLongIsLetGoOfAndNoLeaseIsRenewedAnyMore) {
  Start();
  ledger_.GoAway();
  ASSERT_TRUE(ledger_.AwaitMissedBeats(2));
  time_.Advance(kOutage);
  const int missed = ledger_.missed_beats();
  ASSERT_TRUE(ledger_.AwaitMissedBeats(missed + 2)) << "nor does a beat end it early";
  EXPECT_TRUE(engine_->leads());
  EXPECT_TRUE(Heartbeat());
  time_.Advance(kLeaderLease);
  EXPECT_FALSE(Heartbeat()) << "before it has stepped down";
  ASSERT_TRUE(AwaitTold({true, false}));
  EXPECT_FALSE(engine_->leads());
  EXPECT_FALSE(engine_->MayRenewLeases());
  ASSERT_TRUE(link_->closed) << "its worker looks for another leader";
  EXPECT_EQ(link_->closed->code(), Code::kUnavailable);

  ledger_.ComeBack();
  ASSERT_TRUE(AwaitTold({true, false, true})) << "nobody else did";
  auto back = std::make_shared<ToldLink>();
  WorkerHello hello = Hello("w");
  hello.running = link_->grants;
  ASSERT_TRUE(Call([&](Loop& loop) { loop.OnHello(back, hello); }).ok());
  ASSERT_EQ(back->welcomes.size(), 1u);
  EXPECT_EQ(back->welcomes[0].adopted, link_->grants);
}

}  // namespace
}  // namespace gale
