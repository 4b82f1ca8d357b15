// gale.v1.Control over gRPC: each verb is authorised, run on a pool (it blocks), and answered.
#pragma once

#include "gale/v1/control.grpc.pb.h"
#include "master/api/access.h"
#include "master/api/control.h"
#include "master/api/stream.h"
#include "master/api/thread_pool.h"

namespace gale {

class ControlService final : public v1::Control::CallbackService {
 public:
  // All must outlive it. `pool` is for verbs, `followers` for those who wait for logs to grow.
  ControlService(Control& control, Access& access, ThreadPool& pool, ThreadPool& followers,
                 StreamRegister& streams)
      : control_(control), access_(access), pool_(pool), followers_(followers), streams_(streams) {}

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
#undef GALE_VERB
  grpc::ServerWriteReactor<v1::DagRun>* WatchDagRun(Context* context,
                                                    const v1::GetDagRunRequest* request) override;
  grpc::ServerWriteReactor<v1::TailLogResponse>* TailLog(
      Context* context, const v1::TailLogRequest* request) override;

 private:
  // Runs `verb(actor)` on the pool if the caller may, and finishes the call with its status. `verb`
  // may use the call's request and response.
  template <class Verb>
  Unary* Run(Context* context, Permission permission, Verb verb);

  Control& control_;
  Access& access_;
  ThreadPool& pool_;
  ThreadPool& followers_;
  StreamRegister& streams_;
};

}  // namespace gale
