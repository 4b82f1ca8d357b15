// The streaming verbs of gale.v1.Control.
#include <grpcpp/alarm.h>

#include "common/rpc/convert.h"
#include "master/api/control_service.h"
#include "master/api/follow_stream.h"
#include "master/api/followers.h"
#include "master/api/views.h"

namespace gale {
namespace {

constexpr size_t kTailBytesMax = 256 << 10;  // of one message

// Every state of a run until it ends, with the latest counts of its task instances.
class RunStream final : public FollowStream<grpc::ServerWriteReactor<v1::DagRun>, v1::DagRun> {
 public:
  RunStream(StreamRegister& streams, ThreadPool& pool) : FollowStream(streams, pool) {}

  void Begin(Control& control, const v1::GetDagRunRequest& request) {
    follower_.emplace(control, request.dag_id(), request.run_id(), Kicker());
    Kick();
  }
  void OnCancel() override { Close(Cancelled("the client has left")); }

 protected:
  bool Step() override {
    auto news = follower_->Take();
    while (news.ok() && news->empty() && follower_->more()) news = follower_->Take();
    if (!news.ok()) {
      Close(news.status());
      return true;
    }
    std::vector<v1::DagRun> messages;
    for (const RunFollower::News& state : *news) {
      v1::DagRun& message = messages.emplace_back(ToProto(state.row));
      for (size_t s = 0; state.counts && s < kTiStates; ++s) {
        const uint32_t count = (*state.counts)[s];
        if (count == 0) continue;
        (*message.mutable_task_counts())[std::string(Name(static_cast<TiState>(s)))] = count;
      }
    }
    if (messages.empty()) return false;
    const bool ended = follower_->ended();  // once it is enqueued, the next step may be under way
    EnqueueAll(std::move(messages));
    if (ended) CloseWhenDrained(OkStatus());
    return true;
  }
  bool HasNews() override { return follower_->has_news(); }

 private:
  std::optional<RunFollower> follower_;
};

v1::TailLogResponse MessageOf(LogPage page) {
  v1::TailLogResponse message;
  message.set_offset(page.offset);
  message.set_complete(page.complete);
  message.set_try_number(page.try_number);
  message.set_data(std::move(page.data));
  for (const LogTime& each : page.times) {
    v1::LogTime& time = *message.add_times();
    time.set_offset(each.offset);
    *time.mutable_time() = ToProto(each.time);
  }
  return message;
}

// An attempt's output: as it is, or as it grows.
class TailStream final
    : public FollowStream<grpc::ServerWriteReactor<v1::TailLogResponse>, v1::TailLogResponse> {
 public:
  TailStream(StreamRegister& streams, Control& control, ThreadPool& pool)
      : FollowStream(streams, pool), control_(control) {}

  void Begin(const v1::TailLogRequest& r) {
    query_.dag_id = r.dag_id();
    query_.run_id = r.run_id();
    query_.task_id = r.task_id();
    query_.map_index = r.has_map_index() ? r.map_index() : kUnmapped;
    query_.try_number = r.try_number();
    query_.offset = r.offset();
    query_.max_bytes = kTailBytesMax;
    follows_ = r.follow();
    // Who doesn't follow takes what there is in the same way: waiting for the tail of an attempt
    // that has just ended holds no thread either.
    follower_.emplace(control_, query_, Kicker(),
                      follows_ ? LogFollower::kTailWait : Control::kLogTailWait);
    Kick();
  }
  void OnCancel() override { Close(Cancelled("the client has left")); }

 protected:
  bool Step() override {
    auto page = follower_->Take();
    while (follower_->more() && page.ok() && page->data.empty() && !page->complete) {
      page = follower_->Take();
    }
    if (!follows_ && page.ok() && page->try_number == 0)
      page = control_.ReadLog(query_);  // says why
    if (!page.ok()) {
      Close(page.status());
      return true;
    }
    const bool waits = follows_ || follower_->look_again();
    if (follower_->look_again() && !page->complete) LookAgain();
    if (page->try_number != 0) query_.try_number = page->try_number;  // a retry is another log
    query_.offset += page->data.size();
    const bool last = page->complete || (page->data.empty() && !waits);
    if (page->data.empty() && !last) return false;
    if (last) {
      EnqueueLast(MessageOf(*std::move(page)), OkStatus());
    } else {
      Enqueue(MessageOf(*std::move(page)));
    }
    return true;
  }
  bool HasNews() override { return follower_->has_news() || due_.exchange(false); }

 private:
  void LookAgain() {
    if (looks_again_) return;
    looks_again_ = true;
    const Duration left = *follower_->look_again() - Clock::Real().Mono();
    // Not before its time: it rings once.
    const Duration safe = left + std::chrono::milliseconds(1);
    alarm_.Set(gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                            gpr_time_from_micros(safe.count(), GPR_TIMESPAN)),
               [weak = weak_from_this()](bool fired) {
                 const auto self = std::static_pointer_cast<TailStream>(weak.lock());
                 if (!fired || !self) return;
                 self->due_ = true;  // a step that is under way doesn't hear the kick
                 self->Kick();
               });
  }

  Control& control_;
  LogQuery query_;
  bool follows_ = false;
  std::optional<LogFollower> follower_;
  grpc::Alarm alarm_;
  bool looks_again_ = false;
  std::atomic<bool> due_{false};
};

}  // namespace

grpc::ServerWriteReactor<v1::DagRun>* ControlService::WatchDagRun(
    Context* context, const v1::GetDagRunRequest* request) {
  auto stream = std::make_shared<RunStream>(streams_, followers_);
  // The context lives only until the stream ends: asked before anything can end it.
  const Status may = MayFollow(context, "WatchDagRun", request->dag_id());
  stream->Open();
  if (!may.ok()) {
    stream->Close(may);
  } else {
    stream->Begin(control_, *request);
  }
  return stream.get();
}

grpc::ServerWriteReactor<v1::TailLogResponse>* ControlService::TailLog(
    Context* context, const v1::TailLogRequest* request) {
  auto stream =
      std::make_shared<TailStream>(streams_, control_, request->follow() ? followers_ : pool_);
  const Status may = MayFollow(context, "TailLog", request->dag_id());
  stream->Open();
  if (!may.ok()) {
    stream->Close(may);
  } else {
    stream->Begin(*request);
  }
  return stream.get();
}

}  // namespace gale
