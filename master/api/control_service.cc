#include "master/api/control_service.h"

#include "common/rpc/convert.h"
#include "common/rpc/texts.h"
#include "master/api/views.h"

namespace gale {
namespace {

constexpr uint32_t kPageDefault = limits::kPageRowsDefault;
// gRPC clients page less than browsers do: a task list of a large run comes whole.
constexpr uint32_t kPageMax = 10'000;

uint32_t PageSize(uint32_t asked) { return asked == 0 ? kPageDefault : std::min(asked, kPageMax); }

Result<RunState> RunStateOf(const std::string& name) {
  if (auto state = ParseRunState(name)) return *state;
  return InvalidArgument("'{}' is no state of a run: use queued, running, success or failed", name);
}

std::optional<TimePoint> TimeOf(bool has, const google::protobuf::Timestamp& t) {
  if (!has) return std::nullopt;
  return FromProto(t);
}

void Fill(const std::vector<TaskInstanceView>& tis, uint64_t total,
          v1::ListTaskInstancesResponse& out) {
  for (const TaskInstanceView& ti : tis) *out.add_task_instances() = ToProto(ti);
  out.set_total_entries(total);
}

}  // namespace

template <class Verb>
ControlService::Unary* ControlService::Run(Context* context,
                                           const google::protobuf::Message& request,
                                           Permission permission, Verb verb) {
  Unary* reactor = context->DefaultReactor();
  const bool posted = pool_.Post([=, this, &request, verb = std::move(verb)] {
    auto actor = access_.Authorize(*context, permission);
    Status status = actor.ok() ? CheckTexts(request) : actor.status();
    if (status.ok()) status = verb(*actor);
    PointToLeader(context, status);
    reactor->Finish(ToGrpc(status));
  });
  if (!posted)
    reactor->Finish(ToGrpc(Unavailable("the master is overloaded or stopping; try again")));
  return reactor;
}

void ControlService::PointToLeader(Context* context, const Status& status) {
  if (status.code() != Code::kUnavailable) return;
  const std::optional<MasterRow> leader = control_.LeaderElsewhere();
  if (!leader || leader->grpc.empty()) return;
  context->AddTrailingMetadata(kLeaderMetadata, leader->grpc);
  if (std::string token = access_.TokenForLocal(*context); !token.empty()) {
    context->AddTrailingMetadata(kLeaderTokenMetadata, token);
  }
}

ControlService::Unary* ControlService::ForwardRest(Context* context, const v1::RestRequest* request,
                                                   v1::RestAnswer* response) {
  Unary* reactor = context->DefaultReactor();
  const bool posted = pool_.Post([=, this] {
    Status status = access_.AuthorizeWorker(*context);
    // Never handed on a second time: it would go round while the masters disagree.
    if (status.ok()) *response = rest_(*request);
    reactor->Finish(ToGrpc(status));
  });
  if (!posted) {
    reactor->Finish(ToGrpc(Unavailable("the master is overloaded or stopping; try again")));
  }
  return reactor;
}

// A verb's beginning; `actor` is who asks. The `return` of its body is the call's status.
#define GALE_RUN(permission) \
  return Run(context, *request, Permission::permission, [=, this]([[maybe_unused]] const Actor& actor) -> Status

ControlService::Unary* ControlService::GetVersion(Context* context,
                                                  const v1::GetVersionRequest* request,
                                                  v1::GetVersionResponse* response) {
  GALE_RUN(kRead) {
    response->set_version(control_.version().version);
    response->set_git_version(control_.version().git_version);
    return OkStatus();
  });
}

ControlService::Unary* ControlService::GetHealth(Context* context,
                                                 const v1::GetHealthRequest* request,
                                                 v1::GetHealthResponse* response) {
  GALE_RUN(kRead) {
    *response = ToProto(control_.GetHealth());
    return OkStatus();
  });
}

// DAGs.

ControlService::Unary* ControlService::SubmitDag(Context* context,
                                                 const v1::SubmitDagRequest* request,
                                                 v1::DagInfo* response) {
  GALE_RUN(kAdminister) {
    GALE_ASSIGN_OR_RETURN(DagSpec spec, FromProto(request->dag()));
    GALE_ASSIGN_OR_RETURN(DagView dag, control_.SubmitDag(std::move(spec), actor));
    *response = ToProto(dag);
    return OkStatus();
  });
}

ControlService::Unary* ControlService::ListDags(Context* context,
                                                const v1::ListDagsRequest* request,
                                                v1::ListDagsResponse* response) {
  GALE_RUN(kRead) {
    DagQuery query;
    query.id_pattern = request->dag_id_pattern();
    query.limit = PageSize(request->limit());
    query.offset = request->offset();
    query.include_stale = request->include_stale();
    GALE_ASSIGN_OR_RETURN(auto page, control_.ListDags(query));
    for (const DagView& dag : page.rows) *response->add_dags() = ToProto(dag);
    response->set_total_entries(page.total);
    return OkStatus();
  });
}

ControlService::Unary* ControlService::GetDag(Context* context, const v1::GetDagRequest* request,
                                              v1::GetDagResponse* response) {
  GALE_RUN(kRead) {
    GALE_ASSIGN_OR_RETURN(DagView dag, control_.GetDag(request->dag_id()));
    *response->mutable_info() = ToProto(dag);
    *response->mutable_spec() = ToProto(dag.version->dag->spec());
    return OkStatus();
  });
}

ControlService::Unary* ControlService::SetDagPaused(Context* context,
                                                    const v1::SetDagPausedRequest* request,
                                                    v1::DagInfo* response) {
  GALE_RUN(kRun) {
    GALE_ASSIGN_OR_RETURN(DagView dag,
                          control_.SetDagPaused(request->dag_id(), request->is_paused(), actor));
    *response = ToProto(dag);
    return OkStatus();
  });
}

ControlService::Unary* ControlService::ListImportErrors(Context* context,
                                                        const v1::ListImportErrorsRequest* request,
                                                        v1::ListImportErrorsResponse* response) {
  GALE_RUN(kRead) {
    ImportErrorQuery query;
    query.limit = kPageMax;
    query.count = false;
    GALE_ASSIGN_OR_RETURN(auto errors, control_.ListImportErrors(query));
    for (const ImportErrorRow& error : errors.rows) *response->add_import_errors() = ToProto(error);
    return OkStatus();
  });
}

// Runs.

ControlService::Unary* ControlService::TriggerDagRun(Context* context,
                                                     const v1::TriggerDagRunRequest* request,
                                                     v1::DagRun* response) {
  GALE_RUN(kRun) {
    TriggerRequest trigger;
    trigger.dag_id = request->dag_id();
    trigger.run_id = request->run_id();
    trigger.logical_date = TimeOf(request->has_logical_date(), request->logical_date());
    trigger.no_logical_date = request->no_logical_date();
    trigger.run_after = TimeOf(request->has_run_after(), request->run_after());
    trigger.conf_json = request->conf_json();
    trigger.note = request->note();
    GALE_ASSIGN_OR_RETURN(RunView run, control_.Trigger(std::move(trigger), actor));
    *response = ToProto(run.row);
    return OkStatus();
  });
}

ControlService::Unary* ControlService::GetDagRun(Context* context,
                                                 const v1::GetDagRunRequest* request,
                                                 v1::DagRun* response) {
  GALE_RUN(kRead) {
    GALE_ASSIGN_OR_RETURN(RunView run, control_.GetRun(request->dag_id(), request->run_id()));
    *response = ToProto(run.row);
    return OkStatus();
  });
}

ControlService::Unary* ControlService::ListDagRuns(Context* context,
                                                   const v1::ListDagRunsRequest* request,
                                                   v1::ListDagRunsResponse* response) {
  GALE_RUN(kRead) {
    RunQuery query;
    query.dag_id = request->dag_id() == "~" ? "" : request->dag_id();
    query.limit = PageSize(request->limit());
    query.offset = request->offset();
    query.order_by = {"-id"};  // the newest first
    for (const std::string& name : request->states()) {
      GALE_ASSIGN_OR_RETURN(RunState state, RunStateOf(name));
      query.states.push_back(state);
    }
    GALE_ASSIGN_OR_RETURN(auto page, control_.ListRuns(query));
    for (const RunView& run : page.rows) *response->add_dag_runs() = ToProto(run.row);
    response->set_total_entries(page.total);
    return OkStatus();
  });
}

ControlService::Unary* ControlService::SetDagRunState(Context* context,
                                                      const v1::SetDagRunStateRequest* request,
                                                      v1::DagRun* response) {
  GALE_RUN(kRun) {
    GALE_ASSIGN_OR_RETURN(RunView run, control_.GetRun(request->dag_id(), request->run_id()));
    if (!request->state().empty()) {
      GALE_ASSIGN_OR_RETURN(RunState state, RunStateOf(request->state()));
      GALE_ASSIGN_OR_RETURN(
          run, control_.SetRunState(request->dag_id(), request->run_id(), state, actor));
    }
    if (request->set_note()) {
      GALE_ASSIGN_OR_RETURN(
          run, control_.SetRunNote(request->dag_id(), request->run_id(), request->note(), actor));
    }
    *response = ToProto(run.row);
    return OkStatus();
  });
}

// Task instances.

ControlService::Unary* ControlService::ListTaskInstances(
    Context* context, const v1::ListTaskInstancesRequest* request,
    v1::ListTaskInstancesResponse* response) {
  GALE_RUN(kRead) {
    TaskInstanceQuery query;
    query.dag_id = request->dag_id();
    query.run_id = request->run_id();
    if (!request->task_id().empty()) query.task_ids = {request->task_id()};
    query.limit = limits::kTasksPerDagMax;
    GALE_ASSIGN_OR_RETURN(auto page, control_.ListTaskInstances(query));
    Fill(page.rows, page.total, *response);
    return OkStatus();
  });
}

ControlService::Unary* ControlService::SetTaskInstanceState(
    Context* context, const v1::SetTaskInstanceStateRequest* request,
    v1::ListTaskInstancesResponse* response) {
  GALE_RUN(kRun) {
    auto state = ParseTiState(request->state());
    if (!state) {
      return InvalidArgument(
          "'{}' is no state that a task instance can be set to: use success, failed "
          "or skipped",
          request->state());
    }
    SetTasksRequest set{request->dag_id(),           request->run_id(),
                        {request->task_id()},        *state,
                        request->include_upstream(), request->include_downstream()};
    GALE_ASSIGN_OR_RETURN(auto tis, control_.SetTasks(set, actor));
    Fill(tis, tis.size(), *response);
    return OkStatus();
  });
}

ControlService::Unary* ControlService::ClearTaskInstances(
    Context* context, const v1::ClearTaskInstancesRequest* request,
    v1::ListTaskInstancesResponse* response) {
  GALE_RUN(kRun) {
    ClearRequest clear;
    clear.dag_id = request->dag_id();
    clear.run_id = request->run_id();
    clear.task_ids.assign(request->task_ids().begin(), request->task_ids().end());
    clear.only_failed = request->only_failed();
    clear.include_upstream = request->include_upstream();
    clear.include_downstream = request->include_downstream();
    clear.dry_run = request->dry_run();
    GALE_ASSIGN_OR_RETURN(auto tis, control_.Clear(clear, actor));
    Fill(tis, tis.size(), *response);
    return OkStatus();
  });
}

ControlService::Unary* ControlService::ExplainTaskInstance(
    Context* context, const v1::ExplainTaskInstanceRequest* request,
    v1::ExplainTaskInstanceResponse* response) {
  GALE_RUN(kRead) {
    GALE_ASSIGN_OR_RETURN(Explanation why, control_.Explain(request->dag_id(), request->run_id(),
                                                            request->task_id()));
    response->set_state(why.state);
    response->set_summary(why.reasons.empty() ? why.state : why.reasons.front());
    for (const std::string& reason : why.reasons) response->add_reasons(reason);
    return OkStatus();
  });
}

// Pools and workers.

ControlService::Unary* ControlService::ListPools(Context* context,
                                                 const v1::ListPoolsRequest* request,
                                                 v1::ListPoolsResponse* response) {
  GALE_RUN(kRead) {
    GALE_ASSIGN_OR_RETURN(auto pools, control_.ListPools());
    for (const PoolInfo& pool : pools) *response->add_pools() = ToProto(pool);
    return OkStatus();
  });
}

ControlService::Unary* ControlService::SetPool(Context* context, const v1::SetPoolRequest* request,
                                               v1::Pool* response) {
  GALE_RUN(kOperate) {
    GALE_ASSIGN_OR_RETURN(
        PoolInfo pool, control_.SetPool({request->name(), request->slots(), request->description(),
                                         request->include_deferred()},
                                        actor));
    *response = ToProto(pool);
    return OkStatus();
  });
}

ControlService::Unary* ControlService::DeletePool(Context* context,
                                                  const v1::DeletePoolRequest* request,
                                                  v1::DeletePoolResponse*) {
  GALE_RUN(kOperate) { return control_.DeletePool(request->name(), actor); });
}

ControlService::Unary* ControlService::ListWorkers(Context* context,
                                                   const v1::ListWorkersRequest* request,
                                                   v1::ListWorkersResponse* response) {
  GALE_RUN(kRead) {
    GALE_ASSIGN_OR_RETURN(auto workers, control_.ListWorkers());
    for (const WorkerInfo& worker : workers) *response->add_workers() = ToProto(worker);
    return OkStatus();
  });
}

ControlService::Unary* ControlService::DrainWorker(Context* context,
                                                   const v1::DrainWorkerRequest* request,
                                                   v1::DrainWorkerResponse*) {
  GALE_RUN(kOperate) { return control_.DrainWorker(request->name(), !request->undrain(), actor); });
}

}  // namespace gale
