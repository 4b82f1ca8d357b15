// When a master may take the lead: decided from what it reads of the leader's row, on its own
// monotonic clock, so that no host's wall clock matters.
#pragma once

#include <algorithm>
#include <optional>
#include <vector>

#include "common/base/clock.h"
#include "master/store/rows.h"

namespace gale {

class LeaderWatch {
 public:
  static constexpr Duration kAloneAfter = std::chrono::hours(1);

  // `instance`: of our own home. `lease`: how long a leader goes without a beat at most.
  LeaderWatch(Duration lease, std::string instance)
      : lease_(lease), instance_(std::move(instance)) {}

  // The row, from a read that began at `asked` and ended at `now`. True: whoever stands there is
  // gone (or was us, before a restart), and the row may be claimed as it was seen.
  bool See(const LeaderRow& row, MonoTime asked, MonoTime now) {
    const bool same = last_ && last_->epoch == row.epoch && last_->beat == row.beat;
    // While we didn't look, or nobody could reach the ledger, silence proves nothing.
    const bool looked_away = same && asked - looked_ > lease_ / 2;
    if (!same || looked_away) since_ = now;
    last_ = row;
    looked_ = now;
    if (row.owner.empty() || row.instance == instance_) return true;
    return asked - since_ >= lease_;
  }

  // Takes the lead at `now`, by what was seen last: how much longer than its lease a worker that
  // isn't heard of must be waited for. A deposed leader that only can't reach the ledger goes on
  // promising workers their leases, `outage` past its own; that holds for our own next terms too.
  // `alone`: there is no other master.
  Duration LongerWait(MonoTime now, Duration outage, bool alone) {
    if (!last_ || last_->epoch != led_) quiet_at_ = alone ? now : now + lease_ + outage;
    return std::max(Duration(0), std::chrono::duration_cast<Duration>(quiet_at_ - now));
  }
  // We lead in this epoch.
  void Led(Epoch epoch) { led_ = epoch; }
  // Whether no other master that may lead has lived lately: by their own clocks, so with a wide
  // margin. Those without gRPC only serve an API.
  bool IsAlone(const std::vector<MasterRow>& masters, TimePoint now) const {
    return std::ranges::none_of(masters, [&](const MasterRow& master) {
      return master.instance != instance_ && !master.grpc.empty() &&
             now - master.seen_at < kAloneAfter;
    });
  }

 private:
  const Duration lease_;
  const std::string instance_;
  std::optional<LeaderRow> last_;
  MonoTime since_{};     // this beat is the last for so long
  MonoTime looked_{};    // the end of the last read
  Epoch led_{-1};        // the last that we led in
  MonoTime quiet_at_{};  // from then on no other master's promises hold
};

}  // namespace gale
