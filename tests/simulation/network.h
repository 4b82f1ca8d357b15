// The network between masters and workers: streams that deliver in order, late, or not at all.
//
// A stream has two pipes. Its ends notice a break at different times, and a worker may have a new
// stream while the master still believes in the old one, and still gets what was on its way there.
// A partition holds the pipes between a worker and one or both masters back in one or both
// directions; nothing new can be opened meanwhile; what was sent comes late, after it heals, unless
// the stream broke.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "tests/simulation/context.h"

namespace gale::sim {

struct Pipe {
  std::deque<std::pair<MonoTime, std::function<void()>>> under_way;
  MonoTime last;
};

struct Stream {
  uint64_t id = 0;
  size_t worker = 0;
  uint64_t worker_life = 0;
  size_t master = 0;
  uint64_t master_life = 0;
  Pipe up, down;             // to the master; to the worker
  bool worker_open = true;   // its end stands, as far as the worker knows
  bool broken = false;       // nothing enters any more
  bool closed = false;       // by the master
  uint64_t welcomed_in = 0;  // which commit
  Dice dice{0};
};
using StreamPtr = std::shared_ptr<Stream>;

class Network {
 public:
  Network(Context& context, size_t workers, size_t masters)
      : context_(context), masters_(masters), cuts_(workers * masters) {}
  ~Network() {
    for (auto& s : streams_) Empty(*s);
  }

  StreamPtr Open(size_t worker, uint64_t worker_life, size_t master, uint64_t master_life);
  // False while the worker is cut off from this master.
  bool Reachable(size_t worker, size_t master) const {
    const Cuts& cuts = cuts_[worker * masters_ + master];
    return !cuts.up && !cuts.down;
  }
  void SendUp(const StreamPtr& stream, std::function<void()> deliver);
  void SendDown(const StreamPtr& stream, std::function<void()> deliver);
  // Nothing enters it any more; of what is under way, a part still arrives.
  void Break(const StreamPtr& stream);
  void Cut(size_t worker, size_t master, bool up, bool down);
  void CutAll(size_t worker, bool up, bool down) {
    for (size_t m = 0; m < masters_; ++m) Cut(worker, m, up, down);
  }
  void Heal(size_t worker) { CutAll(worker, false, false); }
  void Forget(const StreamPtr& stream);

 private:
  struct Cuts {
    bool up = false, down = false;
  };
  static void Empty(Stream& s) {
    s.up.under_way.clear();
    s.down.under_way.clear();
  }
  void Send(const StreamPtr& stream, bool up, std::function<void()> deliver);
  void Pump(const StreamPtr& stream, bool up);
  bool IsCut(const Stream& s, bool up) const {
    const Cuts& cuts = cuts_[s.worker * masters_ + s.master];
    return up ? cuts.up : cuts.down;
  }

  Context& context_;
  const size_t masters_;
  std::vector<Cuts> cuts_;  // worker by worker, each with every master
  std::vector<StreamPtr> streams_;
  uint64_t last_id_ = 0;
};

}  // namespace gale::sim
