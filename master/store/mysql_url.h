// Database URLs, as SQLAlchemy and Airflow write them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"
#include "master/store/store.h"

namespace gale {

struct MySqlUrl {
  MySqlOptions options;
  std::vector<std::string> ignored;  // names of query options that mean nothing to Gale
};

// Is it for MySQL: mysql://, mysql+pymysql://, mysql+mysqldb://, mysql+mysqlconnector://,
// mariadb://, mariadb+...://?
bool IsMySqlUrl(std::string_view url);

// "mysql://user:password@host:port/database?ssl_ca=/etc/ca.pem". Percent escapes are decoded; the
// port is 3306 if none is given. Query options: ssl_ca, ssl_cert, ssl_key, ssl_mode (DISABLED,
// PREFERRED, REQUIRED, VERIFY_CA, VERIFY_IDENTITY), ssl_verify_cert, connect_timeout (seconds);
// others are ignored. INVALID_ARGUMENT says what is wrong and never repeats the password.
Result<MySqlUrl> ParseMySqlUrl(std::string_view url);

}  // namespace gale
