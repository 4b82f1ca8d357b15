// Real MariaDB and MySQL servers for the store's tests: each is started once a test program, when
// first asked for; each test has a database of its own.
#pragma once

#include <memory>
#include <string>

#include "master/store/mysql_db.h"
#include "tests/contract/store_contract.h"
#include "tests/support/mysql_server.h"

namespace gale {

enum class MySqlKind { kMariaDb, kMySql };

MySqlServer& SharedServer(MySqlKind kind);

// The administrator of a server.
MySqlOptions RootOptions(const MySqlServer& server);
std::unique_ptr<mysql::Connection> Root(const MySqlServer& server);

class MySqlWorld : public StoreWorld {
 public:
  explicit MySqlWorld(MySqlServer& server);
  ~MySqlWorld() override;
  std::unique_ptr<Store> Open() override;
  std::vector<SchemaText> TextColumns() override;
  const MySqlOptions& options() const { return options_; }
  MySqlServer& server() { return server_; }

 private:
  MySqlServer& server_;
  MySqlOptions options_;
};

}  // namespace gale
