// gale.v1.Control over gRPC: each verb is authorised, run on a pool (it blocks), and answered.
#pragma once

#include "gale/v1/control.grpc.pb.h"
#include "master/api/access.h"
#include "master/api/control.h"
#include "master/api/stream.h"
#include "master/api/thread_pool.h"

namespace gale {

// In the metadata of what only the leader could answer: where it is, and, for who came over the Unix
// socket, a token to go there with.
inline constexpr char kLeaderMetadata[] = "gale-leader";
inline constexpr char kLeaderTokenMetadata[] = "gale-leader-token";

class ControlService final : public v1::Control::CallbackService {
 public:
  using Rest = std::function<v1::RestAnswer(const v1::RestRequest&)>;

  // All must outlive it. `pool` is for verbs, `followers` for those who follow;
  // `rest` answers what other masters hand on.
  ControlService(Control& control, RpcAccess& access, ThreadPool& pool, ThreadPool& followers,
                 StreamRegister& streams, Rest rest)
      : control_(control),
        access_(access),
        pool_(pool),
        followers_(followers),
        streams_(streams),
        rest_(std::move(rest)) {}

  using Context = grpc::CallbackServerContext;
  using Unary = grpc::ServerUnaryReactor;

#define GALE_VERB(Verb, Answer) \
  Unary* Verb(Context* context, const v1::Verb##Request* request, v1::Answer* response) override
  GALE_VERB(GetVersion, GetVersionResponse);
  GALE_VERB(GetHealth, GetHealthResponse);
  GALE_VERB(SubmitDag, DagInfo);
  GALE_VERB(ListDags, ListDagsResponse);
  GALE_VERB(GetDag, GetDagResponse);
  GALE_VERB(SetDagPaused, DagInfo);
  GALE_VERB(ListImportErrors, ListImportErrorsResponse);
  GALE_VERB(TriggerDagRun, DagRun);
  GALE_VERB(GetDagRun, DagRun);
  GALE_VERB(ListDagRuns, ListDagRunsResponse);
  GALE_VERB(SetDagRunState, DagRun);
  GALE_VERB(ListTaskInstances, ListTaskInstancesResponse);
  GALE_VERB(SetTaskInstanceState, ListTaskInstancesResponse);
  GALE_VERB(ClearTaskInstances, ListTaskInstancesResponse);
  GALE_VERB(ExplainTaskInstance, ExplainTaskInstanceResponse);
  GALE_VERB(ListPools, ListPoolsResponse);
  GALE_VERB(SetPool, Pool);
  GALE_VERB(DeletePool, DeletePoolResponse);
  GALE_VERB(ListWorkers, ListWorkersResponse);
  GALE_VERB(DrainWorker, DrainWorkerResponse);
#undef GALE_VERB
  Unary* ForwardRest(Context* context, const v1::RestRequest* request,
                     v1::RestAnswer* response) override;
  grpc::ServerWriteReactor<v1::DagRun>* WatchDagRun(Context* context,
                                                    const v1::GetDagRunRequest* request) override;
  grpc::ServerWriteReactor<v1::TailLogResponse>* TailLog(
      Context* context, const v1::TailLogRequest* request) override;

 private:
  // Runs `verb(actor)` on the pool if the caller may, and finishes the call with its status. `verb`
  // may use the call's request and response.
  template <class Verb>
  Unary* Run(Context* context, const google::protobuf::Message& request, Permission permission,
             Verb verb);
  void PointToLeader(Context* context, const Status& status);

  Control& control_;
  RpcAccess& access_;
  ThreadPool& pool_;
  ThreadPool& followers_;
  StreamRegister& streams_;
  const Rest rest_;
};

}  // namespace gale
