// Whom a secret stands for: users' named tokens, and which of the signed ones were ended before their
// time. Written by any master, beside the engine.
//
// Thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "common/base/status.h"
#include "master/store/reads.h"
#include "master/store/rows.h"
#include "master/store/secret_rows.h"

namespace gale {

// A token's last use is noted at most so often.
inline constexpr Duration kTokenUseEvery = std::chrono::hours(1);
// What is over is remembered for so long, because masters' clocks differ.
inline constexpr Duration kEndedSessionKept = std::chrono::hours(1);

struct TokenHolder {
  TokenRow token;
  UserRow user;  // whose it is, as he is now
};
struct SessionHolder {
  UserRow user;
  bool ended = false;
};

class TokenRows {
 public:
  virtual ~TokenRows() = default;

  // NOT_FOUND: the user; ALREADY_EXISTS: he has one of this name; RESOURCE_EXHAUSTED:
  // kTokensOfUserMax.
  virtual Status Add(const TokenRow& token, const EventRow& event) = 0;
  // By user and name. `user` empty: everybody's.
  virtual Result<Page<TokenRow>> List(const std::string& user, const PageQuery& query) = 0;
  // NOT_FOUND: none of that id, or another user's; `user` empty: whosever. What was removed;
  // `event`'s text is Describe of it.
  virtual Result<TokenRow> Remove(const std::string& id, const std::string& user,
                                  const EventRow& event) = 0;
  virtual Result<std::optional<TokenHolder>> Holder(const std::string& id) = 0;
  // Unless a use within kTokenUseEvery before `when` is noted.
  virtual Status NoteUse(const std::string& id, TimePoint when) = 0;

  // The user, and whether he has ended the session of that id.
  virtual Result<std::optional<SessionHolder>> SessionOf(const std::string& user,
                                                         const std::string& session_id) = 0;
  // RESOURCE_EXHAUSTED: kEndedSessionsOfUserMax of the user's are remembered. Forgets what is over.
  virtual Status EndSession(const EndedSessionRow& session, TimePoint now) = 0;
};

// Over the SQL seam, for every kind of database: with a connection that reads, and in one transaction
// that writes; either may be repeated.
std::unique_ptr<TokenRows> MakeTokenRows(SqlDoor read, SqlDoor write);

}  // namespace gale
