// A gRPC stream whose messages come from something that is followed: each step runs on a pool, when
// there may be news and the last message is written. So a peer that reads slowly costs one message,
// and one that waits costs no thread.
#pragma once

#include <atomic>

#include "master/api/stream.h"
#include "master/api/thread_pool.h"

namespace gale {

template <class Reactor, class Out>
class FollowStream : public Stream<Reactor, Out, Out> {
 public:
  FollowStream(StreamRegister& streams, ThreadPool& pool)
      : Stream<Reactor, Out, Out>(streams), pool_(pool) {}

  // There may be news. From any thread; doesn't block.
  void Kick() {
    if (!busy_.exchange(true)) Post();
  }
  // Kick, from somebody who may outlive the stream.
  std::function<void()> Kicker() {
    std::weak_ptr<FollowStream> weak = Self();
    return [weak] {
      if (auto self = weak.lock()) self->Kick();
    };
  }

 protected:
  // Takes what there is, and enqueues it (by one call) or ends the stream: true. Nothing: false.
  // One at a time.
  virtual bool Step() = 0;
  // Whether Step would find something, after it found nothing.
  virtual bool HasNews() = 0;

  Out Convert(Out item) override { return item; }
  void OnDrained() override { Post(); }

 private:
  std::shared_ptr<FollowStream> Self() {
    return std::static_pointer_cast<FollowStream>(this->shared_from_this());
  }
  void Post() {
    const bool posted = pool_.Post([self = Self()] { self->Run(); });
    if (!posted) this->Close(Unavailable("the master is overloaded or stopping; try again"));
  }
  void Run() {
    for (;;) {
      if (Step()) return;  // it goes on when that is written
      busy_ = false;
      // News that came just before, when it seemed busy, kicked nobody.
      if (!HasNews() || busy_.exchange(true)) return;
    }
  }

  ThreadPool& pool_;
  std::atomic<bool> busy_{false};  // a step is under way, or its message
};

}  // namespace gale
