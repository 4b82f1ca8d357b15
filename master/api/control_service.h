// gale.v1.Control over gRPC: each verb of verbs.h is authorised, run on a pool (it blocks), and
// answered.
#pragma once

#include "gale/v1/control.grpc.pb.h"
#include "master/api/access.h"
#include "master/api/control.h"
#include "master/api/stream.h"
#include "master/api/thread_pool.h"
#include "master/api/verbs.h"

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

#define GALE_OVERRIDE(verb, request, answer)                                               \
  Unary* verb(Context* context, const v1::request* asked, v1::answer* answered) override { \
    static const Verb& row = FindVerb(#verb);                                              \
    return Call(context, row, *asked, *answered);                                          \
  }
  GALE_VERBS(GALE_OVERRIDE)
#undef GALE_OVERRIDE
  Unary* ForwardRest(Context* context, const v1::RestRequest* request,
                     v1::RestAnswer* response) override;
  grpc::ServerWriteReactor<v1::DagRun>* WatchDagRun(Context* context,
                                                    const v1::GetDagRunRequest* request) override;
  grpc::ServerWriteReactor<v1::TailLogResponse>* TailLog(
      Context* context, const v1::TailLogRequest* request) override;

 private:
  // Runs the verb on the pool if the caller may and this master can, and finishes the call.
  Unary* Call(Context* context, const Verb& verb, const google::protobuf::Message& request,
              google::protobuf::Message& answer);
  Status Do(Context* context, const Verb& verb, const google::protobuf::Message& request,
            google::protobuf::Message& answer);
  // UNAVAILABLE, telling the client where the leader is, if that is another master.
  Status CheckLeads(Context* context);
  // Whether the caller may follow something of that DAG by that method.
  Status MayFollow(Context* context, std::string_view method, const std::string& dag_id) const;

  Control& control_;
  RpcAccess& access_;
  ThreadPool& pool_;
  ThreadPool& followers_;
  StreamRegister& streams_;
  const Rest rest_;
};

}  // namespace gale
