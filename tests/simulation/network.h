// The network between masters and workers: streams that deliver in order, late, or not at all.
//
// A stream has two pipes. Its ends notice a break at different times, and a worker may have a new
// stream while the master still believes in the old one, and still gets what was on its way there.
// A partition holds a worker's pipes back in one or both directions; nothing new can be opened
// meanwhile; what was sent comes late, after it heals, unless the stream broke.
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
  uint64_t master_life = 0;
  Pipe up, down;            // to the master; to the worker
  bool worker_open = true;  // its end stands, as far as the worker knows
  bool broken = false;      // nothing enters any more
  bool closed = false;      // by the master
  Dice dice{0};
};
using StreamPtr = std::shared_ptr<Stream>;

class Network {
 public:
  Network(Context& context, size_t workers) : context_(context), cuts_(workers) {}
  ~Network() {
    for (auto& s : streams_) Empty(*s);
  }

  StreamPtr Open(size_t worker, uint64_t worker_life, uint64_t master_life);
  // False while the worker is cut off.
  bool Reachable(size_t worker) const { return !cuts_[worker].up && !cuts_[worker].down; }
  void SendUp(const StreamPtr& stream, std::function<void()> deliver);
  void SendDown(const StreamPtr& stream, std::function<void()> deliver);
  // Nothing enters it any more; of what is under way, a part still arrives.
  void Break(const StreamPtr& stream);
  void Cut(size_t worker, bool up, bool down);
  void Heal(size_t worker) { Cut(worker, false, false); }
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
    return up ? cuts_[s.worker].up : cuts_[s.worker].down;
  }

  Context& context_;
  std::vector<Cuts> cuts_;
  std::vector<StreamPtr> streams_;
  uint64_t last_id_ = 0;
};

}  // namespace gale::sim
