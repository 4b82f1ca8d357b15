// One WorkerCore against a small master, keeper and disk, in random order, with connections lost,
// messages doubled, disks that refuse, and crashes of worker and keeper between any two actions.
// Then the faults stop, and everything must end.
#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <optional>
#include <random>
#include <set>

#include "worker/core/worker_core.h"

namespace gale::worker {
namespace {

using namespace std::chrono_literals;

class World {
 public:
  static constexpr uint32_t kSlots = 3;
  static constexpr Duration kLease = 10s;

  explicit World(uint64_t seed) : random_(seed), core_(Options()) {}

  void Walk(int steps) {
    for (int i = 0; i < steps; ++i) Act(/*faults=*/true);
    for (int i = 0; i < 20'000 && !Settled(); ++i) Act(/*faults=*/false);
    EXPECT_TRUE(Settled()) << "live " << core_.live() << ", unacked " << core_.unacked();
    for (auto& [id, end] : granted_) EXPECT_NE(end, Fate::kOpen) << id.ToString();
    EXPECT_TRUE(disk_.empty());
    EXPECT_TRUE(exits_.empty());
  }

 private:
  // What the master knows about an attempt that it granted.
  enum class Fate { kOpen, kResult, kUnwanted, kAbsent };

  static CoreOptions Options() { return {.slots = kSlots}; }
  bool Chance(int percent) { return int(random_() % 100) < percent; }
  // A master has heard by its Hello what it lost.
  bool Settled() {
    return core_.welcomed() && core_.idle() && running_.empty() && exits_.empty() &&
           pending_.empty();
  }

  template <class E>
  void Step(E e) {
    for (Action& a : core_.Step({now_, std::move(e)})) pending_.push_back(std::move(a));
    EXPECT_LE(core_.room(), kSlots);
  }

  void Act(bool faults) {
    now_ += std::chrono::milliseconds(random_() % (faults ? 400 : 50));
    Fence();
    if (faults && Chance(2)) return CrashWorker();
    if (faults && Chance(1)) return CrashKeeper();
    if (faults && connected_ && Chance(3)) return Disconnect();
    if (!pending_.empty()) {  // in order, one at a time, so that a crash can fall between
      Action a = std::move(pending_.front());
      pending_.pop_front();
      return std::visit([&](auto& one) { Do(one, faults); }, a);
    }
    if (!connected_) return Open();
    if (auto tick = core_.next_tick(); tick && now_ >= *tick) return Step(event::Tick{});
    switch (random_() % 6) {
      case 0: return Grant(faults);
      case 1: return Exit();
      case 2: return DeliverAck(faults);
      case 3: return faults ? Cancel() : Exit();
      case 4: return Started();
      case 5: return Fetched(faults);
    }
  }

  // The master.

  void Open() {
    connected_ = true;
    Step(event::Opened{});
  }
  void Do(action::SendHello& hello, bool) {
    if (!connected_) return;
    std::set<AttemptId> said(hello.running.begin(), hello.running.end());
    event::Welcome welcome{kLease, 1s, Epoch(1), {}, {}, true};
    for (const Ending& ending : hello.spooled) {
      said.insert(ending.attempt);
      Record(ending);
    }
    for (auto& [id, fate] : granted_) {
      if (fate != Fate::kOpen || said.count(id) != 0) continue;
      EXPECT_EQ(running_.count(id) + exits_.count(id) + disk_.count(id), 0u)
          << id.ToString() << " is here, and Hello does not say so";
      fate = Fate::kAbsent;
    }
    for (const AttemptId& id : hello.running) {
      if (granted_.at(id) != Fate::kOpen || Chance(5)) {
        if (granted_.at(id) == Fate::kOpen) granted_.at(id) = Fate::kUnwanted;
        welcome.unwanted.push_back(id);
        told_unwanted_.insert(id);
      }
    }
    Step(welcome);
  }
  void Record(const Ending& ending) {
    Fate& fate = granted_.at(ending.attempt);
    EXPECT_NE(fate, Fate::kAbsent) << "reported after it was given up";
    EXPECT_EQ(told_unwanted_.count(ending.attempt), 0u) << "reported though unwanted";
    if (fate == Fate::kOpen) fate = Fate::kResult;
    acks_.push_back(ending.attempt);
  }
  void Do(action::SendFinished& finished, bool) {
    if (connected_) Record(finished.ending);
  }
  void Do(action::SendWant& want, bool) {
    EXPECT_LE(want.room, kSlots);
    if (connected_) room_ = want.room;
  }
  void Do(action::SendHeartbeat& beat, bool) {
    if (connected_ && Chance(90)) Step(event::LeaseRenewed{beat.sequence, kLease});
  }
  void Grant(bool faults) {
    if (!faults || !core_.welcomed()) return;
    if (Chance(20) && !stream_grants_.empty()) {  // doubled; never on another stream than its own
      return Step(event::Granted{stream_grants_[random_() % stream_grants_.size()], Epoch(1)});
    }
    if (room_ == 0 && !Chance(5)) return;
    if (room_ > 0) --room_;
    AttemptId id{RunId(++runs_), TaskIndex(0), kUnmapped, 1};
    granted_[id] = Fate::kOpen;
    stream_grants_.push_back(id);
    Step(event::Granted{id, Epoch(1), Chance(40)});
  }
  // The code arrives in any order, sometimes twice, sometimes for what is gone.
  void Do(action::FetchBundle& fetch, bool) { fetching_.push_back(fetch.attempt); }
  void Fetched(bool faults) {
    if (fetching_.empty()) return;
    auto it = fetching_.begin() + long(random_() % fetching_.size());
    AttemptId id = *it;
    if (!faults || !Chance(20)) fetching_.erase(it);
    if (faults && Chance(10)) return Step(event::Fetched{id, false, "no such bundle"});
    Step(event::Fetched{id});
  }
  void Cancel() {
    if (!granted_.empty()) {
      Step(event::CancelRequested{
          std::next(granted_.begin(), long(random_() % granted_.size()))->first, "cleared"});
    }
  }
  void DeliverAck(bool faults) {
    if (acks_.empty() || !core_.welcomed()) return;
    AttemptId id = acks_.front();
    if (!faults || !Chance(20)) acks_.pop_front();  // else it comes again
    Step(event::Acked{{id}});
  }
  void Disconnect() {
    connected_ = false;
    acks_.clear();
    stream_grants_.clear();
    room_ = 0;
    Step(event::Disconnected{});
  }
  void Do(action::DropConnection&, bool) {
    if (connected_) Disconnect();
  }

  // The keeper.

  void Do(action::KeeperSpawn& spawn, bool) {
    EXPECT_TRUE(spawned_.insert(spawn.attempt).second)
        << spawn.attempt.ToString() << " was spawned twice";
    EXPECT_LT(running_.size(), kSlots);
    if (fence_ && now_ >= *fence_) return Step(event::StartFailed{spawn.attempt, "fenced"});
    if (Chance(10)) return Step(event::StartFailed{spawn.attempt, "no such directory"});
    running_.insert(spawn.attempt);
    to_start_.push_back(spawn.attempt);
  }
  void Started() {
    if (to_start_.empty()) return;
    AttemptId id = to_start_.front();
    to_start_.pop_front();
    Step(event::Started{id, 1});
  }
  void EndChild(AttemptId id, worker::Exit exit) {
    while (!to_start_.empty()) Started();
    running_.erase(id);
    exits_[id] = exit;
    Step(event::Exited{id, exit});
  }
  void Exit() {
    if (running_.empty()) return;
    EndChild(*std::next(running_.begin(), long(random_() % running_.size())),
             {.code = int(random_() % 2)});
  }
  void Fence() {
    while (fence_ && now_ >= *fence_ && !running_.empty()) {
      EndChild(*running_.begin(), {.signal = 9, .fenced = true});
    }
  }
  void Do(action::KeeperKill& kill, bool) {
    if (running_.count(kill.attempt) != 0) EndChild(kill.attempt, {.signal = 15});
  }
  void Do(action::KeeperFence& fence, bool) { fence_ = fence.at; }
  void Do(action::KeeperTake& take, bool) {
    exits_.erase(take.attempt);
    Fate fate = granted_.at(take.attempt);
    EXPECT_TRUE(disk_.count(take.attempt) != 0 || fate != Fate::kOpen)
        << take.attempt.ToString() << ": its result is nowhere";
  }
  void CrashKeeper() {
    for (const AttemptId& id : running_) exits_[id] = {.signal = 9, .keeper_died = true};
    running_.clear();
    to_start_.clear();
    // The spawns that were on their way never arrive.
    std::erase_if(pending_,
                  [](const Action& a) { return std::holds_alternative<action::KeeperSpawn>(a); });
    Step(Listing());
  }
  event::KeeperListed Listing() {
    event::KeeperListed listing;
    for (const AttemptId& id : running_) listing.running.push_back({id, Epoch(1), 1});
    for (auto& [id, exit] : exits_) listing.exits.push_back({id, Epoch(1), exit});
    return listing;
  }

  // The disk, and the worker's death.

  void Do(action::SpoolWrite& write, bool faults) {
    bool ok = !faults || !Chance(10);
    if (ok) disk_[write.ending.attempt] = write.ending;
    Step(event::Spooled{write.ending.attempt, ok, ok ? "" : "the disk refuses"});
  }
  void Do(action::TellHealth& health, bool) { EXPECT_EQ(health.ill, core_.ill()); }
  void Do(action::CheckHost&, bool faults) {
    Step(event::HostChecked{faults && Chance(30) ? "the disk refuses" : ""});
  }
  void Do(action::SpoolDelete& one, bool) {
    disk_.erase(one.attempt);
    EXPECT_NE(granted_.at(one.attempt), Fate::kOpen) << "forgot a result that nobody acked";
  }
  void CrashWorker() {
    if (connected_) Disconnect();
    pending_.clear();
    fetching_.clear();
    told_unwanted_.clear();  // a new process is told anew
    to_start_.clear();
    core_ = WorkerCore(Options());
    event::SpoolLoaded spool;
    for (auto& [id, ending] : disk_) spool.endings.push_back(ending);
    Step(spool);
    Step(Listing());
  }
  void Do(action::SendStarted&, bool) {}
  void Do(action::SendGoodbye&, bool) { ADD_FAILURE() << "nobody drains"; }
  void Do(action::PopQueue&, bool) { ADD_FAILURE(); }
  void Do(action::SendClaim&, bool) { ADD_FAILURE(); }

  std::mt19937_64 random_;
  WorkerCore core_;
  MonoTime now_{1s};
  std::deque<Action> pending_;

  bool connected_ = false;
  uint32_t room_ = 0;
  int64_t runs_ = 0;
  std::map<AttemptId, Fate> granted_;
  std::vector<AttemptId> stream_grants_;
  std::set<AttemptId> told_unwanted_;  // by this process
  std::deque<AttemptId> acks_;
  std::deque<AttemptId> fetching_;

  std::set<AttemptId> running_, spawned_;
  std::deque<AttemptId> to_start_;
  std::map<AttemptId, worker::Exit> exits_;
  std::optional<MonoTime> fence_;

  std::map<AttemptId, Ending> disk_;
};

TEST(WorkerCoreWalk, KeepsItsRulesWhateverHappensInWhateverOrder) {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    World(seed).Walk(1500);
    if (testing::Test::HasFailure()) break;
  }
}

}  // namespace
}  // namespace gale::worker
