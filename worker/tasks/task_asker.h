// Passes tasks' questions on to a master (Worker.Ask), and again for as long as it is away: the task
// waits, as it would for any answer. At most kTaskAsksMax at a time.
//
// Threads: every method from any, none waits but Stop. `done` comes from one of gRPC's or our own.
#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <set>
#include <thread>

#include "common/base/service.h"
#include "gale/v1/worker.grpc.pb.h"
#include "worker/tasks/task_desk.h"

namespace gale::worker {

class TaskAsker : public Service {
 public:
  static constexpr Duration kCallTimeout = std::chrono::seconds(30);
  static constexpr Duration kBackoffMin = std::chrono::milliseconds(50);
  static constexpr Duration kBackoffMax = std::chrono::seconds(2);
  // Of answers that say neither yes nor no (UNKNOWN, INTERNAL): then it is a no.
  static constexpr uint32_t kVagueMax = 5;

  using Done = std::function<void(TaskDesk::Answer)>;

  explicit TaskAsker(std::string join_token) : join_token_(std::move(join_token)) {}
  ~TaskAsker() override { Stop(MonoTime()); }

  std::string_view name() const override { return "task asker"; }
  Status Start() override;
  // At once. A Done that has not been called isn't called any more.
  void Stop(MonoTime deadline) override;

  // Whom to ask from now on; null: nobody, until told.
  void SetChannel(std::shared_ptr<grpc::Channel> channel);
  // `done` is called once, unless it is dropped.
  void Ask(uint64_t line, v1::TaskQuestion question, Done done);
  // Who asked on this line is gone.
  void Drop(uint64_t line);

 private:
  struct Pending;
  using PendingPtr = std::shared_ptr<Pending>;

  void Run();
  void CallLocked(const PendingPtr& pending);
  void OnAnswer(const PendingPtr& pending, const grpc::Status& status);
  static TaskDesk::Answer AnswerOf(Pending& pending, const grpc::Status& status);

  const std::string join_token_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::list<PendingPtr> waiting_;  // to be asked, the oldest first
  std::set<PendingPtr> flying_;    // at a master
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::Worker::Stub> stub_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace gale::worker
