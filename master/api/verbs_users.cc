// Verbs: users, and what they have marked. Users are written by any master, beside the engine, each with
// its event in the audit trail. What a user may is looked up at each request: a removed one's tokens end
// at once, and so do a demoted one's rights.
#include <algorithm>

#include "master/api/pages.h"
#include "master/api/verbs.h"

namespace gale::verbs {
namespace {

v1::User ToProto(const UserRow& row) {
  v1::User user;
  user.set_username(row.name);
  user.set_role(row.role);
  return user;
}

UserWrite WriteOf(UserWrite::What what, UserRow user, const Actor& actor, std::string_view event) {
  UserWrite write{what, std::move(user), {}};
  write.event.when = Clock::Real().Now();
  write.event.owner = actor.name;
  write.event.event = event;
  write.event.extra = write.user.name;
  if (!write.user.role.empty()) write.event.extra += fmt::format(" ({})", write.user.role);
  return write;
}

}  // namespace

Result<v1::ListUsersResponse> ListUsers(Control& control, const v1::ListUsersRequest& request,
                                        const Actor&) {
  PageQuery query;
  ReadPage(request, query, kVerbRowsMax);
  GALE_ASSIGN_OR_RETURN(const std::vector<UserRow> users, control.store().ListUsers());
  v1::ListUsersResponse answer;
  answer.set_total_entries(users.size());
  const size_t end = std::min<size_t>(users.size(), size_t{query.offset} + query.limit);
  for (size_t i = query.offset; i < end; ++i) *answer.add_users() = ToProto(users[i]);
  return answer;
}

Result<v1::User> CreateUser(Control& control, const v1::CreateUserRequest& request,
                            const Actor& actor) {
  GALE_RETURN_IF_ERROR(CheckUserName(request.username()));
  GALE_ASSIGN_OR_RETURN(std::string hash, HashPassword(request.password()));
  const UserRow user{request.username(), std::move(hash), request.role()};
  GALE_RETURN_IF_ERROR(
      control.store().WriteUser(WriteOf(UserWrite::What::kAdd, user, actor, "create_user")));
  return ToProto(user);
}

Result<v1::User> PatchUser(Control& control, const v1::PatchUserRequest& request,
                           const Actor& actor) {
  const bool role = !request.role().empty(), password = request.has_password();
  UserRow user{request.username(), "", request.role()};
  if (password) {
    GALE_ASSIGN_OR_RETURN(user.password_hash, HashPassword(request.password()));
  }
  if (role || password) {
    const char* const event = !password ? "set_role" : role ? "set_user" : "set_password";
    GALE_RETURN_IF_ERROR(
        control.store().WriteUser(WriteOf(UserWrite::What::kChange, user, actor, event)));
  }
  GALE_ASSIGN_OR_RETURN(const auto now, control.store().GetUser(request.username()));
  if (!now) return NotFound("there is no user '{}'", request.username());
  return ToProto(*now);
}

Result<v1::DeleteUserResponse> DeleteUser(Control& control, const v1::DeleteUserRequest& request,
                                          const Actor& actor) {
  GALE_RETURN_IF_ERROR(control.store().WriteUser(
      WriteOf(UserWrite::What::kRemove, {request.username(), "", ""}, actor, "delete_user")));
  return v1::DeleteUserResponse();
}

// As Airflow: what is so already is a conflict.
Result<v1::SetDagFavoriteResponse> SetDagFavorite(Control& control,
                                                  const v1::SetDagFavoriteRequest& request,
                                                  const Actor& actor) {
  GALE_RETURN_IF_ERROR(control.GetDag(request.dag_id()).status());
  GALE_ASSIGN_OR_RETURN(const bool changed, control.store().SetFavorite(
                                                {actor.name, request.dag_id()}, !request.unset()));
  if (changed) return v1::SetDagFavoriteResponse();
  if (request.unset()) return FailedPrecondition("Dag is not marked as favorite");
  return AlreadyExists("DAG '{}' is marked as favorite already", request.dag_id());
}

}  // namespace gale::verbs
