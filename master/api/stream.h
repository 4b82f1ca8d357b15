// What all our gRPC streams share: an outgoing queue that is written in order, an end that comes
// once, and a register of those that are open.
#pragma once

#include <grpcpp/support/server_callback.h>

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "common/base/status.h"
#include "common/rpc/status.h"

namespace gale {

class StreamBase {
 public:
  virtual ~StreamBase() = default;
  // Ends the stream; what is queued is dropped. Once only, later calls do nothing. Thread-safe.
  virtual void Close(const Status& status) = 0;
};

// The open streams of a server. Thread-safe.
class StreamRegister {
 public:
  void Add(const std::shared_ptr<StreamBase>& stream) {
    {
      std::lock_guard lock(mutex_);
      streams_[stream.get()] = stream;
      if (!stopping_) return;
    }
    stream->Close(Unavailable("the master stops"));
  }
  void Remove(StreamBase* stream) {
    std::lock_guard lock(mutex_);
    streams_.erase(stream);
  }
  // Ends all streams, and every one that opens from now on.
  void CloseAll() {
    std::map<StreamBase*, std::weak_ptr<StreamBase>> open;
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
      open = streams_;
    }
    for (auto& [key, weak] : open) {
      if (auto stream = weak.lock()) stream->Close(Unavailable("the master stops"));
    }
  }

 private:
  std::mutex mutex_;
  bool stopping_ = false;
  std::map<StreamBase*, std::weak_ptr<StreamBase>> streams_;
};

// `Reactor` is ServerBidiReactor or ServerWriteReactor; `Item` what is queued, which Convert turns
// into `Out` when its turn to be written comes. The stream owns itself until gRPC is done with it.
template <class Reactor, class Item, class Out>
class Stream : public Reactor,
               public StreamBase,
               public std::enable_shared_from_this<Stream<Reactor, Item, Out>> {
 public:
  static constexpr size_t kQueuedMax = 65'536;

  explicit Stream(StreamRegister& open) : register_(open) {}

  // Call right after it was made (by make_shared).
  void Open() {
    self_ = this->shared_from_this();
    register_.Add(self_);
  }

  void Close(const Status& status) override {
    std::lock_guard lock(mutex_);
    CloseLocked(status);
  }

  void OnWriteDone(bool ok) override {
    std::unique_lock lock(mutex_);
    writing_ = false;
    if (finished_) return;
    if (!ok) {
      closing_ = true;
      end_ = Unavailable("the peer is gone");
    }
    if (closing_ || queue_.empty()) {
      if (closing_) FinishLocked();
      const bool drained = !closing_;
      lock.unlock();
      if (drained) OnDrained();
      return;
    }
    WriteLocked();
  }

  void OnDone() override {
    register_.Remove(this);
    OnEnded();
    // May be the last reference: nothing of this object is touched after.
    std::shared_ptr<Stream> self = std::move(self_);
  }

 protected:
  virtual Out Convert(Item item) = 0;
  // All that was queued is written.
  virtual void OnDrained() {}
  // gRPC is done with the stream. Nothing more is read or written.
  virtual void OnEnded() {}

  // False if the stream ends; it does if its queue is full.
  bool Enqueue(Item item) {
    std::lock_guard lock(mutex_);
    if (closing_ || finished_) return false;
    if (queue_.size() >= kQueuedMax) {
      CloseLocked(Unavailable("the peer reads too slowly: {} messages wait for it", queue_.size()));
      return false;
    }
    queue_.push_back(std::move(item));
    if (!writing_) WriteLocked();
    return true;
  }
  // Enqueue each, with no OnDrained in between.
  bool EnqueueAll(std::vector<Item> items) {
    std::lock_guard lock(mutex_);
    if (closing_ || finished_) return false;
    for (Item& item : items) queue_.push_back(std::move(item));
    if (!writing_ && !queue_.empty()) WriteLocked();
    return true;
  }
  // Enqueue, and then the end.
  void EnqueueLast(Item item, const Status& status) {
    std::lock_guard lock(mutex_);
    if (closing_ || finished_) return;
    queue_end_ = std::make_unique<Status>(status);
    queue_.push_back(std::move(item));
    if (!writing_) WriteLocked();
  }
  // Ends the stream once all that is queued is written.
  void CloseWhenDrained(const Status& status) {
    std::lock_guard lock(mutex_);
    if (queue_.empty()) {
      CloseLocked(status);
    } else {
      queue_end_ = std::make_unique<Status>(status);
    }
  }

 private:
  void CloseLocked(const Status& status) {
    if (closing_ || finished_) return;
    closing_ = true;
    end_ = status;
    queue_.clear();
    if (!writing_) FinishLocked();
  }
  void FinishLocked() {
    finished_ = true;
    this->Finish(ToGrpc(end_));
  }
  void WriteLocked() {
    out_ = Convert(std::move(queue_.front()));
    queue_.pop_front();
    writing_ = true;
    grpc::WriteOptions options;
    if (!queue_.empty()) options.set_buffer_hint();  // one flush for all that wait
    if (queue_.empty() && queue_end_) {
      closing_ = true;
      end_ = *queue_end_;
    }
    this->StartWrite(&out_, options);
  }

  StreamRegister& register_;
  std::shared_ptr<Stream> self_;
  std::mutex mutex_;
  std::deque<Item> queue_;
  Out out_;
  bool writing_ = false;
  bool closing_ = false;
  bool finished_ = false;
  Status end_;
  std::unique_ptr<Status> queue_end_;
};

}  // namespace gale
