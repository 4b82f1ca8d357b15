#include "gale/v1/control.pb.h"
#include "master/api/http/answers.h"
#include "master/api/http/handlers.h"

namespace gale::http {

// One's own, by who knows the old one: a session that somebody left open isn't enough. Wrong ones are
// counted as failed logins are. What was given for the old one ends, but this browser's session.
Response ChangePassword(const Call& call) {
  const auto& asked = static_cast<const v1::ChangePasswordRequest&>(*call.message);
  if (!call.who.acts_for.empty()) return Failure(403, "a task has no password to change");
  const auto known = call.auth.Login(call.who.name, asked.old_password(), call.request.peer);
  if (known.status().code() == Code::kUnauthenticated)  // 401 would say: log in again
    return Failure(403, "the old password is wrong");
  if (!known.ok()) return Failure(known.status());
  auto hash = HashPassword(asked.new_password());
  if (!hash.ok()) return Failure(hash.status());
  UserWrite write{UserWrite::What::kChange, {call.who.name, *hash, ""}, {}};
  write.event.when = Clock::Real().Now();
  write.event.owner = call.who.name;
  write.event.event = "change_password";
  if (Status done = call.control.store().WriteUser(write); !done.ok()) return Failure(done);
  Response response{204, "application/json", "", {}};
  RenewSession(call, *hash, response);
  return response;
}

}  // namespace gale::http
