#include "master/api/feed_service.h"

#include "common/rpc/convert.h"
#include "master/api/feed_codec.h"
#include "master/api/follow_stream.h"

namespace gale {
namespace {

constexpr size_t kTurnsPerPartMax = 16;  // each is bounded by limits::kFeedTurnBytesMax

class FeedStream final
    : public FollowStream<grpc::ServerBidiReactor<v1::FeedRequest, v1::FeedPart>, v1::FeedPart> {
 public:
  FeedStream(StreamRegister& streams, ThreadPool& pool, Engine& engine)
      : FollowStream(streams, pool), engine_(engine) {}

  void Begin() { StartRead(&in_); }
  void OnReadDone(bool ok) override {
    if (!ok) return Close(OkStatus());
    if (Status status = Handle(); !status.ok()) return Close(status);
    StartRead(&in_);
  }
  void OnCancel() override { Close(Cancelled("the other master has left")); }

 protected:
  bool Step() override {
    if (!engine_.leads()) {
      Close(engine_.Refusal());
      return true;
    }
    FeedSubscription::News news = feed_->Take(kTurnsPerPartMax);
    if (news.empty()) return false;
    v1::FeedPart part;
    if (news.too_old) {
      FeedCursor from = news.at;
      if (!news.turns.empty()) from.turn = news.turns.front()->at.turn - 1;
      part.set_restart(from.ToString());
    }
    for (const FeedTurnPtr& turn : news.turns) *part.add_turns() = ToProto(*turn);
    for (const LogGrew& log : news.logs) {
      v1::GrownLog& grown = *part.add_logs();
      *grown.mutable_attempt() = ToProto(log.attempt);
      grown.set_size(log.size);
    }
    Enqueue(std::move(part));
    return true;
  }
  bool HasNews() override { return feed_->has_news() || !engine_.leads(); }

 private:
  Status Handle() {
    if (!feed_) {
      FeedCursor cursor;
      if (!in_.cursor().empty()) {
        GALE_ASSIGN_OR_RETURN(cursor, FeedCursor::Parse(in_.cursor()));
      }
      if (!engine_.leads()) return engine_.Refusal();
      // Every turn, and so without a gap.
      GALE_ASSIGN_OR_RETURN(feed_, engine_.feed().Subscribe({}, cursor, Kicker()));
    }
    for (const v1::AttemptRef& ref : in_.unwatch()) feed_->UnwatchLog(FromProto(ref));
    for (const v1::AttemptRef& ref : in_.watch()) {
      GALE_RETURN_IF_ERROR(feed_->WatchLog(FromProto(ref)));
      engine_.feed().OnLogGrew(FromProto(ref), 0);  // it may have, before it was watched here
    }
    Kick();
    return OkStatus();
  }

  Engine& engine_;
  v1::FeedRequest in_;
  std::shared_ptr<FeedSubscription> feed_;
};

}  // namespace

grpc::ServerBidiReactor<v1::FeedRequest, v1::FeedPart>* FeedService::Follow(
    grpc::CallbackServerContext* context) {
  auto stream = std::make_shared<FeedStream>(streams_, pool_, engine_);
  const Status allowed = access_.AuthorizeWorker(*context);
  stream->Open();
  if (!allowed.ok()) {
    stream->Close(allowed);
  } else {
    stream->Begin();
  }
  return stream.get();
}

}  // namespace gale
