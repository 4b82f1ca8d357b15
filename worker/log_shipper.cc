#include "worker/log_shipper.h"

#include "common/base/limits.h"
#include "common/base/log.h"
#include "common/rpc/convert.h"
#include "common/rpc/status.h"

namespace gale::worker {

LogShipper::LogShipper(AttemptFiles files, std::string join_token, std::string worker)
    : files_on_disk_(std::move(files)),
      join_token_(std::move(join_token)),
      worker_(std::move(worker)) {}

LogShipper::~LogShipper() { Stop(MonoTime()); }

Status LogShipper::Start() {
  thread_ = NamedThread("log shipper", [this] { Run(); });
  return OkStatus();
}

void LogShipper::Stop(MonoTime deadline) {
  if (!thread_.joinable()) return;
  WaitIdle(deadline);
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    if (context_) context_->TryCancel();
    changed_.notify_all();
  }
  thread_.join();
}

void LogShipper::SetChannel(std::shared_ptr<grpc::Channel> channel) {
  std::lock_guard lock(mutex_);
  channel_ = std::move(channel);
  ++channel_number_;
  if (context_) context_->TryCancel();
  changed_.notify_all();
}

void LogShipper::Tell(const AttemptId& id, Mark mark) {
  std::lock_guard lock(mutex_);
  marks_.emplace_back(id, mark);
  idle_ = false;
  changed_.notify_all();
}

bool LogShipper::WaitIdle(MonoTime deadline) {
  std::unique_lock lock(mutex_);
  return changed_.wait_until(lock,
                             std::chrono::steady_clock::time_point(deadline.time_since_epoch()),
                             [&] { return idle_ || channel_ == nullptr; });
}

void LogShipper::Run() {
  using Steady = std::chrono::steady_clock;
  Steady::time_point poll_at{}, retry_at{};
  for (;;) {
    std::vector<std::pair<AttemptId, Mark>> marks;
    {
      std::unique_lock lock(mutex_);
      idle_ = ready_.empty() && marks_.empty();
      if (idle_) changed_.notify_all();
      auto woken = [&] {
        return stopping_ || !marks_.empty() ||
               (channel_ && !ready_.empty() && Steady::now() >= retry_at);
      };
      if (channel_ && !ready_.empty()) {
        changed_.wait_until(lock, retry_at, woken);
      } else if (channel_ && !running_.empty()) {
        changed_.wait_until(lock, std::max(poll_at, retry_at), woken);
      } else {
        changed_.wait(lock, [&] { return woken() || (channel_ && !running_.empty()); });
      }
      if (stopping_) break;
      marks.swap(marks_);
    }
    TakeMarks(std::move(marks));
    if (Steady::now() < retry_at) continue;
    bool poll = Steady::now() >= poll_at;
    std::vector<v1::LogChunk> window = NextWindow(poll);
    if (poll && round_over_) poll_at = Steady::now() + kPoll;
    if (window.empty()) {
      if (!ready_.empty()) retry_at = Steady::now() + kPoll;  // a file that can't be read now
      continue;
    }
    bool progress = false;
    if (!OpenCall() || !Ship(window, &progress)) CloseCall();
    if (!progress) retry_at = Steady::now() + kPoll;  // no master, or one that takes nothing
  }
  CloseCall();
}

void LogShipper::TakeMarks(std::vector<std::pair<AttemptId, Mark>> marks) {
  for (auto& [id, mark] : marks) {
    File& file = files_[id];
    if (mark == Mark::kRelease) file.released = true;
    if (mark == Mark::kEnded) file.ended = true;
    running_.erase(id);
    if (file.refused || file.shipped) {
      Settle(id);
    } else if (file.ended) {
      ready_.insert(id);
    } else {
      running_.insert(id);
    }
  }
}

// Round and round, each at most its share of a window: what is loud, or comes first by its name,
// keeps nobody's log waiting.
std::vector<v1::LogChunk> LogShipper::NextWindow(bool poll) {
  std::set<AttemptId> turn = ready_;
  if (poll) turn.insert(running_.begin(), running_.end());
  std::vector<v1::LogChunk> window;
  auto next = turn.upper_bound(last_looked_at_);
  for (size_t n = turn.size(); n > 0 && window.size() < kWindowChunks; --n) {
    if (next == turn.end()) next = turn.begin();
    last_looked_at_ = *next++;
    File& file = files_[last_looked_at_];
    Status status = AddChunks(last_looked_at_, file, &window);
    if (status.ok()) continue;
    if (file.ended && status.code() == Code::kNotFound) {  // it never came to write one
      file.shipped = true;
      Settle(last_looked_at_);
    } else if (status.code() != Code::kNotFound && !std::exchange(file.unreadable, true)) {
      GALE_WARN("attempt {}: its log can't be shipped now: {}; trying again",
                last_looked_at_.ToString(), status.ToString());
    }
  }
  // The others at once, and not at the next poll.
  round_over_ = window.size() < kWindowChunks;
  return window;
}

Status LogShipper::AddChunks(const AttemptId& id, const File& file,
                             std::vector<v1::LogChunk>* window) {
  Files& disk = files_on_disk_.files();
  GALE_ASSIGN_OR_RETURN(gale::File log, disk.Open(files_on_disk_.LogPath(id), Access::kRead));
  GALE_ASSIGN_OR_RETURN(const struct stat st, disk.Look(log));
  const uint64_t size = static_cast<uint64_t>(st.st_size);
  uint64_t offset = std::min(file.acked, size);
  for (size_t n = 0; n < kWindowChunksPerFile && (offset < size || (file.ended && n == 0)); ++n) {
    v1::LogChunk chunk;
    chunk.set_worker(worker_);
    *chunk.mutable_attempt() = ToProto(id);
    chunk.set_offset(offset);
    const auto bytes = std::min<uint64_t>(size - offset, limits::kLogChunkBytesMax);
    if (bytes > 0) {
      GALE_ASSIGN_OR_RETURN(*chunk.mutable_data(), disk.ReadSome(log, offset, bytes));
    }
    offset += chunk.data().size();
    const bool cut = bytes > 0 && chunk.data().empty();  // somebody truncated it
    chunk.set_last(file.ended && (offset >= size || cut));
    window->push_back(std::move(chunk));
    if (cut) break;
  }
  return OkStatus();
}

bool LogShipper::OpenCall() {
  std::lock_guard lock(mutex_);
  if (call_ && call_channel_ == channel_number_) return true;
  if (call_ || !channel_ || stopping_) return false;  // of another channel: close it first
  context_ = std::make_unique<grpc::ClientContext>();
  context_->AddMetadata("authorization", "Bearer " + join_token_);
  stub_ = v1::Worker::NewStub(channel_);
  call_ = stub_->PushLogs(context_.get());
  call_channel_ = channel_number_;
  return true;
}

void LogShipper::CloseCall() {
  if (!call_) return;
  {
    std::lock_guard lock(mutex_);
    context_->TryCancel();
  }
  grpc::Status status = call_->Finish();
  if (!status.ok() && status.error_code() != grpc::StatusCode::CANCELLED) {
    GALE_WARN("shipping logs: {}; it goes on with the next connection",
              FromGrpc(status).ToString());
  }
  call_.reset();
  std::lock_guard lock(mutex_);
  context_.reset();
}

bool LogShipper::Ship(const std::vector<v1::LogChunk>& window, bool* progress) {
  for (size_t i = 0; i < window.size(); ++i) {
    // Together on the wire, except for the last.
    grpc::WriteOptions write;
    if (i + 1 < window.size()) write.set_buffer_hint();
    if (!call_->Write(window[i], write)) return false;
  }
  for (const v1::LogChunk& chunk : window) {
    v1::LogAck ack;
    if (!call_->Read(&ack)) return false;
    if (Take(chunk, ack)) *progress = true;
  }
  return true;
}

bool LogShipper::Take(const v1::LogChunk& chunk, const v1::LogAck& ack) {
  AttemptId id = FromProto(chunk.attempt());
  auto it = files_.find(id);
  if (it == files_.end()) return true;
  File& file = it->second;
  if (!ack.error().empty()) {
    if (!file.refused) {
      GALE_WARN("attempt {}: the master does not take its log: {}; it stays in '{}'", id.ToString(),
                ack.error(), files_on_disk_.LogPath(id));
    }
    file.refused = true;
    Settle(id);
    return true;
  }
  bool progress = ack.size() > file.acked;
  file.acked = ack.size();
  if (chunk.last() && ack.size() >= chunk.offset() + chunk.data().size()) {
    file.shipped = true;
    Settle(id);
    return true;
  }
  return progress;
}

void LogShipper::Settle(const AttemptId& id) {
  auto it = files_.find(id);
  ready_.erase(id);
  running_.erase(id);
  if (it == files_.end() || !it->second.released) return;
  if (it->second.shipped) {
    (void)files_on_disk_.files().Remove(files_on_disk_.LogPath(id));
  }
  files_.erase(it);
}

}  // namespace gale::worker
