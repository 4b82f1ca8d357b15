// Variables and connections: read, written and listed by people (gRPC, REST) and by tasks (answers.h).
// They go to the ledger beside the engine, from any master; what is secret stands there sealed (vault.h).
//
// Thread-safe; blocks on the database. Errors name the variable or connection, never what it holds.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "master/secrets/connection.h"
#include "master/secrets/masking.h"
#include "master/secrets/probe.h"
#include "master/secrets/vault.h"

namespace gale {

struct SecretsOptions {
  std::string key_file;
  std::string sensitive_names;  // beside Airflow's: [core] sensitive_var_conn_names
  bool test_connections = false;
};

// What a write does where there is one of the name already.
enum class OnExisting : uint8_t { kOverwrite, kKeep };

class Secrets {
 public:
  // The store must outlive it.
  Secrets(Store& store, Files& files, const Clock& clock, SecretsOptions options);

  // FAILED_PRECONDITION: this master can't open what others sealed. It says which file and what to do.
  Status Check() { return vault_.Check(); }
  const Masking& masking() const { return masking_; }

  // NOT_FOUND: there is none; the message says what sets it.
  Result<Variable> GetVariable(const std::string& key);
  Result<Page<Variable>> ListVariables(const SecretQuery& query);
  // `owner`: who, for the trail. Each by itself: the statuses are of each, in order. ALREADY_EXISTS:
  // it was kept as it stands there.
  Result<std::vector<Status>> PutVariables(const std::vector<Variable>& variables,
                                           OnExisting existing, const std::string& owner);
  Status PutVariable(const Variable& variable, const std::string& owner);
  // Changes what stands there; again, if somebody else was faster. NOT_FOUND.
  Result<Variable> ChangeVariable(const std::string& key,
                                  const std::function<Status(Variable&)>& change,
                                  const std::string& owner);
  Status DeleteVariable(const std::string& key, const std::string& owner);  // NOT_FOUND

  Result<Connection> GetConnection(const std::string& conn_id);
  Result<Page<Connection>> ListConnections(const SecretQuery& query);
  Result<std::vector<Status>> PutConnections(const std::vector<Connection>& connections,
                                             OnExisting existing, const std::string& owner);
  Status PutConnection(const Connection& connection, const std::string& owner);
  Result<Connection> ChangeConnection(const std::string& conn_id,
                                      const std::function<Status(Connection&)>& change,
                                      const std::string& owner);
  Status DeleteConnection(const std::string& conn_id, const std::string& owner);
  // Blocks for seconds. PERMISSION_DENIED unless [core] test_connection allows it.
  Result<Probed> TestConnection(const Connection& connection);

 private:
  template <class Traits>
  class Table;

  Store& store_;
  const Clock& clock_;
  const SecretsOptions options_;
  const Masking masking_;
  Vault vault_;
};

}  // namespace gale
