#include "master/api/access.h"

#include <pwd.h>
#include <unistd.h>

#include <string_view>
#include <vector>

namespace gale {
namespace {

std::string OsUser() {
  std::vector<char> buffer(16'384);
  passwd entry{};
  passwd* found = nullptr;
  ::getpwuid_r(::geteuid(), &entry, buffer.data(), buffer.size(), &found);
  return found != nullptr ? std::string(found->pw_name) : fmt::format("uid {}", ::geteuid());
}

// The socket file's mode lets in nobody but our own user.
bool IsLocal(const grpc::ServerContextBase& context) { return context.peer().starts_with("unix:"); }

std::string Bearer(const grpc::ServerContextBase& context) {
  const auto& metadata = context.client_metadata();
  auto found = metadata.find("authorization");
  if (found == metadata.end()) return "";
  const std::string_view value(found->second.data(), found->second.size());
  constexpr std::string_view kScheme = "Bearer ";
  return value.starts_with(kScheme) ? std::string(value.substr(kScheme.size())) : "";
}

}  // namespace

RpcAccess::RpcAccess(Auth& auth, std::string join_token)
    : auth_(auth), join_token_(std::move(join_token)), os_user_(OsUser()) {}

Result<Caller> RpcAccess::Identify(const grpc::ServerContextBase& context) const {
  if (IsLocal(context)) return CallerOf({os_user_, Role::kAdmin}, os_user_, "cli");
  const std::string token = Bearer(context);
  if (token.empty()) {
    return Unauthenticated(
        "no token: send the metadata 'authorization: Bearer <token>' "
        "(POST /auth/token gives one)");
  }
  auto identity = auth_.Verify(token);
  if (!identity.ok()) return Unauthenticated("{}", identity.status().message());
  const std::string& name = identity->acts_for.empty() ? identity->name : identity->acts_for;
  return CallerOf(*identity, name, "cli");
}

std::string RpcAccess::TokenForLocal(const grpc::ServerContextBase& context) const {
  if (!IsLocal(context)) return "";
  return auth_.IssueToken({"admin", Role::kAdmin, os_user_}, kLeaderTokenLife);
}

Status RpcAccess::AuthorizeWorker(const grpc::ServerContextBase& context) const {
  if (IsLocal(context)) return OkStatus();
  const std::string token = Bearer(context);
  if (join_token_.empty() || token.empty() || !SameSecret(token, join_token_)) {
    return Unauthenticated(
        "wrong or no join token: give the worker the text of the master's file "
        "join_token");
  }
  return OkStatus();
}

}  // namespace gale
