#include "master/api/auth.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sodium.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "common/base/files.h"
#include "common/base/limits.h"
#include "master/api/json.h"
#include "master/api/named_token.h"

namespace gale {
namespace {

constexpr size_t kSecretBytes = 64;  // HS512's block of security
constexpr std::string_view kJwtHeader = R"({"alg":"HS512","typ":"JWT"})";
constexpr size_t kTokenBytesMax = 4096;
constexpr std::array<std::string_view, 4> kRoleNames = {"Viewer", "User", "Op", "Admin"};

void InitSodium() { GALE_CHECK(sodium_init() >= 0, "libsodium can't be initialised"); }

std::string Base64Url(std::string_view bytes) {
  std::string text(
      sodium_base64_ENCODED_LEN(bytes.size(), sodium_base64_VARIANT_URLSAFE_NO_PADDING), '\0');
  sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const unsigned char*>(bytes.data()),
                    bytes.size(), sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  text.resize(text.size() - 1);  // the terminator
  return text;
}

std::optional<std::string> FromBase64Url(std::string_view text) {
  std::string bytes(text.size(), '\0');
  size_t size = 0;
  const char* end = nullptr;
  if (sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), text.data(),
                        text.size(), nullptr, &size, &end,
                        sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
      end != text.data() + text.size()) {
    return std::nullopt;
  }
  bytes.resize(size);
  return bytes;
}

std::string RandomText(size_t bytes) {
  InitSodium();
  std::string random(bytes, '\0');
  randombytes_buf(random.data(), random.size());
  return Base64Url(random);
}

// The first line of `file`; nullopt if there is no such file.
Result<std::optional<std::string>> ReadSecretFile(const std::string& file) {
  Result<std::string> line = Files::Real().ReadLine(file);
  if (line.status().code() == Code::kNotFound) return std::optional<std::string>();
  if (!line.ok()) return FailedPrecondition("{}", line.status().message());
  if (line->empty()) return FailedPrecondition("{} is empty: remove it to get a new one", file);
  return std::optional(*std::move(line));
}

// Makes `file` with mode 0600, whole; it is on the disk when this returns. Without `replace`:
// ALREADY_EXISTS if there is one.
Status WriteSecretFile(const std::string& file, const std::string& text, bool replace) {
  Files& files = Files::Real();
  const std::string part = fmt::format("{}.{}.{}.part", file, ::getpid(), ::gettid());
  (void)files.Remove(part);  // of a process that died at it
  Status status = files.WriteNew(part, text + "\n", {.sync = true});
  if (status.ok()) status = replace ? files.Move(part, file) : files.Link(part, file);
  if (!replace || !status.ok()) (void)files.Remove(part);
  if (status.ok() || status.code() == Code::kAlreadyExists) return status;
  return FailedPrecondition("{}", status.message());
}

Result<std::string> Hash(std::string_view password) {
  InitSodium();
  std::array<char, crypto_pwhash_STRBYTES> hash{};
  if (crypto_pwhash_str(hash.data(), password.data(), password.size(),
                        crypto_pwhash_OPSLIMIT_INTERACTIVE,
                        crypto_pwhash_MEMLIMIT_INTERACTIVE) != 0) {
    return ResourceExhausted("not enough memory to hash a password (64 MiB)");
  }
  return std::string(hash.data());
}

std::optional<Role> ParseRole(std::string_view name) {
  auto found = std::ranges::find(kRoleNames, name);
  if (found == kRoleNames.end()) return std::nullopt;
  return static_cast<Role>(found - kRoleNames.begin());
}

}  // namespace

Status CheckUserName(std::string_view name) {
  if (!name.empty() && name.size() <= limits::kIdBytesMax) return OkStatus();
  return InvalidArgument("a user's name has 1 to {} bytes (kIdBytesMax)", limits::kIdBytesMax);
}

Result<std::string> HashPassword(std::string_view password) {
  if (!password.empty() && password.size() <= Auth::kPasswordBytesMax) return Hash(password);
  return InvalidArgument("a password has 1 to {} bytes", Auth::kPasswordBytesMax);
}

std::string_view Name(Role role) { return kRoleNames[static_cast<size_t>(role)]; }

bool SameSecret(std::string_view a, std::string_view b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

Status Auth::Prepare() {
  InitSodium();
  GALE_ASSIGN_OR_RETURN(std::optional<std::string> secret, store_.GetSetting("jwt_secret"));
  if (!secret) {
    GALE_ASSIGN_OR_RETURN(secret, store_.AddSetting("jwt_secret", RandomText(kSecretBytes)));
  }
  secret_ = *secret;
  return OkStatus();
}

Result<bool> Auth::EnsureAdmin(const std::string& password_file) {
  GALE_ASSIGN_OR_RETURN(const std::vector<UserRow> users, store_.ListUsers());
  const bool has_admin = std::ranges::any_of(users, [](const UserRow& user) {
    return user.name == "admin" || user.role == Name(Role::kAdmin);
  });
  if (has_admin) return false;
  GALE_ASSIGN_OR_RETURN(std::optional<std::string> password, ReadSecretFile(password_file));
  bool wrote = false;
  if (!password) {
    const Status written = WriteSecretFile(password_file, RandomText(12), /*replace=*/false);
    wrote = written.ok();
    if (!wrote && written.code() != Code::kAlreadyExists) return written;
    GALE_ASSIGN_OR_RETURN(password, ReadSecretFile(password_file));
    if (!password) return Aborted("{} went away while it was made; try again", password_file);
  }
  GALE_ASSIGN_OR_RETURN(const std::string hash, HashPassword(*password));
  GALE_ASSIGN_OR_RETURN(const UserRow now,
                        store_.AddUser({"admin", hash, std::string(Name(Role::kAdmin))}));
  if (now.password_hash == hash) return true;
  const bool ours =
      crypto_pwhash_str_verify(now.password_hash.c_str(), password->data(), password->size()) == 0;
  if (wrote && !ours) (void)Files::Real().Remove(password_file);
  return false;
}

Result<std::string> Auth::EnsureJoinToken(const std::string& file) {
  GALE_ASSIGN_OR_RETURN(std::optional<std::string> token, store_.GetSetting("join_token"));
  GALE_ASSIGN_OR_RETURN(const std::optional<std::string> written, ReadSecretFile(file));
  if (!token) {
    GALE_ASSIGN_OR_RETURN(token,
                          store_.AddSetting("join_token", written ? *written : RandomText(32)));
  }
  if (written != token) GALE_RETURN_IF_ERROR(WriteSecretFile(file, *token, /*replace=*/true));
  return *token;
}

Status Auth::SetUser(const std::string& name, std::string_view password, Role role) {
  GALE_RETURN_IF_ERROR(CheckUserName(name));
  GALE_ASSIGN_OR_RETURN(std::string hash, HashPassword(password));
  return store_.PutUser({name, hash, std::string(Name(role))});
}

// Logging in.

Status Auth::CheckBrake(const std::string& key, uint32_t failures_max) {
  std::lock_guard lock(mutex_);
  auto found = by_key_.find(key);
  if (found == by_key_.end()) return OkStatus();
  const MonoTime now = clock_.Mono();
  if (now >= found->second->until) {
    brakes_.erase(found->second);
    by_key_.erase(found);
    return OkStatus();
  }
  if (found->second->failures < failures_max) return OkStatus();
  return ResourceExhausted("too many failed logins: try again in {:.0f} s",
                           std::max(1.0, Seconds(found->second->until - now)));
}

void Auth::NoteFailure(const std::string& key) {
  std::lock_guard lock(mutex_);
  auto found = by_key_.find(key);
  if (found == by_key_.end()) {
    if (brakes_.size() >= kBrakesMax) {
      by_key_.erase(brakes_.back().key);
      brakes_.pop_back();
    }
    brakes_.push_front({key, 0, {}});
    by_key_[key] = brakes_.begin();
  } else {
    brakes_.splice(brakes_.begin(), brakes_, found->second);
  }
  ++brakes_.front().failures;
  brakes_.front().until = clock_.Mono() + kBrakeWindow;
}

void Auth::ReleaseBrake(const std::string& key) {
  std::lock_guard lock(mutex_);
  if (auto found = by_key_.find(key); found != by_key_.end()) {
    brakes_.erase(found->second);
    by_key_.erase(found);
  }
}

Result<Identity> Auth::Login(const std::string& name, std::string_view password,
                             const std::string& peer) {
  const Status wrong = Unauthenticated("Invalid credentials");
  if (name.empty() || name.size() > limits::kIdBytesMax || password.size() > kPasswordBytesMax)
    return wrong;
  const std::string key = name + "@" + peer;
  const std::string peer_key = "@" + peer;  // no name is empty
  GALE_RETURN_IF_ERROR(CheckBrake(key, kFailuresMax));
  GALE_RETURN_IF_ERROR(CheckBrake(peer_key, kPeerFailuresMax));
  GALE_ASSIGN_OR_RETURN(std::optional<UserRow> user, store_.GetUser(name));
  bool right = false;
  {
    std::lock_guard one_at_a_time(hashing_);
    // An unknown user takes as long as a known one.
    right = user ? crypto_pwhash_str_verify(user->password_hash.c_str(), password.data(),
                                            password.size()) == 0
                 : !Hash(password).ok();
  }
  const std::optional<Role> role = user ? ParseRole(user->role) : std::nullopt;
  if (!user || !right || !role) {
    NoteFailure(key);
    NoteFailure(peer_key);
    return wrong;
  }
  ReleaseBrake(key);  // the address's stays: it may go on guessing other names
  Identity who{name, *role};
  who.password_mark = PasswordMark(user->password_hash);
  return who;
}

// Tokens.

std::string Auth::Sign(std::string_view text) const {
  GALE_CHECK(!secret_.empty(), "Auth::Prepare comes first");
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
  unsigned size = 0;
  HMAC(EVP_sha512(), secret_.data(), static_cast<int>(secret_.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac.data(), &size);
  return std::string(reinterpret_cast<const char*>(mac.data()), size);
}

std::string Auth::IssueToken(const Identity& identity, Duration life) const {
  const int64_t now =
      std::chrono::floor<std::chrono::seconds>(clock_.Now()).time_since_epoch().count();
  const int64_t life_seconds = std::chrono::floor<std::chrono::seconds>(life).count();
  Json claims = {{"sub", identity.name},
                 {"iat", now},
                 {"nbf", now},
                 {"exp", now + life_seconds},
                 {"jti", identity.token_id.empty() ? RandomText(16) : identity.token_id}};
  if (!identity.acts_for.empty()) claims["act"] = identity.acts_for;
  if (!identity.password_mark.empty()) claims["pwd"] = identity.password_mark;
  const std::string text = Base64Url(kJwtHeader) + "." + Base64Url(WriteJson(claims));
  return text + "." + Base64Url(Sign(text));
}

std::string Auth::RenewToken(Identity identity, std::string_view password_hash) const {
  identity.password_mark = PasswordMark(password_hash);
  return IssueToken(identity, identity.expires.value_or(clock_.Now()) - clock_.Now());
}

Status Auth::EndSession(const Identity& identity) {
  return store_.tokens().EndSession(
      {identity.token_id, identity.name, identity.expires.value_or(clock_.Now())}, clock_.Now());
}

Result<Identity> Auth::VerifyNamed(std::string_view token) {
  GALE_ASSIGN_OR_RETURN(const std::optional<TokenHolder> held,
                        store_.tokens().Holder(std::string(NamedTokenId(token))));
  if (!held || !SameSecret(held->token.hash, NamedTokenHash(token))) {
    return Unauthenticated("there is no such token: it was deleted, or its user is no more");
  }
  const TimePoint now = clock_.Now();
  const TokenRow& row = held->token;
  if (row.expires_at && now >= *row.expires_at) {
    return Unauthenticated("the token '{}' has expired", row.name);
  }
  const std::optional<Role> role = ParseRole(held->user.role);
  if (!role) return Unauthenticated("User '{}' is no more", row.user);
  const bool noted = row.last_used_at && now - *row.last_used_at < kTokenUseEvery;
  if (!noted && !noting_.test_and_set()) {
    (void)store_.tokens().NoteUse(row.id, now);  // what is asked doesn't depend on it
    noting_.clear();
  }
  Identity who{held->user.name, *role};
  who.token_id = row.id;
  who.expires = row.expires_at;
  who.named_token = true;
  return who;
}

Result<Identity> Auth::Verify(std::string_view token) {
  if (IsNamedToken(token)) return VerifyNamed(token);
  const Status invalid = PermissionDenied("Invalid JWT token");
  const size_t last_dot = token.rfind('.');
  const size_t first_dot = token.find('.');
  if (token.size() > kTokenBytesMax || last_dot == std::string_view::npos ||
      first_dot == last_dot) {
    return invalid;
  }
  // Only what we sign ourselves: the header is compared with the one that we write, not obeyed.
  const auto header = FromBase64Url(token.substr(0, first_dot));
  const auto mac = FromBase64Url(token.substr(last_dot + 1));
  if (!header || *header != kJwtHeader || !mac) return invalid;
  if (!SameSecret(*mac, Sign(token.substr(0, last_dot)))) return invalid;
  const auto payload = FromBase64Url(token.substr(first_dot + 1, last_dot - first_dot - 1));
  if (!payload) return invalid;
  auto claims = ParseJsonObject("the token", *payload);
  if (!claims.ok() || !claims->contains("sub") || !(*claims)["sub"].is_string() ||
      !claims->contains("exp") || !(*claims)["exp"].is_number_integer()) {
    return invalid;
  }
  const TimePoint expires{std::chrono::seconds((*claims)["exp"].get<int64_t>())};
  if (clock_.Now() >= expires) return Unauthenticated("Token has expired: log in again");
  const std::string name = (*claims)["sub"].get<std::string>();
  const auto text = [&](const char* claim) {
    const auto found = claims->find(claim);
    return found != claims->end() && found->is_string() ? found->get<std::string>() : "";
  };
  const Identity said{name,    Role::kViewer,         text("act"), text("jti"),
                      expires, /*named_token=*/false, text("pwd")};
  GALE_ASSIGN_OR_RETURN(const std::optional<SessionHolder> held,
                        store_.tokens().SessionOf(name, said.token_id));
  const std::optional<Role> role = held ? ParseRole(held->user.role) : std::nullopt;
  if (!role) return Unauthenticated("User '{}' is no more", name);
  if (held->ended) return Unauthenticated("This session was logged out: log in again");
  if (!said.password_mark.empty() && said.password_mark != PasswordMark(held->user.password_hash)) {
    return Unauthenticated("The password is another one now: log in again");
  }
  Identity who = said;
  who.role = *role;
  return who;
}

// No token is signed over texts like these: theirs begin with the header.
std::string Auth::PasswordMark(std::string_view password_hash) const {
  return Base64Url(Sign(fmt::format("password {}", password_hash)).substr(0, 16));
}
std::string Auth::CsrfToken(std::string_view token_id) const {
  return Base64Url(Sign(fmt::format("csrf {}", token_id)).substr(0, 32));
}

}  // namespace gale
