// A master's contents by digest, as GetBundle serves them, with the faults that a test asks for.
#pragma once

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "common/rpc/digest.h"
#include "gale/v1/worker.grpc.pb.h"

namespace gale::worker {

class FakeBundles {
 public:
  static constexpr size_t kChunkBytes = 64 << 10;

  struct File {
    std::string path, content;
    bool executable = false;
  };

  // Returns the bundle's digest.
  std::string Add(const std::vector<File>& files, const std::string& folder = "/srv/dags") {
    v1::Bundle bundle;
    bundle.set_folder(folder);
    for (const File& file : files) {
      v1::Bundle::File& out = *bundle.add_files();
      out.set_path(file.path);
      out.set_digest(Put(file.content));
      out.set_size(file.content.size());
      out.set_executable(file.executable);
    }
    return Put(bundle.SerializeAsString());
  }
  std::string Put(const std::string& content) {
    std::string digest = Sha256Hex(content);
    Replace(digest, content);
    return digest;
  }
  void Replace(const std::string& digest, const std::string& content) {
    std::lock_guard lock(mutex_);
    contents_[digest] = content;
  }
  void Remove(const std::string& digest) {
    std::lock_guard lock(mutex_);
    contents_.erase(digest);
  }
  // After this many chunks from now a call stands still, until its client or its server cancels it.
  void StallAfter(int chunks) {
    std::lock_guard lock(mutex_);
    stall_after_ = chunks;
  }
  // No call is answered before Open.
  void Shut() {
    std::lock_guard lock(mutex_);
    open_ = false;
  }
  void Open() {
    std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

  std::vector<std::string> asked() {
    std::lock_guard lock(mutex_);
    return asked_;
  }
  size_t Asked(const std::string& digest) {
    std::lock_guard lock(mutex_);
    return static_cast<size_t>(std::count(asked_.begin(), asked_.end(), digest));
  }
  size_t calls() {
    std::lock_guard lock(mutex_);
    return calls_;
  }
  std::string authorization() {
    std::lock_guard lock(mutex_);
    return authorization_;
  }
  // Until so many calls came; and, of a stalled one, until it stands.
  void WaitCalls(size_t calls) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(Soon(lock, [&] { return calls_ >= calls; }));
  }
  void WaitStalled() {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(Soon(lock, [&] { return stalled_; }));
  }

  grpc::Status Serve(grpc::ServerContext* context, const v1::BundleRequest& request,
                     grpc::ServerWriter<v1::BundleChunk>* writer) {
    std::unique_lock lock(mutex_);
    ++calls_;
    auto it = context->client_metadata().find("authorization");
    if (it != context->client_metadata().end()) {
      authorization_ = std::string(it->second.data(), it->second.size());
    }
    asked_.insert(asked_.end(), request.digests().begin(), request.digests().end());
    changed_.notify_all();
    EXPECT_TRUE(Soon(lock, [&] { return open_; }));
    for (const std::string& digest : request.digests()) {
      auto content = contents_.find(digest);
      if (content == contents_.end()) return {grpc::StatusCode::NOT_FOUND, "no content " + digest};
      const std::string bytes = content->second;
      for (size_t from = 0; from == 0 || from < bytes.size(); from += kChunkBytes) {
        if (stall_after_-- == 0) return Stall(context, lock);
        v1::BundleChunk chunk;
        chunk.set_digest(digest);
        chunk.set_data(bytes.substr(from, kChunkBytes));
        chunk.set_last(from + kChunkBytes >= bytes.size());
        writer->Write(chunk);
      }
    }
    return grpc::Status::OK;
  }

 private:
  template <class F>
  bool Soon(std::unique_lock<std::mutex>& lock, F what) {
    return changed_.wait_for(lock, std::chrono::seconds(10), what);
  }
  grpc::Status Stall(grpc::ServerContext* context, std::unique_lock<std::mutex>& lock) {
    stalled_ = true;
    changed_.notify_all();
    auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!context->IsCancelled() && std::chrono::steady_clock::now() < deadline) {
      changed_.wait_for(lock, std::chrono::milliseconds(5));  // gRPC has no signal for it here
    }
    stalled_ = false;
    return {grpc::StatusCode::CANCELLED, "stalled"};
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, std::string> contents_;
  std::vector<std::string> asked_;
  size_t calls_ = 0;
  int stall_after_ = -1;
  bool stalled_ = false, open_ = true;
  std::string authorization_;
};

}  // namespace gale::worker
