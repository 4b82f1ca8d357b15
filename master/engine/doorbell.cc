#include "master/engine/doorbell.h"

#include "common/base/log.h"

namespace gale {

Status Doorbell::Start() {
  thread_ = NamedThread("doorbell", [this] { Run(); });
  return OkStatus();
}

void Doorbell::Stop(MonoTime) {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Doorbell::Lead(const std::string& owner) {
  std::lock_guard lock(mutex_);
  owner_ = owner;
  notes_.clear();
  noted_ = 0;
  lost_ = !owner.empty();  // whatever stands there was another's
  wake_.notify_all();
}

Status Doorbell::health() const {
  std::lock_guard lock(mutex_);
  return health_;
}

Status Doorbell::Note(Kind kind, std::span<const QueueEntry> entries) {
  if (entries.empty()) return OkStatus();
  std::lock_guard lock(mutex_);
  if (noted_ + entries.size() > kNotesMax) {
    lost_ = true;  // a pop of what should have been removed is refused by the engine
    return OkStatus();
  }
  noted_ += entries.size();
  if (!notes_.empty() && notes_.back().kind == kind) {
    auto& all = notes_.back().entries;
    all.insert(all.end(), entries.begin(), entries.end());
  } else {
    notes_.push_back({kind, {entries.begin(), entries.end()}});
  }
  if (notes_.size() == 1) wake_.notify_all();
  return OkStatus();
}

// Not counted among the notes: there is one at a time, as large as the engine's own memory of it.
Result<size_t> Doorbell::Restore(std::span<const QueueEntry> entries) {
  std::lock_guard lock(mutex_);
  notes_.push_back({Kind::kRestore, {entries.begin(), entries.end()}});
  wake_.notify_all();
  return size_t{0};
}

Status Doorbell::Do(const Work& work) {
  if (work.kind == Kind::kPush) return queue_->Push(work.entries);
  if (work.kind == Kind::kRemove) return queue_->Remove(work.entries);
  GALE_ASSIGN_OR_RETURN(const size_t missing, queue_->Restore(work.entries));
  if (missing > 0) GALE_WARN("{} had lost {} entries; rung again", queue_->name(), missing);
  return OkStatus();
}

// Marks first, rings then, so that a loss in between shows at the next check.
Status Doorbell::Check(const std::string& owner, bool lost) {
  if (!lost) {
    GALE_ASSIGN_OR_RETURN(lost, queue_->GenerationLost(owner));
    if (!lost) return OkStatus();
    GALE_WARN("{} may have lost its entries: all that is queued is rung again", queue_->name());
  }
  GALE_RETURN_IF_ERROR(queue_->MarkGeneration(owner));
  on_lost_();
  return OkStatus();
}

void Doorbell::Tell(const Status& status) {
  std::lock_guard lock(mutex_);
  if (status.ok() && !health_.ok()) GALE_INFO("{} answers again", queue_->name());
  if (!status.ok() && health_.ok()) {
    GALE_ERROR("nothing is dispatched until it heals: {}", status.ToString());
  }
  health_ = status;
}

void Doorbell::Run() {
  MonoTime checked{};
  std::string owner;
  Clock& clock = Clock::Real();
  for (;;) {
    std::vector<Work> notes;
    bool lost = false;
    {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, kCheck, [&] { return stopping_ || !notes_.empty() || owner_ != owner; });
      if (stopping_ && (notes_.empty() || !health_.ok())) return;
      notes.swap(notes_);
      noted_ = 0;
      owner = owner_;
    }
    Status status;
    for (const Work& work : notes) {
      if (status = Do(work); !status.ok()) break;
    }
    {
      std::lock_guard lock(mutex_);
      if (!status.ok() && owner_ == owner) lost_ = true;
      lost = lost_;
    }
    if (!owner.empty() && (lost || clock.Mono() - checked >= kCheck)) {
      checked = clock.Mono();
      status = Check(owner, lost);
      std::lock_guard lock(mutex_);
      if (status.ok() && lost && owner_ == owner) lost_ = false;
    }
    Tell(status);
  }
}

}  // namespace gale
