// The streaming verbs of gale.v1.Control.
#include <atomic>

#include "master/api/control_service.h"
#include "master/api/views.h"

namespace gale {
namespace {

constexpr size_t kTailBytesMax = 256 << 10;  // of one message
// How long a follower holds a thread of the pool before it queues up again.
constexpr Duration kFollowWait = std::chrono::milliseconds(500);

// Every state of a run until it ends.
class RunStream final : public Stream<grpc::ServerWriteReactor<v1::DagRun>, RunRow, v1::DagRun> {
 public:
  using Stream::Stream;

  void Watch(Control& control, const std::string& dag_id, const std::string& run_id) {
    std::weak_ptr<RunStream> weak = std::static_pointer_cast<RunStream>(shared_from_this());
    auto watch = control.WatchRun(dag_id, run_id, [weak](const RunRow& run) {
      if (auto self = weak.lock()) self->OnRun(run);
    });
    if (!watch.ok()) return Close(watch.status());
    std::lock_guard lock(watch_mutex_);
    if (!ended_) watch_ = std::move(watch).value();
  }
  void OnCancel() override { Close(Cancelled("the client has left")); }

 protected:
  v1::DagRun Convert(RunRow run) override { return ToProto(run); }
  void OnEnded() override {
    std::lock_guard lock(watch_mutex_);
    ended_ = true;
    watch_.reset();
  }

 private:
  void OnRun(const RunRow& run) {
    Enqueue(run);
    if (IsFinished(run.state)) CloseWhenDrained(OkStatus());
  }

  std::mutex watch_mutex_;
  bool ended_ = false;
  std::shared_ptr<Control::Watch> watch_;
};

// An attempt's output. Each step runs on the pool; the next one begins when its message is written.
class TailStream final : public Stream<grpc::ServerWriteReactor<v1::TailLogResponse>,
                                       v1::TailLogResponse, v1::TailLogResponse> {
 public:
  TailStream(StreamRegister& streams, Control& control, ThreadPool& pool,
             const v1::TailLogRequest& r)
      : Stream(streams), control_(control), pool_(pool) {
    query_.dag_id = r.dag_id();
    query_.run_id = r.run_id();
    query_.task_id = r.task_id();
    // proto3 has no default but 0: an unmapped task's index is -1, and 0 of it means the same.
    query_.map_index = r.map_index() > 0 ? r.map_index() : kUnmapped;
    query_.try_number = r.try_number();
    query_.offset = r.offset();
    query_.max_bytes = kTailBytesMax;
    query_.wait = r.follow() ? kFollowWait : Duration(0);
  }

  void Next() {
    auto self = std::static_pointer_cast<TailStream>(shared_from_this());
    if (!pool_.Post([self] { self->Step(); })) {
      Close(Unavailable("the master is overloaded or stopping; try again"));
    }
  }
  void OnCancel() override {
    cancelled_ = true;
    Close(Cancelled("the client has left"));
  }

 protected:
  v1::TailLogResponse Convert(v1::TailLogResponse item) override { return item; }
  void OnDrained() override { Next(); }

 private:
  void Step() {
    if (cancelled_) return;
    auto page = control_.ReadLog(query_);
    if (!page.ok()) return Close(page.status());
    if (page->try_number != 0) query_.try_number = page->try_number;  // a retry is another log
    query_.offset += page->data.size();
    const bool last = page->complete || (page->data.empty() && query_.wait == Duration(0));
    if (page->data.empty() && !last) return Next();
    v1::TailLogResponse message;
    message.set_offset(page->offset);
    message.set_complete(page->complete);
    message.set_try_number(page->try_number);
    message.set_data(std::move(page->data));
    if (last) {
      EnqueueLast(std::move(message), OkStatus());
    } else {
      Enqueue(std::move(message));
    }
  }

  Control& control_;
  ThreadPool& pool_;
  LogQuery query_;
  std::atomic<bool> cancelled_{false};
};

}  // namespace

grpc::ServerWriteReactor<v1::DagRun>* ControlService::WatchDagRun(
    Context* context, const v1::GetDagRunRequest* request) {
  auto stream = std::make_shared<RunStream>(streams_);
  // The context lives only until the stream ends: asked before anything can end it.
  auto actor = access_.Authorize(*context, Permission::kRead);
  stream->Open();
  const bool posted = pool_.Post([=, this, dag_id = request->dag_id(), run_id = request->run_id()] {
    if (!actor.ok()) return stream->Close(actor.status());
    if (const auto leader = control_.LeaderElsewhere()) {
      return stream->Close(
          Unavailable("this master follows, and sees no run change: watch it at {}", leader->grpc));
    }
    stream->Watch(control_, dag_id, run_id);
  });
  if (!posted) stream->Close(Unavailable("the master is overloaded or stopping; try again"));
  return stream.get();
}

grpc::ServerWriteReactor<v1::TailLogResponse>* ControlService::TailLog(
    Context* context, const v1::TailLogRequest* request) {
  auto stream = std::make_shared<TailStream>(streams_, control_, followers_, *request);
  auto actor = access_.Authorize(*context, Permission::kRead);
  stream->Open();
  if (!actor.ok()) {
    stream->Close(actor.status());
  } else {
    stream->Next();
  }
  return stream.get();
}

}  // namespace gale
