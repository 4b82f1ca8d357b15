// gale users list, create, set, delete; gale tokens list, create, delete.
#include <ostream>

#include "cli/command.h"
#include "cli/rows.h"
#include "cli/secret_io.h"
#include "common/config/duration.h"
#include "common/rpc/convert.h"

namespace gale::cli {
namespace {

using enum Arg::Kind;

Status ListUsers(Context& context) {
  GALE_ASSIGN_OR_RETURN(Client * client, context.Connect());
  Table table = TableOf(kUserColumns);
  GALE_RETURN_IF_ERROR(ForEach(*client, &ControlStub::ListUsers, v1::ListUsersRequest(),
                               &v1::ListUsersResponse::users, UINT64_MAX,
                               [&](const v1::User& user) { AddRow(table, kUserColumns, user); }));
  context.Print(table);
  return OkStatus();
}

Status CreateUser(Context& context) {
  v1::CreateUserRequest request;
  request.set_username(context.args.Get("username"));
  request.set_role(context.args.Get("role"));
  GALE_ASSIGN_OR_RETURN(std::string password, ReadArgument(context, context.args.Get("password")));
  request.set_password(std::move(password));
  GALE_ASSIGN_OR_RETURN(Client * client, context.Connect());
  GALE_RETURN_IF_ERROR(client->Call(&ControlStub::CreateUser, request).status());
  Say(context, fmt::format("user '{}' is made: {}", request.username(), request.role()));
  return OkStatus();
}

Status SetUser(Context& context) {
  const Args& args = context.args;
  if (!args.Has("role") && !args.Has("password")) {
    return InvalidArgument("say what to change: --role ROLE, --password -");
  }
  v1::PatchUserRequest request;
  request.set_username(args.Get("username"));
  request.set_role(args.Get("role"));
  if (args.Has("password")) {
    GALE_ASSIGN_OR_RETURN(std::string password, ReadArgument(context, args.Get("password")));
    request.set_password(std::move(password));
  }
  GALE_ASSIGN_OR_RETURN(Client * client, context.Connect());
  GALE_ASSIGN_OR_RETURN(const v1::User user, client->Call(&ControlStub::PatchUser, request));
  Say(context, fmt::format("user '{}' is changed: {}", user.username(), user.role()));
  return OkStatus();
}

Status DeleteUser(Context& context) {
  v1::DeleteUserRequest request;
  request.set_username(context.args.Get("username"));
  GALE_ASSIGN_OR_RETURN(Client * client, context.Connect());
  GALE_RETURN_IF_ERROR(client->Call(&ControlStub::DeleteUser, request).status());
  Say(context, fmt::format("user '{}' is deleted, and so are his tokens", request.username()));
  return OkStatus();
}

// Over the socket one is the OS user, who is no user of Gale's: all are meant then.
Status ListTokens(Context& context) {
  GALE_ASSIGN_OR_RETURN(Client * client, context.Connect());
  v1::ListTokensRequest request;
  request.set_all_users(context.args.Has("all-users") || context.globals.server.empty());
  Table table = TableOf(kTokenColumns);
  GALE_RETURN_IF_ERROR(
      ForEach(*client, &ControlStub::ListTokens, request, &v1::ListTokensResponse::tokens,
              UINT64_MAX, [&](const v1::Token& token) { AddRow(table, kTokenColumns, token); }));
  context.Print(table);
  return OkStatus();
}

Status CreateToken(Context& context) {
  const Args& args = context.args;
  v1::CreateTokenRequest request;
  request.set_name(args.Get("name"));
  request.set_username(args.Get("user"));
  if (request.username().empty() && context.globals.server.empty()) {
    return InvalidArgument("say whose it is: --user NAME (`gale users list` lists them)");
  }
  if (args.Has("expires-in")) {
    const std::optional<Duration> life = ParseDuration(args.Get("expires-in"));
    if (!life || *life <= Duration(0)) {
      return InvalidArgument("--expires-in '{}': expected a time with its unit, as 90d or 12h",
                             args.Get("expires-in"));
    }
    *request.mutable_expires_at() = ToProto(Clock::Real().Now() + *life);
  }
  GALE_ASSIGN_OR_RETURN(Client * client, context.Connect());
  GALE_ASSIGN_OR_RETURN(const v1::Token token, client->Call(&ControlStub::CreateToken, request));
  if (context.globals.format == Format::kTable) {  // alone, for scripts
    context.io.out << token.token() << '\n';
    context.io.err << "this is the only time that it is shown\n";
    return OkStatus();
  }
  Table table = TableOf(kNewTokenColumns);
  AddRow(table, kNewTokenColumns, token);
  context.PrintRecord(table);
  return OkStatus();
}

Status DeleteToken(Context& context) {
  v1::DeleteTokenRequest request;
  request.set_id(context.args.Get("id"));
  GALE_ASSIGN_OR_RETURN(Client * client, context.Connect());
  GALE_RETURN_IF_ERROR(client->Call(&ControlStub::DeleteToken, request).status());
  Say(context, fmt::format("token '{}' is deleted", request.id()));
  return OkStatus();
}

}  // namespace

std::vector<Command> UserCommands() {
  const Arg user = {kOne, "username", "his name"};
  const std::string_view password = "his password; -: from standard input";
  return {
      {"users list", "List the users and their roles", {}, "  gale users list", ListUsers},
      {"users create",
       "Make a user",
       {user, {kOne, "role", "Viewer, User, Op or Admin"}, {kOne, "password", password}},
       "  gale users create ann User - < password.txt",
       CreateUser},
      {"users set",
       "Change a user's role or password",
       {user,
        {kValue, "--role", "Viewer, User, Op or Admin", "ROLE"},
        {kValue, "--password", password, "PASSWORD"}},
       "  gale users set ann --role Op\n"
       "  gale users set ann --password - < password.txt",
       SetUser},
      {"users delete", "Delete a user", {user}, "  gale users delete ann", DeleteUser},
      {"tokens list",
       "List your tokens, without their secrets (without --server: everybody's)",
       {{kFlag, "--all-users", "everybody's: for Admins"}},
       "  gale tokens list",
       ListTokens},
      {"tokens create",
       "Make a token for a program, and print it this once",
       {{kOne, "name", "what it is for"},
        {kValue, "--expires-in", "for how long it works; else until it is deleted: 90d", "TIME"},
        {kValue, "--user", "whose it is: for Admins; must be said without --server", "USERNAME"}},
       "  gale tokens create ci --user ann --expires-in 90d\n"
       "  GALE_TOKEN=... gale --server 10.0.0.7:8081 tokens create backup",
       CreateToken},
      {"tokens delete",
       "Delete a token: it stops working at once",
       {{kOne, "id", "as `gale tokens list` says it"}},
       "  gale tokens delete 5fd2b1c09a4e7733",
       DeleteToken},
  };
}

}  // namespace gale::cli
