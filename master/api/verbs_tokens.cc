// Verbs: users' named tokens. Written by any master, beside the engine, each with its event in the audit
// trail; looked up at each request, so that one that is deleted ends at once.
#include "common/rpc/convert.h"
#include "master/api/named_token.h"
#include "master/api/pages.h"
#include "master/api/verbs.h"
#include "master/store/bounds.h"

namespace gale::verbs {
namespace {

v1::Token Shown(const TokenRow& row) {
  v1::Token token;
  token.set_id(row.id);
  token.set_username(row.user);
  token.set_name(row.name);
  *token.mutable_created_at() = ToProto(row.created_at);
  if (row.expires_at) *token.mutable_expires_at() = ToProto(*row.expires_at);
  if (row.last_used_at) *token.mutable_last_used_at() = ToProto(*row.last_used_at);
  return token;
}

EventRow EventOf(const Actor& actor, std::string_view what) {
  EventRow event;
  event.when = Clock::Real().Now();
  event.owner = actor.name;
  event.event = what;
  return event;
}

}  // namespace

Result<v1::ListTokensResponse> ListTokens(Control& control, const v1::ListTokensRequest& request,
                                          const Actor& actor) {
  if (request.all_users() && !actor.administers) {
    return PermissionDenied("only an Admin sees everybody's tokens");
  }
  PageQuery query;
  ReadPage(request, query, kVerbRowsMax);
  GALE_ASSIGN_OR_RETURN(
      const Page<TokenRow> page,
      control.store().tokens().List(request.all_users() ? "" : actor.name, query));
  v1::ListTokensResponse answer;
  answer.set_total_entries(page.total);
  for (const TokenRow& row : page.rows) *answer.add_tokens() = Shown(row);
  return answer;
}

Result<v1::Token> CreateToken(Control& control, const v1::CreateTokenRequest& request,
                              const Actor& actor) {
  // Else one that was stolen could outlive its deletion.
  if (actor.named_token) return PermissionDenied("a named token makes no others: log in for that");
  const std::string& user = request.username().empty() ? actor.name : request.username();
  if (user != actor.name && !actor.administers) {
    return PermissionDenied("only an Admin makes tokens for others");
  }
  NamedToken made = MakeNamedToken();
  EventRow event = EventOf(actor, "create_token");
  TokenRow row{made.id, user, request.name(), made.hash, event.when, {}, {}};
  if (request.has_expires_at()) {
    row.expires_at = FromProto(request.expires_at());
    if (*row.expires_at <= row.created_at) {
      return InvalidArgument("expires_at: is in the past");
    }
  }
  event.extra = Describe(row);
  GALE_RETURN_IF_ERROR(control.store().tokens().Add(row, event));
  v1::Token token = Shown(row);
  token.set_token(std::move(made.text));
  return token;
}

Result<v1::DeleteTokenResponse> DeleteToken(Control& control, const v1::DeleteTokenRequest& request,
                                            const Actor& actor) {
  GALE_RETURN_IF_ERROR(
      control.store()
          .tokens()
          .Remove(request.id(), actor.administers ? "" : actor.name, EventOf(actor, "delete_token"))
          .status());
  return v1::DeleteTokenResponse();
}

}  // namespace gale::verbs
