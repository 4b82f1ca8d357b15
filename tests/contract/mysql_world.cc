#include "tests/contract/mysql_world.h"

#include <atomic>

namespace gale {
namespace {

std::string Root() {
  const char* root = std::getenv("GALE_TEST_MYSQL_ROOT");
  return root ? root : std::string(GALE_TESTS_DIR) + "/../build/mysql/root";
}

}  // namespace

MySqlServer& SharedServer(MySqlKind kind) {
  if (kind == MySqlKind::kMySql) {
    static MySqlServer mysql({.mysql_root = Root()});
    return mysql;
  }
  static MySqlServer mariadb;
  return mariadb;
}

MySqlOptions RootOptions(const MySqlServer& server) {
  MySqlOptions options;
  options.port = server.port();
  options.user = "root";
  options.database = "mysql";
  return options;
}

std::unique_ptr<mysql::Connection> Root(const MySqlServer& server) {
  auto db = mysql::Connection::Open(RootOptions(server), mysql::Role::kNoSchema);
  GALE_CHECK(db.ok(), "{}", db.status().ToString());
  return std::move(*db);
}

MySqlWorld::MySqlWorld(MySqlServer& server) : server_(server), options_(RootOptions(server)) {
  static std::atomic<int> last{0};
  options_.database = fmt::format("gale`{}", ++last);  // a name that must be quoted
}

MySqlWorld::~MySqlWorld() {
  (void)Root(server_)->Run("DROP DATABASE IF EXISTS " + mysql::QuoteName(options_.database));
}

std::unique_ptr<Store> MySqlWorld::Open() {
  auto store = OpenMySqlStore(options_);
  GALE_CHECK(store.ok(), "{}", store.status().ToString());
  return std::move(*store);
}

std::vector<SchemaText> MySqlWorld::TextColumns() {
  auto db = Root(server_);
  auto rows = db->Query(
      mysql::Bind("SELECT table_name, column_name, character_maximum_length"
                  " FROM information_schema.columns WHERE table_schema = ?"
                  " AND data_type IN ('char', 'varchar', 'tinytext', 'text', 'mediumtext',"
                  " 'longtext', 'varbinary')",
                  options_.database));
  GALE_CHECK(rows.ok(), "{}", rows.status().ToString());
  std::vector<SchemaText> found;
  while (rows->Next()) {
    int64_t most = 0;
    SchemaText& column = found.emplace_back();
    rows->Read(column.table, column.column, most);
    column.bytes_max = static_cast<size_t>(most);
  }
  return found;
}

}  // namespace gale
