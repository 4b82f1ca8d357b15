// Ships the attempts' logs to the master, and gives the disk back once the master has them.
//
// A file is followed from the spawn on: looked at every kPoll while its task runs, and at once when
// it has ended. Chunks go out in windows of up to kWindowChunks, each window answered before the
// next; the answer says how much the master has, and from there it goes on, whatever was lost or
// sent before. The files take turns, at most kWindowChunksPerFile of a window each. A file is
// deleted when it is shipped to its end AND its attempt is released (the result is acked). A log
// that the master refuses stays on disk, and its path is logged.
//
// Threads: every method from any thread, none waits for disk or network (but Stop and WaitIdle).
// One thread of its own does the work.
#pragma once

#include <grpcpp/grpcpp.h>

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "common/base/ids.h"
#include "common/base/service.h"
#include "gale/v1/worker.grpc.pb.h"
#include "worker/ports.h"
#include "worker/runner/attempt_files.h"

namespace gale::worker {

class LogShipper : public Service, public LogPort {
 public:
  static constexpr Duration kPoll = std::chrono::milliseconds(200);
  static constexpr size_t kWindowChunks = 32;
  static constexpr size_t kWindowChunksPerFile = 8;

  LogShipper(AttemptFiles files, std::string join_token, std::string worker);
  ~LogShipper() override;

  std::string_view name() const override { return "log shipper"; }
  Status Start() override;
  void Stop(MonoTime deadline) override;

  // Where to ship to from now on; null: nowhere, until told.
  void SetChannel(std::shared_ptr<grpc::Channel> channel);
  // The task's log begins to grow.
  void Follow(const AttemptId& id) override { Tell(id, Mark::kFollow); }
  // The log is whole.
  void Ended(const AttemptId& id) override { Tell(id, Mark::kEnded); }
  // The log may be deleted once it is shipped.
  void Release(const AttemptId& id) override { Tell(id, Mark::kRelease); }

  // True once all logs that have ended are shipped or refused, or there is nobody to ship to; false
  // at the deadline.
  bool WaitIdle(MonoTime deadline);

 private:
  enum class Mark { kFollow, kEnded, kRelease };
  struct File {
    uint64_t acked = 0;
    bool ended = false, released = false, shipped = false, refused = false;
    bool unreadable = false;  // and that was said
  };
  using Call = grpc::ClientReaderWriter<v1::LogChunk, v1::LogAck>;

  void Tell(const AttemptId& id, Mark mark);
  void Run();
  void TakeMarks(std::vector<std::pair<AttemptId, Mark>> marks);
  std::vector<v1::LogChunk> NextWindow(bool poll);
  Status AddChunks(const AttemptId& id, const File& file, std::vector<v1::LogChunk>* window);
  // Sends and takes the answers; false: the call is over.
  bool Ship(const std::vector<v1::LogChunk>& window, bool* progress);
  bool Take(const v1::LogChunk& chunk, const v1::LogAck& ack);
  bool OpenCall();
  void CloseCall();
  void Settle(const AttemptId& id);  // deletes and forgets what is done

  AttemptFiles files_on_disk_;
  std::string join_token_;
  const std::string worker_;  // its name

  // Of the thread alone.
  std::map<AttemptId, File> files_;
  std::set<AttemptId> ready_;    // ended, and not shipped
  std::set<AttemptId> running_;  // to be looked at every kPoll
  AttemptId last_looked_at_;     // where the next round begins
  bool round_over_ = true;       // the last window had room for all that there was
  std::unique_ptr<v1::Worker::Stub> stub_;
  std::unique_ptr<Call> call_;
  uint64_t call_channel_ = 0;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::pair<AttemptId, Mark>> marks_;
  std::shared_ptr<grpc::Channel> channel_;
  uint64_t channel_number_ = 0;
  std::unique_ptr<grpc::ClientContext> context_;  // of call_; here so that others can cancel it
  bool stopping_ = false;
  bool idle_ = true;
  std::thread thread_;
};

}  // namespace gale::worker
