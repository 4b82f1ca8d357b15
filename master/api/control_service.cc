#include "master/api/control_service.h"

#include "common/rpc/texts.h"

namespace gale {
namespace {

Status Overloaded() { return Unavailable("the master is overloaded or stopping; try again"); }

// The DAG that a request is about; empty: none.
std::string DagOf(const google::protobuf::Message& request) {
  const auto* field = request.GetDescriptor()->FindFieldByName("dag_id");
  return field == nullptr ? "" : request.GetReflection()->GetString(request, field);
}

}  // namespace

ControlService::Unary* ControlService::Call(Context* context, const Verb& verb,
                                            const google::protobuf::Message& request,
                                            google::protobuf::Message& answer) {
  Unary* reactor = context->DefaultReactor();
  const bool posted = pool_.Post([=, this, &verb, &request, &answer] {
    reactor->Finish(ToGrpc(Do(context, verb, request, answer)));
  });
  if (!posted) reactor->Finish(ToGrpc(Overloaded()));
  return reactor;
}

// As RestApi::Run.
Status ControlService::Do(Context* context, const Verb& verb,
                          const google::protobuf::Message& request,
                          google::protobuf::Message& answer) {
  GALE_ASSIGN_OR_RETURN(const Caller caller, access_.Identify(*context));
  GALE_RETURN_IF_ERROR(CheckMay(caller, verb.needs.right(), DagOf(request)));
  GALE_RETURN_IF_ERROR(CheckTexts(request));
  if (verb.needs.leader()) GALE_RETURN_IF_ERROR(CheckLeads(context));
  return verb.call(control_, request, caller.actor, answer);
}

Status ControlService::CheckLeads(Context* context) {
  const std::optional<MasterRow> leader = control_.LeaderElsewhere();
  if (!leader || leader->grpc.empty()) return OkStatus();
  context->AddTrailingMetadata(kLeaderMetadata, leader->grpc);
  if (std::string token = access_.TokenForLocal(*context); !token.empty()) {
    context->AddTrailingMetadata(kLeaderTokenMetadata, token);
  }
  return Unavailable("this master follows; '{}' at {} leads", leader->name, leader->grpc);
}

Status ControlService::MayFollow(Context* context, std::string_view method,
                                 const std::string& dag_id) const {
  GALE_ASSIGN_OR_RETURN(const Caller caller, access_.Identify(*context));
  return CheckMay(caller, NeedsOf(method).right(), dag_id);
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
  if (!posted) reactor->Finish(ToGrpc(Overloaded()));
  return reactor;
}

}  // namespace gale
