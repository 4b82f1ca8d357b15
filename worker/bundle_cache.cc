#include "worker/bundle_cache.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <set>

#include "common/base/log.h"
#include "common/rpc/status.h"

namespace gale::worker {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kManifestSuffix = ".manifest";

// The call came to no answer: a lost connection, a master that leaves, a slow one.
bool IsTransient(grpc::StatusCode code) {
  return code == grpc::StatusCode::UNAVAILABLE || code == grpc::StatusCode::DEADLINE_EXCEEDED ||
         code == grpc::StatusCode::CANCELLED;
}

std::string Advice(grpc::StatusCode code) {
  return code == grpc::StatusCode::NOT_FOUND
             ? "; clear the task once its DAG file is parsed again, to run it with the DAG's "
               "latest version"
             : "";
}

}  // namespace

BundleCache::BundleCache(const std::string& home, std::string join_token, Files& files)
    : files_(files), folder_(home + "/bundles"), join_token_(std::move(join_token)) {}

BundleCache::~BundleCache() { Stop(MonoTime()); }

// Start and stop.

Status BundleCache::Start() {
  GALE_RETURN_IF_ERROR(files_.EnsureFolder(folder_, 0755));
  GALE_RETURN_IF_ERROR(CheckBoot());
  GALE_RETURN_IF_ERROR(FindTrees());
  thread_ = NamedThread("bundles", [this] { Run(); });
  return OkStatus();
}

// Of another boot: a loss of power may have cut any file that the kernel had not written yet.
Status BundleCache::CheckBoot() {
  const std::string path = folder_ + "/boot",
                    boot = files_.Read("/proc/sys/kernel/random/boot_id").value_or("");
  if (auto last = files_.Read(path); !boot.empty() && last.ok() && *last == boot) return OkStatus();
  GALE_RETURN_IF_ERROR(files_.RemoveTree(folder_));
  GALE_RETURN_IF_ERROR(files_.MakeFolder(folder_, 0755));
  return files_.Write(path, boot);
}

Status BundleCache::FindTrees() {
  std::map<fs::file_time_type, std::vector<std::string>> by_use;
  std::set<std::string> keep = {"boot"};
  std::error_code error;
  GALE_ASSIGN_OR_RETURN(const std::vector<std::string> names, files_.List(folder_));
  for (const std::string& name : names) {
    if (name.size() <= kManifestSuffix.size() || !name.ends_with(kManifestSuffix)) continue;
    const std::string digest = name.substr(0, name.size() - kManifestSuffix.size());
    if (!IsDigest(digest) || !fs::is_directory(TreePath(digest), error)) continue;
    auto bytes = files_.Read(ManifestPath(digest));
    if (!bytes.ok()) continue;
    auto bundle = ParseManifest(digest, *bytes);
    if (!bundle.ok()) continue;
    trees_[digest].folder = bundle->folder();
    by_use[fs::last_write_time(TreePath(digest), error)].push_back(digest);
    keep.insert({digest, name});
  }
  for (const auto& [time, digests] : by_use) {
    for (const std::string& digest : digests) trees_[digest].used = ++uses_;
  }
  for (const std::string& name : names) {
    if (keep.count(name) == 0) GALE_RETURN_IF_ERROR(files_.RemoveTree(folder_ + "/" + name));
  }
  return OkStatus();
}

void BundleCache::Stop(MonoTime) {
  if (!thread_.joinable()) return;
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    if (context_) context_->TryCancel();
    changed_.notify_all();
  }
  thread_.join();
}

// From any thread.

void BundleCache::SetChannel(std::shared_ptr<grpc::Channel> channel) {
  std::lock_guard lock(mutex_);
  channel_ = std::move(channel);
  ++channel_number_;
  if (context_) context_->TryCancel();
  changed_.notify_all();
}

void BundleCache::Hold(const AttemptId& id, const std::string& digest) {
  std::lock_guard lock(mutex_);
  holds_[id] = digest;
}

void BundleCache::Release(const AttemptId& id) {
  std::lock_guard lock(mutex_);
  holds_.erase(id);
}

std::optional<DagCode> BundleCache::Find(const std::string& digest) {
  std::lock_guard lock(mutex_);
  auto it = trees_.find(digest);
  if (it == trees_.end()) return std::nullopt;
  // Its time is its last use, for the next process; and whether it is still there.
  if (::utimensat(AT_FDCWD, TreePath(digest).c_str(), nullptr, 0) != 0 && errno == ENOENT) {
    trees_.erase(it);  // somebody removed it: it is made anew
    return std::nullopt;
  }
  it->second.used = ++uses_;
  return DagCode{TreePath(digest), it->second.folder};
}

void BundleCache::Ensure(const std::string& digest, Done done) {
  std::lock_guard lock(mutex_);
  auto it = std::find_if(wanted_.begin(), wanted_.end(),
                         [&](const Wanted& wanted) { return wanted.digest == digest; });
  if (it == wanted_.end()) it = wanted_.insert(wanted_.end(), {digest, {}});
  it->done.push_back(std::move(done));
  changed_.notify_all();
}

// The thread.

void BundleCache::Run() {
  for (;;) {
    std::string digest;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return stopping_ || !wanted_.empty(); });
      if (stopping_) return;
      digest = wanted_.front().digest;
    }
    Result<DagCode> code = Get(digest);
    if (code.ok()) Evict(digest);
    std::vector<Done> done;
    {
      std::lock_guard lock(mutex_);
      if (stopping_) return;
      done = std::move(wanted_.front().done);
      wanted_.pop_front();
    }
    for (Done& one : done) one(code);
  }
}

Result<DagCode> BundleCache::Get(const std::string& digest) {
  const std::string what = fmt::format("bundle '{}'", digest.substr(0, 64));
  if (!IsDigest(digest)) return InvalidArgument("{}: that is no SHA-256 digest", what);
  if (auto found = Find(digest)) return *found;
  std::optional<std::string> manifest;
  auto missing = [&] {
    return manifest ? std::vector<Part>() : std::vector<Part>{{digest, kManifestBytesMax}};
  };
  Status status = Fetch(missing, [&](const std::string&, const std::string& content) {
    manifest = content;
    return OkStatus();
  });
  if (!status.ok()) return status.WithContext(what);
  auto bundle = ParseManifest(digest, *manifest);
  if (!bundle.ok()) return bundle.status().WithContext(what);
  status = Make(digest, *manifest, *bundle);
  if (!status.ok()) {
    (void)files_.RemoveTree(NewPath(digest));  // the next start tries again
    return status.WithContext(what);
  }
  std::lock_guard lock(mutex_);
  trees_[digest] = {bundle->folder(), ++uses_};
  return DagCode{TreePath(digest), bundle->folder()};
}

Status BundleCache::Make(const std::string& digest, const std::string& manifest,
                         const v1::Bundle& bundle) {
  const MonoTime begin = Clock::Real().Mono();
  TreeBuilder builder(files_, NewPath(digest), bundle);
  GALE_RETURN_IF_ERROR(builder.Start());
  GALE_RETURN_IF_ERROR(TakeFromEarlierTrees(&builder));
  const size_t fetched = builder.missing().size();
  auto parts = [&] {
    std::vector<Part> batch;
    uint64_t bytes = 0;
    for (const auto& [content, size] : builder.missing()) {
      bytes += size;
      if (batch.size() >= kBatchDigestsMax || (!batch.empty() && bytes > kBatchBytesMax)) break;
      batch.push_back({content, size});
    }
    return batch;
  };
  GALE_RETURN_IF_ERROR(Fetch(parts, [&](const std::string& one, const std::string& content) {
    return builder.Add(one, content);
  }));
  GALE_RETURN_IF_ERROR(Publish(digest, manifest));
  GALE_INFO("bundle {}: {} files, {} contents fetched, {} files linked, in {:.3f} s", digest,
            bundle.files_size(), fetched, builder.linked(), Seconds(Clock::Real().Mono() - begin));
  return OkStatus();
}

Status BundleCache::TakeFromEarlierTrees(TreeBuilder* builder) {
  std::vector<std::pair<uint64_t, std::string>> latest_first;
  {
    std::lock_guard lock(mutex_);
    for (const auto& [digest, tree] : trees_) latest_first.emplace_back(tree.used, digest);
  }
  std::sort(latest_first.rbegin(), latest_first.rend());
  for (const auto& [used, digest] : latest_first) {
    if (builder->missing().empty()) break;
    auto bytes = files_.Read(ManifestPath(digest));
    if (!bytes.ok()) continue;
    auto bundle = ParseManifest(digest, *bytes);
    if (bundle.ok()) GALE_RETURN_IF_ERROR(builder->TakeFrom(TreePath(digest), *bundle));
  }
  return OkStatus();
}

Status BundleCache::Publish(const std::string& digest, const std::string& manifest) {
  GALE_RETURN_IF_ERROR(AsUnavailable(files_.RemoveTree(ManifestPath(digest))));
  GALE_RETURN_IF_ERROR(AsUnavailable(files_.RemoveTree(TreePath(digest))));
  GALE_RETURN_IF_ERROR(AsUnavailable(files_.Move(NewPath(digest), TreePath(digest))));
  Status status = AsUnavailable(files_.Replace(ManifestPath(digest), manifest));
  if (!status.ok()) (void)files_.RemoveTree(TreePath(digest));
  return status;
}

void BundleCache::Evict(const std::string& keep) {
  for (;;) {
    std::string digest;
    {
      std::lock_guard lock(mutex_);
      if (trees_.size() <= kTreesMax) return;
      std::set<std::string> needed = {keep};
      for (const auto& [id, held] : holds_) needed.insert(held);
      for (const Wanted& wanted : wanted_) needed.insert(wanted.digest);
      auto oldest = trees_.end();
      for (auto it = trees_.begin(); it != trees_.end(); ++it) {
        if (needed.count(it->first) != 0) continue;
        if (oldest == trees_.end() || it->second.used < oldest->second.used) oldest = it;
      }
      if (oldest == trees_.end()) return;  // all in use
      digest = oldest->first;
      trees_.erase(oldest);
    }
    Status status = files_.RemoveTree(ManifestPath(digest));
    if (status.ok()) status = files_.RemoveTree(TreePath(digest));
    if (!status.ok()) GALE_WARN("bundle {}: {}", digest, status.ToString());
  }
}

// The network.

Status BundleCache::Fetch(const Parts& parts, const Take& take) {
  Duration backoff = kBackoffMin;
  size_t failures = 0;
  for (;;) {
    const std::vector<Part> batch = parts();
    if (batch.empty()) return OkStatus();
    bool again = false, progress = false;
    auto count = [&](const std::string& digest, const std::string& content) {
      progress = true;
      return take(digest, content);
    };
    Status status = Call(batch, count, &again);
    if (progress) backoff = kBackoffMin;
    if (status.ok()) continue;
    if (!again) return status;
    if (failures++ == 0) GALE_WARN("fetching DAG code: {}; trying again", status.ToString());
    if (!Pause(backoff)) return Cancelled("the worker stops");
    backoff = std::min(backoff * 2, kBackoffMax);
  }
}

Status BundleCache::Call(const std::vector<Part>& parts, const Take& take, bool* again) {
  auto context = std::make_shared<grpc::ClientContext>();
  context->AddMetadata("authorization", "Bearer " + join_token_);
  context->set_deadline(std::chrono::system_clock::now() + kCallTimeout);
  std::shared_ptr<grpc::Channel> channel;
  {
    std::lock_guard lock(mutex_);
    call_channel_ = channel_number_;
    *again = true;
    if (stopping_ || !channel_) return Unavailable("no master is connected");
    channel = channel_;
    context_ = context;
  }
  v1::BundleRequest request;
  for (const Part& part : parts) request.add_digests(part.digest);
  auto stub = v1::Worker::NewStub(channel);
  auto reader = stub->GetBundle(context.get(), request);
  Status taken;
  size_t at = 0;
  std::string content;
  v1::BundleChunk chunk;
  while (taken.ok() && reader->Read(&chunk)) {
    if (at >= parts.size() || chunk.digest() != parts[at].digest) {
      taken = DataLoss("it sent a content that was not due");
    } else if (content.size() + chunk.data().size() > parts[at].bytes_max) {
      taken =
          DataLoss("it sent more than {} bytes for '{}'", parts[at].bytes_max, parts[at].digest);
    } else {
      content += chunk.data();
      if (chunk.last()) taken = take(parts[at++].digest, std::exchange(content, {}));
    }
  }
  if (!taken.ok()) context->TryCancel();
  grpc::Status status = reader->Finish();
  {
    std::lock_guard lock(mutex_);
    context_.reset();
  }
  const std::string master = fmt::format("the master at '{}'", context->peer());
  *again = taken.ok() && IsTransient(status.error_code());
  if (!taken.ok()) return taken.code() == Code::kDataLoss ? taken.WithContext(master) : taken;
  if (!status.ok()) {
    Status answer = FromGrpc(status);
    return Status(answer.code(),
                  fmt::format("{}: {}{}", master, answer.ToString(), Advice(status.error_code())));
  }
  if (at < parts.size()) return DataLoss("{} sent nothing for '{}'", master, parts[at].digest);
  return OkStatus();
}

bool BundleCache::Pause(Duration backoff) {
  std::unique_lock lock(mutex_);
  auto woken = [&] { return stopping_ || channel_number_ != call_channel_; };
  if (channel_) {
    changed_.wait_for(lock, backoff, woken);
  } else {
    changed_.wait(lock, woken);
  }
  return !stopping_;
}

}  // namespace gale::worker
