// An answer that goes on: a Response with a Source is written as its pieces come, until the last one,
// the client's leaving, or the server's stop.
#pragma once

#include <functional>
#include <string>

#include "common/base/clock.h"

namespace gale::http {

// Nothing is queued for a client: what the Source has is asked for once the piece before it was
// taken, so that a slow one costs no memory, and gets what counts by then.
class Source {
 public:
  struct Piece {
    std::string text;
    bool last = false;    // nothing follows
    MonoTime not_before;  // who is woken before it asks again then
    MonoTime again;       // asked again then, woken or not
  };

  virtual ~Source() = default;
  // Before the first Take. `wake` is to be called, from any thread, when there is news; it doesn't
  // block, and may be called when the answer is long over.
  virtual void OnWake(std::function<void()> wake) = 0;
  // What there is now. On the server's I/O thread: must not block.
  virtual Piece Take() = 0;
};

}  // namespace gale::http
