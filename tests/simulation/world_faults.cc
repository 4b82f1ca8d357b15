#include "tests/simulation/world.h"

namespace gale::sim {

void World::BreakSomething() {
  Host& host = AnyHost();
  if (scenario_.masters > 1 && dice_.Chance(45)) return ClusterFault();
  switch (dice_.Below(16)) {
    case 0:
    case 1:
    case 2: return MasterFault();
    case 3: return LoseConnection(host);
    case 4: return Partition(host);
    case 5: return host.Crash(dice_.Ms(100, 25'000));
    case 6:
    case 7: return host.CrashSoon(static_cast<int>(1 + dice_.Below(6)));
    case 8: return dice_.Chance(40) ? host.KeeperDies() : host.CrashSoon(1);
    case 9:
      context_.Trace("the queue loses everything");
      context_.Saw(Seen::kQueueLosses);
      queue_.Clear();
      for (auto& queue : queues_) queue->Clear();
      return;
    case 10:
    case 11:
    case 12: return StaleEntry();
    case 13: return host.FillDisk(dice_.Ms(100, 20'000));
    case 14: return host.SpoilDisk(static_cast<int>(1 + dice_.Below(60)));
    default:
      context_.wall_ahead += dice_.Ms(500, 60'000);
      context_.Saw(Seen::kTimeJumps);
      context_.Trace("the wall clock jumps to {}", FormatTime(context_.wall()));
  }
}

void World::MasterFault() {
  Master& master = AnyMaster();
  switch (dice_.Below(5)) {
    case 0: return master.Crash(dice_.Ms(50, 20'000));
    case 1: return master.CrashMidRelease(static_cast<int>(1 + dice_.Below(5)));
    default: {
      CommitFault fault;
      fault.fault = dice_.Chance(50) ? Fault::kFailBefore : Fault::kFailAfter;
      fault.then = static_cast<CommitFault::Then>(dice_.Below(3));
      fault.times = static_cast<int>(1 + dice_.Below(3));
      return master.PlanFault(fault);
    }
  }
}

// Short, or past one lease, or past all of them.
Duration World::SomeTime() {
  switch (dice_.Below(5)) {
    case 0: return dice_.Ms(50, 1900);
    case 1: return dice_.Ms(1900, 6000);
    case 2: return dice_.Ms(6000, 20'000);
    default:
      return scenario_.leader_lease + scenario_.outage +
             Duration(dice_.Between(-1'000'000, 4 * scenario_.lease.count()));
  }
}

Master& World::LeaderOrAny() {
  Master* leader = dice_.Chance(70) ? Leader() : nullptr;
  return leader != nullptr ? *leader : AnyMaster();
}

void World::ClusterFault() {
  Master& master = LeaderOrAny();
  switch (dice_.Below(10)) {
    case 0:
    case 1: return master.Pause(SomeTime());
    case 2: return master.PauseInTurn(SomeTime());
    case 3:
    case 4:
    case 5: return CutLedger();
    case 6:
      return dice_.Chance(50) ? master.Leave(dice_.Ms(50, 10'000))
                              : master.Crash(dice_.Ms(50, 5000));
    case 7:
    case 8: return HalfReachable(AnyHost());
    default: return AnyHost().Pause(dice_.Ms(100, 15'000));
  }
}

void World::CutLedger() {
  const Duration lasts = SomeTime();
  if (dice_.Chance(30)) {
    context_.Saw(Seen::kLedgerOutages);
    for (auto& master : masters_) master->CutLedger(LedgerCut::kAll, lasts);
    return;
  }
  Master& master = LeaderOrAny();
  context_.Saw(Seen::kLedgerCuts);
  master.CutLedger(dice_.Chance(70) ? LedgerCut::kAll : LedgerCut::kAnswers, lasts);
}

void World::HalfReachable(Host& host) {
  const size_t master = dice_.Below(masters_.size());
  const Duration lasts = SomeTime();
  const uint64_t ways = dice_.Below(4);
  context_.Trace("{} doesn't reach master {} for {:.3f} s", host.name(), master, Seconds(lasts));
  context_.Saw(Seen::kHalfReachable);
  network_.Cut(host.number(), master, ways != 0, ways != 1);
  context_.agenda.In(lasts,
                     [this, n = host.number(), master] { network_.Cut(n, master, false, false); });
}

void World::LoseConnection(Host& host) {
  StreamPtr stream = host.stream();
  if (!stream) return;
  context_.Saw(Seen::kConnectionsLost);
  network_.Break(stream);
  context_.Trace("stream {} of {} breaks", stream->id, host.name());
  masters_[stream->master]->StreamEnded(stream, dice_.Ms(0, 12'000));
  context_.agenda.In(dice_.Ms(0, 4000), [&host, stream] {
    if (host.stream() == stream) host.LoseStream();
  });
}

void World::Partition(Host& host) {
  const uint64_t ways = dice_.Below(3);
  const Duration lasts = dice_.Ms(500, 25'000);
  context_.Trace("{} is cut off ({}) for {:.3f} s", host.name(),
                 ways == 0   ? "up"
                 : ways == 1 ? "down"
                             : "both ways",
                 Seconds(lasts));
  context_.Saw(Seen::kPartitions);
  network_.CutAll(host.number(), ways != 1, ways != 0);
  context_.agenda.In(lasts, [this, n = host.number()] { network_.Heal(n); });
}

// An entry that nobody should need: of an attempt that was granted before, or of one to come.
void World::StaleEntry() {
  if (checkers_.granted().empty()) return;
  auto it = checkers_.granted().begin();
  std::advance(it, static_cast<ptrdiff_t>(dice_.Below(checkers_.granted().size())));
  QueueEntry entry{dice_.Chance(80) ? "default" : "gpu", it->first, 1000};
  if (dice_.Chance(20)) ++entry.attempt.try_number;
  if (dice_.Chance(5)) entry.attempt.run = RunId(1'000'000);
  context_.Saw(Seen::kStaleEntries);
  GALE_CHECK(AnyMaster().queue().Push(std::span(&entry, 1)).ok(), "memory queue");
}

// Rows that the ledger refuses.
void World::BringGuilt() {
  const std::string guilty = std::string(kGuilty) + std::string(guilt_.Below(6), '!');
  const size_t file = guilt_.Below(scenario_.files());
  switch (guilt_.Below(5)) {
    case 0: {
      FileReport report = scenario_.Report(file);
      report.dags.clear();
      report.error = guilty + ": no error that the ledger takes";
      return Ask([report](Loop& loop) { loop.ReportFile(report); });
    }
    case 1: {
      FileReport report = scenario_.Report(file);
      for (ParsedDag& dag : report.dags) dag.hash += guilty;
      return Ask([report](Loop& loop) { loop.ReportFile(report); });
    }
    case 2:
      if (scenario_.sync_later) return masters_[0]->PlanFlushFault();
      [[fallthrough]];
    default:
      return Ask([this, guilty](Loop& loop) {
        GALE_CHECK(loop.SetPool({.name = guilty, .slots = 1}, kSomebody).ok(), "pool");
        loop.OnCommitted([this](const Status& status) {
          if (status.ok()) context_.Fail("a guilty pool was taken");
          if (IsRefused(status)) context_.Saw(Seen::kRefusedRequests);
        });
      });
  }
}

}  // namespace gale::sim
