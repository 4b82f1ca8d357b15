// DAG code by digest: fetched from a master, kept on this host as trees of files.
//
//   <home>/bundles/<digest>/           the tree of a bundle: the DAGs folder as it was
//   <home>/bundles/<digest>.manifest   written last: without it the tree is half-made
//   <home>/bundles/.new-<digest>...    being made
//   <home>/bundles/boot                the machine's boot that all this is of
//
// A file that an earlier tree has with the same content becomes a hard link to it; only the others
// are fetched. No fsync: what is here outlives this process, and after the machine's next boot all
// of it is fetched anew. At most kTreesMax trees are kept; the longest unused that no live attempt
// holds goes first.
//
// Threads: every method from any. Find makes one system call; the others but Start and Stop wait
// for nothing. One thread of its own fetches, one bundle after the other.
#pragma once

#include <grpcpp/grpcpp.h>

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "common/base/ids.h"
#include "common/base/service.h"
#include "gale/v1/worker.grpc.pb.h"
#include "worker/bundle_tree.h"
#include "worker/runner/runner.h"

namespace gale::worker {

class BundleCache : public Service {
 public:
  static constexpr size_t kTreesMax = 16;
  static constexpr int kBatchDigestsMax = 1000;  // of one call
  static constexpr uint64_t kBatchBytesMax = 16 << 20;
  static constexpr Duration kCallTimeout = std::chrono::seconds(60);
  static constexpr Duration kBackoffMin = std::chrono::milliseconds(100);
  static constexpr Duration kBackoffMax = std::chrono::seconds(2);

  using Done = std::function<void(Result<DagCode>)>;

  BundleCache(const std::string& home, std::string join_token, Files& files = Files::Real());
  ~BundleCache() override;

  std::string_view name() const override { return "bundle cache"; }
  // Finds the trees of an earlier process, removes what is half-made.
  Status Start() override;
  // At once. A Done that has not been called isn't called any more.
  void Stop(MonoTime deadline) override;

  // Where to fetch from; null: nowhere, until told.
  void SetChannel(std::shared_ptr<grpc::Channel> channel);

  // This attempt needs the bundle: it isn't dropped until all that hold it let go. Hold before
  // Find.
  void Hold(const AttemptId& id, const std::string& digest);
  void Release(const AttemptId& id);

  // If it is on disk; then it counts as used now.
  std::optional<DagCode> Find(const std::string& digest);

  // `done` is called once, from the cache's thread, when the bundle is on disk or can't be had. A
  // lost connection is no answer: it goes on with the next one, with what it has. kUnavailable:
  // this host's disk refuses. kNotFound: the master hasn't it. kDataLoss: what the master sent is
  // wrong.
  void Ensure(const std::string& digest, Done done);

 private:
  struct Tree {
    std::string folder;  // on the master
    uint64_t used = 0;   // when: a number that only grows
  };
  struct Wanted {
    std::string digest;
    std::vector<Done> done;
  };
  struct Part {  // one content of a call
    std::string digest;
    uint64_t bytes_max = 0;
  };
  using Parts = std::function<std::vector<Part>()>;
  using Take = std::function<Status(const std::string& digest, const std::string& content)>;

  std::string TreePath(const std::string& digest) const { return folder_ + "/" + digest; }
  std::string ManifestPath(const std::string& digest) const {
    return TreePath(digest) + ".manifest";
  }
  std::string NewPath(const std::string& digest) const { return folder_ + "/.new-" + digest; }

  Status CheckBoot();
  Status FindTrees();
  void Run();
  Result<DagCode> Get(const std::string& digest);
  Status Make(const std::string& digest, const std::string& manifest, const v1::Bundle& bundle);
  Status TakeFromEarlierTrees(TreeBuilder* builder);
  Status Publish(const std::string& digest, const std::string& manifest);
  void Evict(const std::string& keep);
  // Calls, over connections and masters, until `parts` says that nothing is missing.
  Status Fetch(const Parts& parts, const Take& take);
  // One call. `again`: it ended without an answer.
  Status Call(const std::vector<Part>& parts, const Take& take, bool* again);
  // false: stopping.
  bool Pause(Duration backoff);

  Files& files_;
  const std::string folder_;
  const std::string join_token_;
  uint64_t call_channel_ = 0;  // the thread's: of the last call

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, Tree> trees_;
  uint64_t uses_ = 0;
  std::map<AttemptId, std::string> holds_;
  std::deque<Wanted> wanted_;  // the first is being fetched
  std::shared_ptr<grpc::Channel> channel_;
  uint64_t channel_number_ = 0;
  std::shared_ptr<grpc::ClientContext> context_;  // of the call; here so that others can cancel it
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace gale::worker
