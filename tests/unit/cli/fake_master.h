// A small master that works: DAGs, runs and tasks in memory, behind a real gRPC server on a Unix
// socket in a home of its own.
#pragma once

#include <grpcpp/server_builder.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "cli/cli.h"
#include "gale/v1/control.grpc.pb.h"
#include "master/api/control_service.h"

namespace gale::cli {

class FakeMaster : public v1::Control::Service {
 public:
  std::map<std::string, v1::DagInfo> dags;
  std::map<std::string, v1::DagRun> runs;  // of all DAGs, by run_id
  std::vector<v1::TaskInstance> tasks;
  std::string log;
  std::vector<v1::ClearTaskInstancesRequest> cleared;
  std::string end_state = "success";  // of a run that is watched
  // Set: it follows, and sends who triggers there, with a token.
  std::string leader, leader_token;
  std::string token_needed;  // by who triggers; empty: none

  void AddDag(const std::string& dag_id) { dags[dag_id].set_dag_id(dag_id); }

 private:
  using Context = grpc::ServerContext;
  static grpc::Status Missing(const std::string& what) {
    return {grpc::StatusCode::NOT_FOUND, what + " is not there"};
  }
  grpc::Status ListDags(Context*, const v1::ListDagsRequest* request,
                        v1::ListDagsResponse* response) override {
    size_t at = 0;
    for (const auto& [id, dag] : dags) {
      if (at++ < request->offset()) continue;
      if (response->dags_size() < static_cast<int>(request->limit())) *response->add_dags() = dag;
    }
    response->set_total_entries(dags.size());
    return grpc::Status::OK;
  }
  grpc::Status GetDag(Context*, const v1::GetDagRequest* request,
                      v1::GetDagResponse* response) override {
    if (!dags.contains(request->dag_id())) return Missing("dag '" + request->dag_id() + "'");
    *response->mutable_info() = dags[request->dag_id()];
    for (const char* id : {"extract", "load_a", "load_b"}) {
      response->mutable_spec()->add_tasks()->set_task_id(id);
    }
    return grpc::Status::OK;
  }
  grpc::Status SetDagPaused(Context*, const v1::SetDagPausedRequest* request,
                            v1::DagInfo* response) override {
    if (!dags.contains(request->dag_id())) return Missing("dag '" + request->dag_id() + "'");
    dags[request->dag_id()].set_is_paused(request->is_paused());
    *response = dags[request->dag_id()];
    return grpc::Status::OK;
  }
  grpc::Status TriggerDagRun(Context* context, const v1::TriggerDagRunRequest* request,
                             v1::DagRun* response) override {
    if (!leader.empty()) {
      context->AddTrailingMetadata(kLeaderMetadata, leader);
      context->AddTrailingMetadata(kLeaderTokenMetadata, leader_token);
      return {grpc::StatusCode::UNAVAILABLE, "this master follows"};
    }
    const auto token = context->client_metadata().find("authorization");
    if (!token_needed.empty() &&
        (token == context->client_metadata().end() || token->second != "Bearer " + token_needed)) {
      return {grpc::StatusCode::UNAUTHENTICATED, "no token"};
    }
    if (!dags.contains(request->dag_id())) return Missing("dag '" + request->dag_id() + "'");
    const std::string run_id = request->run_id().empty() ? "manual__1" : request->run_id();
    if (runs.contains(run_id)) {
      return {grpc::StatusCode::ALREADY_EXISTS, "run '" + run_id + "' exists"};
    }
    v1::DagRun& run = runs[run_id];
    run.set_dag_id(request->dag_id());
    run.set_run_id(run_id);
    run.set_state("queued");
    run.set_conf_json(request->conf_json());
    *run.mutable_logical_date() = request->logical_date();
    *response = run;
    return grpc::Status::OK;
  }
  grpc::Status WatchDagRun(Context*, const v1::GetDagRunRequest* request,
                           grpc::ServerWriter<v1::DagRun>* writer) override {
    v1::DagRun run = runs[request->run_id()];
    for (const std::string& state : {std::string("queued"), std::string("running"), end_state}) {
      run.set_state(state);
      writer->Write(run);
    }
    return grpc::Status::OK;
  }
  grpc::Status ListDagRuns(Context*, const v1::ListDagRunsRequest* request,
                           v1::ListDagRunsResponse* response) override {
    size_t at = 0;
    for (const auto& [id, run] : runs) {
      if (at++ < request->offset()) continue;
      if (response->dag_runs_size() < static_cast<int>(request->limit())) {
        *response->add_dag_runs() = run;
      }
    }
    response->set_total_entries(runs.size());
    return grpc::Status::OK;
  }
  grpc::Status ListTaskInstances(Context*, const v1::ListTaskInstancesRequest* request,
                                 v1::ListTaskInstancesResponse* response) override {
    if (!runs.contains(request->run_id())) return Missing("run '" + request->run_id() + "'");
    for (const v1::TaskInstance& ti : tasks) {
      if (request->task_id().empty() || request->task_id() == ti.task_id()) {
        *response->add_task_instances() = ti;
      }
    }
    return grpc::Status::OK;
  }
  grpc::Status ClearTaskInstances(Context*, const v1::ClearTaskInstancesRequest* request,
                                  v1::ListTaskInstancesResponse* response) override {
    if (!request->dry_run()) cleared.push_back(*request);
    for (const std::string& id : request->task_ids()) {
      response->add_task_instances()->set_task_id(id);
    }
    return grpc::Status::OK;
  }
  grpc::Status TailLog(Context*, const v1::TailLogRequest*,
                       grpc::ServerWriter<v1::TailLogResponse>* writer) override {
    for (const char c : log) {
      v1::TailLogResponse part;
      part.set_data(std::string(1, c));
      writer->Write(part);
    }
    return grpc::Status::OK;
  }
  grpc::Status SetPool(Context*, const v1::SetPoolRequest* request, v1::Pool* response) override {
    response->set_name(request->name());
    response->set_slots(request->slots());
    return grpc::Status::OK;
  }
  grpc::Status DeletePool(Context*, const v1::DeletePoolRequest*,
                          v1::DeletePoolResponse*) override {
    return {grpc::StatusCode::PERMISSION_DENIED, "pools belong to Op"};
  }
};

// What a command said.
struct Said {
  int code = -1;
  std::string out;
  std::string err;
};

// A home in /tmp, with or without a master that listens in it.
class Home {
 public:
  Home() {
    char path[] = "/tmp/gale-cli-XXXXXX";
    GALE_CHECK(mkdtemp(path) != nullptr, "no temporary directory");
    path_ = path;
  }
  ~Home() {
    for (auto& server : servers_) server->Shutdown();
    std::filesystem::remove_all(path_);
  }
  const std::string& path() const { return path_; }

  void Serve(FakeMaster& master) {
    std::filesystem::create_directories(path_ + "/run");
    grpc::ServerBuilder builder;
    builder.AddListeningPort("unix:" + path_ + "/run/gale.sock", grpc::InsecureServerCredentials());
    builder.RegisterService(&master);
    servers_.push_back(builder.BuildAndStart());
    GALE_CHECK(servers_.back() != nullptr, "no server");
  }
  // The port.
  int ServeTcp(FakeMaster& master) {
    int port = 0;
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&master);
    servers_.push_back(builder.BuildAndStart());
    GALE_CHECK(servers_.back() != nullptr, "no server");
    return port;
  }

  // `gale WORDS` with this home, and nothing in its environment but that and `env`.
  Environment env;
  Said Run(const std::vector<std::string>& words, const std::string& input = "",
           bool terminal = false) {
    std::istringstream in(input);
    std::ostringstream out, err;
    Io io{.in = in,
          .out = out,
          .err = err,
          .in_terminal = terminal,
          .out_terminal = false,
          .env = env};
    io.env.emplace_back("GALE_HOME", path_);
    const int code = RunCli(words, io);
    return {code, out.str(), err.str()};
  }

 private:
  std::string path_;
  std::vector<std::unique_ptr<grpc::Server>> servers_;
};

}  // namespace gale::cli
