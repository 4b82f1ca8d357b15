#include "master/api/feed_relay.h"

#include "common/base/limits.h"
#include "common/base/log.h"
#include "common/rpc/convert.h"
#include "common/rpc/status.h"
#include "master/api/feed_codec.h"

namespace gale {
namespace {

constexpr Duration kPauseMin = std::chrono::milliseconds(100);
constexpr Duration kPauseMax = std::chrono::seconds(2);
// How long it may go unnoticed that the one whose stream is still open was deposed (the engine looks
// at the ledger anyway; this only asks what it saw).
constexpr Duration kLooksAtLeader = std::chrono::seconds(1);
constexpr int kKeepaliveMs = 10'000;  // a host that vanished says nothing

}  // namespace

FeedRelay::FeedRelay(Feed& feed, FindLeader find_leader, LeaderSeen leader_seen,
                     std::string join_token, std::shared_ptr<grpc::ChannelCredentials> credentials)
    : feed_(feed),
      find_leader_(std::move(find_leader)),
      leader_seen_(std::move(leader_seen)),
      join_token_(std::move(join_token)),
      credentials_(std::move(credentials)) {
  feed_.OnWatchedLogs([this] {
    std::lock_guard lock(mutex_);
    logs_changed_ = true;
    wake_.notify_all();
  });
}

FeedRelay::~FeedRelay() { Stop(MonoTime()); }

Status FeedRelay::Start() {
  thread_ = NamedThread("feed relay", [this] { Main(); });
  return OkStatus();
}

void FeedRelay::Stop(MonoTime) {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void FeedRelay::OnLeading(bool leads) {
  {
    std::lock_guard lock(mutex_);
    leads_ = leads;
  }
  wake_.notify_all();
  // Whoever follows us must go elsewhere, and those here can't know what they missed.
  if (!leads) feed_.Restart(feed_.at());
}

void FeedRelay::Main() {
  Duration pause = kPauseMin;
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [&] { return stopping_ || !leads_; });
      if (stopping_) return;
    }
    const std::optional<MasterRow> leader = find_leader_();
    const bool followed = leader && !leader->grpc.empty() && Follow(*leader);
    pause = followed ? kPauseMin : std::min(2 * pause, kPauseMax);
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, pause, [&] { return stopping_; });
  }
}

bool FeedRelay::Follow(const MasterRow& leader) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);          // masters are near
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // a new channel connects anew
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveMs / 2);
  arguments.SetMaxReceiveMessageSize(static_cast<int>(limits::kGrpcMessageBytesMax));
  auto stub = v1::Feed::NewStub(grpc::CreateCustomChannel(leader.grpc, credentials_, arguments));
  grpc::ClientContext context;
  context.AddMetadata("authorization", "Bearer " + join_token_);
  auto stream = stub->Follow(&context);
  v1::FeedRequest first;
  first.set_cursor(feed_.at().ToString());
  stream->Write(first);  // if it fails, so does the read
  {
    std::lock_guard lock(mutex_);
    ended_ = false;
    logs_changed_ = true;
  }
  bool came = false;
  std::thread reader([&] {
    v1::FeedPart part;
    while (stream->Read(&part)) {
      came = true;
      Take(part);
    }
    std::lock_guard lock(mutex_);
    ended_ = true;
    wake_.notify_all();
  });
  TellWatched(*stream, leader);
  context.TryCancel();
  reader.join();
  const grpc::Status end = stream->Finish();
  GALE_DEBUG("the feed of master '{}' ended: {}", leader.name, end.error_message());
  return came;
}

void FeedRelay::TellWatched(FeedReaderWriter& stream, const MasterRow& leader) {
  std::set<AttemptId> told;
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, kLooksAtLeader,
                     [&] { return stopping_ || leads_ || ended_ || logs_changed_; });
      if (stopping_ || leads_ || ended_) return;
      if (!std::exchange(logs_changed_, false)) {
        lock.unlock();
        const LeaderRow now = leader_seen_();
        if (!now.owner.empty() && now.instance != leader.instance) return;
        continue;
      }
    }
    const std::vector<AttemptId> logs = feed_.WatchedLogs();
    const std::set<AttemptId> wanted(logs.begin(), logs.end());
    v1::FeedRequest request;
    for (const AttemptId& id : wanted) {
      if (!told.contains(id)) *request.add_watch() = ToProto(id);
    }
    for (const AttemptId& id : told) {
      if (!wanted.contains(id)) *request.add_unwatch() = ToProto(id);
    }
    told = wanted;
    const bool changed = request.watch_size() + request.unwatch_size() > 0;
    if (changed && !stream.Write(request)) return;
  }
}

void FeedRelay::Take(const v1::FeedPart& part) {
  if (!part.restart().empty()) {
    if (auto at = FeedCursor::Parse(part.restart()); at.ok()) feed_.Restart(*at);
  }
  for (const v1::FeedTurn& turn : part.turns()) {
    feed_.Publish(std::make_shared<const FeedTurn>(FromProto(turn)));
  }
  for (const v1::GrownLog& log : part.logs()) feed_.OnLogGrew(FromProto(log.attempt()), log.size());
}

}  // namespace gale
