// What tests need and isn't there fails them by name: it is never skipped.
#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/support/mysql_server.h"
#include "tests/support/program.h"
#include "tests/support/redis_server.h"

namespace gale {
namespace {

template <class Act>
std::string Complaint(Act act) {
  try {
    act();
  } catch (const std::exception& failure) {
    return failure.what();
  }
  return "";
}

TEST(Servers, OneThatIsMissingIsNamedWithWhereToGetIt) {
  EXPECT_EQ(Complaint([] { FindProgram("gale-none", "apt-get install none"); }),
            "gale-none is missing: apt-get install none");
  EXPECT_EQ(Complaint([] { FindProgram("sh", ""); }), "");
  const std::string mysql = Complaint([] { MySqlServer({.mysql_root = "/nowhere"}); });
  EXPECT_TRUE(
      mysql.starts_with("/nowhere/usr/sbin/mysqld is missing: tests/support/fetch_mysql.sh"))
      << mysql;
  setenv("GALE_TEST_REDIS_SERVER", "/nowhere/redis-server", 1);
  const std::string redis = Complaint([] { RedisServer(); });
  unsetenv("GALE_TEST_REDIS_SERVER");
  EXPECT_EQ(redis, "/nowhere/redis-server is missing: apt-get install redis-server");
}

}  // namespace
}  // namespace gale
