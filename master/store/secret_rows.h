// Variables and connections in the ledger: tables that people and tasks edit, beside the engine and by
// any master. What is secret stands there sealed (master/secrets/vault.h); here it is a text like others.
//
// A write says what must stand there for it to be done, and by which key it is sealed: when the
// installation's key has changed meanwhile (master/secrets/rotation.h), nothing is written. So two who
// edit one row don't undo each other, and after a rotation no row of the former key is left behind.
//
// Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/status.h"
#include "master/store/reads.h"
#include "master/store/rows.h"

namespace gale {

class Sql;

// The setting that names the key that new rows are sealed by; a write tells what it believes it to be.
inline constexpr std::string_view kSealKeySetting = "secrets_key";
// Rows of one Write: one transaction.
inline constexpr size_t kSecretWritesMax = 100;

struct SecretQuery : PageQuery {
  std::string pattern;  // a part of the key, any case; empty: all
  std::string after;    // the key: with the key's order only
};

// What must stand there already.
enum class Before : uint8_t {
  kAnything,
  kNothing,
  kThis,  // a row with `seal`
};
template <class Row>
struct SecretWrite {
  Row row;
  Before before = Before::kAnything;
  std::string seal{};               // SealOf the row that was read
  std::optional<EventRow> event{};  // for the trail, if it is done
};
enum class Written : uint8_t { kDone, kExists, kMissing, kChanged };

// A text of the row that is another one after each write, since no two seals are alike.
inline const std::string& SealOf(const VariableRow& row) { return row.value; }
inline const std::string& SealOf(const ConnectionRow& row) { return row.password; }

template <class Row>
class SecretRows {
 public:
  virtual ~SecretRows() = default;

  virtual Result<std::optional<Row>> Get(const std::string& key) = 0;
  virtual Result<Page<Row>> List(const SecretQuery& query) = 0;
  // Each by itself, all in one transaction; what became of each. ABORTED, and nothing is written: the
  // setting kSealKeySetting isn't `seal_key`.
  virtual Result<std::vector<Written>> Write(const std::vector<SecretWrite<Row>>& writes,
                                             const std::string& seal_key) = 0;
  // false: there was none.
  virtual Result<bool> Delete(const std::string& key, const std::optional<EventRow>& event) = 0;
  // Rows sealed by another key than `key_id`: after that one, by key, at most `most`.
  virtual Result<std::vector<Row>> NotSealedBy(const std::string& key_id, const std::string& after,
                                               size_t most) = 0;
};

// Over the SQL seam, for every kind of database: with a connection that reads, and in one transaction
// that writes; either may be repeated.
using SqlDoor = std::function<Status(const std::function<Status(Sql&)>& act)>;
std::unique_ptr<SecretRows<VariableRow>> MakeVariableRows(SqlDoor read, SqlDoor write);
std::unique_ptr<SecretRows<ConnectionRow>> MakeConnectionRows(SqlDoor read, SqlDoor write);

}  // namespace gale
