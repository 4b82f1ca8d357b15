// Who may do what: users with passwords, the tokens they get for them, and the token that workers
// join with.
#pragma once

#include <atomic>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "master/store/store.h"

namespace gale {

// Airflow's roles: what each may stands in caller.cc.
enum class Role : uint8_t { kViewer = 0, kUser = 1, kOp = 2, kAdmin = 3 };
std::string_view Name(Role role);

struct Identity {
  std::string name;
  Role role = Role::kViewer;
  std::string acts_for = {};  // who it is really, if it isn't the user: the audit's
  // Of the token that says so; else empty.
  std::string token_id = {};
  std::optional<TimePoint> expires = {};  // unset: never
  bool named_token = false;
  // Of the password that it logged in with: a token counts as long as that is the user's. Empty: no
  // password's (a master's for its own OS user).
  std::string password_mark = {};
};

// Thread-safe.
class Auth {
 public:
  static constexpr Duration kCliTokenLife = std::chrono::hours(1);  // jwt_cli_expiration_time
  static constexpr uint32_t kFailuresMax = 10;  // of one user from one address, within kBrakeWindow
  // Of one address, whatever the names: guessing costs a tenth of a second of a core each.
  static constexpr uint32_t kPeerFailuresMax = 60;
  static constexpr Duration kBrakeWindow = std::chrono::minutes(1);
  static constexpr size_t kBrakesMax =
      10'000;  // remembered at a time; beyond it the oldest is let go
  static constexpr size_t kPasswordBytesMax = 1024;

  // Both must outlive it. `token_life`: [api_auth] jwt_expiration_time.
  explicit Auth(Store& store, Clock& clock = Clock::Real(),
                Duration token_life = std::chrono::hours(24))
      : store_(store), clock_(clock), token_life_(token_life) {}
  // Of a token of POST /auth/token.
  Duration token_life() const { return token_life_; }

  // Loads the secret that tokens are signed with, or makes it: first of all calls.
  Status Prepare();

  // If there is no Admin, makes the user `admin`, with the password in `password_file`; if that isn't
  // there, with a random one that it writes there first (mode 0600). True if the user was made. Of
  // several who do so at once, in this home or another, one makes it; a file is never left behind
  // with a password that isn't the user's.
  Result<bool> EnsureAdmin(const std::string& password_file);
  // The ledger's join token, which all masters share: the one in `file`, or a random one, if it has
  // none yet. It stands in `file` (mode 0600) then.
  Result<std::string> EnsureJoinToken(const std::string& file);
  Status SetUser(const std::string& name, std::string_view password, Role role);

  // Slow by design (a tenth of a second, 64 MiB; a few at a time): not for an event loop's thread.
  // UNAUTHENTICATED "Invalid credentials"; RESOURCE_EXHAUSTED after too many failures from `peer`.
  Result<Identity> Login(const std::string& name, std::string_view password,
                         const std::string& peer);

  // A JWT, HS512; of `identity`'s token_id, if it has one.
  std::string IssueToken(const Identity& identity, Duration life) const;
  std::string IssueToken(const Identity& identity) const {
    return IssueToken(identity, token_life_);
  }
  // A JWT or a named token: one read of the ledger. PERMISSION_DENIED "Invalid JWT token" if it isn't
  // one of ours (as Airflow: 403); UNAUTHENTICATED if it has expired, was ended (logged out of,
  // deleted, given for a former password), or its user is gone.
  Result<Identity> Verify(std::string_view token);
  // The JWT that says so counts no more, at any master. RESOURCE_EXHAUSTED:
  // kEndedSessionsOfUserMax.
  Status EndSession(const Identity& identity);
  // For who has just changed his password, a JWT that goes on where the former one ended.
  std::string RenewToken(Identity identity, std::string_view password_hash) const;
  // What a page that holds the token of that id can know and another site's can't: the same on all
  // masters of a ledger.
  std::string CsrfToken(std::string_view token_id) const;

 private:
  struct Brake {
    std::string key;
    uint32_t failures = 0;
    MonoTime until;
  };
  Status CheckBrake(const std::string& key, uint32_t failures_max);
  void NoteFailure(const std::string& key);
  void ReleaseBrake(const std::string& key);
  std::string Sign(std::string_view text) const;
  std::string PasswordMark(std::string_view password_hash) const;
  Result<Identity> VerifyNamed(std::string_view token);

  Store& store_;
  Clock& clock_;
  const Duration token_life_;
  std::string secret_;
  std::mutex mutex_;         // guards the brakes
  std::list<Brake> brakes_;  // latest failure first
  std::map<std::string, std::list<Brake>::iterator> by_key_;
  std::atomic_flag noting_;  // a named token's use: one at a time, the others don't wait
  std::mutex hashing_;       // one password at a time: 64 MiB each
};

// INVALID_ARGUMENT: it has not 1 to 250 bytes.
Status CheckUserName(std::string_view name);
// Slow by design, and 64 MiB: a tenth of a second. INVALID_ARGUMENT: it has not 1 to
// Auth::kPasswordBytesMax bytes.
Result<std::string> HashPassword(std::string_view password);

// Equal, in a time that doesn't tell where they differ.
bool SameSecret(std::string_view a, std::string_view b);

}  // namespace gale
