// A worker: composes core, keeper, runner, spool, log shipper and session into one service.
//
//   WorkerNode worker({.home = "/var/lib/gale/worker", .name = "gpu-1", .slots = 8, ...});
//   GALE_RETURN_IF_ERROR(worker.Start());
//   ... worker.Drain(grace); worker.WaitDrained(deadline);   // SIGTERM: finish, then leave
//   worker.Stop(deadline);
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>
#include <vector>

#include "common/base/files.h"
#include "common/base/service.h"
#include "worker/core/worker_core.h"
#include "worker/runner/python_templates.h"

namespace gale::worker {

struct WorkerOptions {
  std::string home;  // made if missing; one live worker a home
  std::string name;  // unique in the cluster; empty: the host's name
  uint32_t slots = 1;
  std::vector<std::string> queues = {"default"};
  std::vector<std::string> masters;  // "unix:/path" or "host:port"; tried in turn
  std::string broker_url;  // of Redis, where the masters leave the queue there; else empty
  std::string broker_namespace = "default";
  std::string join_token;  // also kept out of every task's environment
  std::shared_ptr<grpc::ChannelCredentials> credentials;                 // null: plain text
  std::function<std::shared_ptr<grpc::Channel>()> in_process = nullptr;  // as SessionOptions
  std::string python = "python3";                 // renders templated commands
  std::string sdk;                                // the folder that holds the `gale` package
  TemplateSettings templates;                     // of Python tasks; `life` is set here
  Duration kill_grace = std::chrono::seconds(5);  // between TERM and KILL
  // Stop leaves what runs to the keeper, for the next worker of this home to take over.
  bool leave_running = false;
  std::string devices_command;           // as LoadWatch's; empty: no devices are told
  std::vector<std::string> environ;      // of the tasks, "NAME=value"; empty: this process's
  std::vector<std::string> keeper_argv;  // empty: this program, `keeper --home <home>`
  Duration host_check = CoreOptions().host_check;  // how often an ill host is looked at
  Files* files = nullptr;                          // the disk; null: the machine's
};

// Threads: every method from any; Start and Stop once each.
class WorkerNode : public Service {
 public:
  explicit WorkerNode(WorkerOptions options);
  ~WorkerNode() override;

  std::string_view name() const override { return "worker"; }
  // Takes the home, starts the keeper or finds it, takes over what it holds, and begins to connect.
  // It does not wait for a master. kFailedPrecondition: another worker lives in this home.
  Status Start() override;
  // Drains until shortly before the deadline, sends results and logs, and lets go. Then, without
  // leave_running, kills what is left and ends the keeper.
  void Stop(MonoTime deadline) override;

  // No more work; finish what runs; after `grace` kill it; say Goodbye. Returns at once.
  void Drain(Duration grace);
  // True once a drain is through.
  bool WaitDrained(MonoTime deadline);

  class Impl;  // worker_impl.h

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace gale::worker
