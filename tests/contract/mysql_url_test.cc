// URLs of databases, as people have them in airflow.cfg.
#include "master/store/mysql_url.h"

#include <gtest/gtest.h>

namespace gale {
namespace {

TEST(MySqlUrl, OfEveryDriversNameIsTaken) {
  for (const char* scheme :
       {"mysql", "mysql+pymysql", "mysql+mysqldb", "mysql+mysqlconnector", "mariadb"}) {
    auto url = ParseMySqlUrl(std::string(scheme) +
                             "://airflow:secret@db.example:3307/airflow?charset=utf8mb4");
    ASSERT_TRUE(url.ok()) << url.status().ToString();
    EXPECT_EQ(url->options.host, "db.example");
    EXPECT_EQ(url->options.port, 3307);
    EXPECT_EQ(url->options.user, "airflow");
    EXPECT_EQ(url->options.password, "secret");
    EXPECT_EQ(url->options.database, "airflow");
    EXPECT_EQ(url->ignored, std::vector<std::string>{"charset"});
  }
  EXPECT_TRUE(IsMySqlUrl("mysql+pymysql://x"));
  for (const char* other : {"sqlite:///a.db", "mysqlite://x", "postgresql://h/d", "mysql:x", ""}) {
    EXPECT_FALSE(IsMySqlUrl(other)) << other;
    EXPECT_EQ(ParseMySqlUrl(other).status().code(), Code::kInvalidArgument);
  }
}

TEST(MySqlUrl, EscapesAreDecodedAndThePortHasADefault) {
  auto url = ParseMySqlUrl("mysql://us%40er:p%40ss%3a%2F%25@host/da%20ta");
  ASSERT_TRUE(url.ok()) << url.status().ToString();
  EXPECT_EQ(url->options.user, "us@er");
  EXPECT_EQ(url->options.password, "p@ss:/%");
  EXPECT_EQ(url->options.database, "da ta");
  EXPECT_EQ(url->options.port, 3306);
  EXPECT_EQ(ParseMySqlUrl("mysql://u:p@@h/d")->options.password, "p@");
  EXPECT_EQ(ParseMySqlUrl("mysql://u@[::1]:3/d")->options.host, "::1");
}

TEST(MySqlUrl, TlsIsAskedForByItsOptions) {
  using Tls = MySqlOptions::Tls;
  EXPECT_EQ(ParseMySqlUrl("mysql://u@h/d")->options.tls, Tls::kPreferred);
  auto url = ParseMySqlUrl("mysql://u@h/d?ssl_ca=%2Fca.pem&ssl_cert=/c.pem&ssl_key=/k.pem");
  EXPECT_EQ(url->options.tls, Tls::kRequired);
  EXPECT_EQ(url->options.tls_ca + url->options.tls_cert + url->options.tls_key,
            "/ca.pem/c.pem/k.pem");
  EXPECT_EQ(ParseMySqlUrl("mysql://u@h/d?ssl_mode=verify-ca&ssl_ca=/c")->options.tls,
            Tls::kVerifyCa);
  EXPECT_EQ(ParseMySqlUrl("mysql://u@h/d?ssl_verify_cert=true")->options.tls, Tls::kVerifyIdentity);
  EXPECT_EQ(ParseMySqlUrl("mysql://u@h/d?connect_timeout=7")->options.connect_timeout.count(), 7);
}

TEST(MySqlUrl, ThatIsWrongSaysWhatWithoutThePassword) {
  for (auto [text, part] : {std::pair{"mysql://u:hunter2@h:99999/d", "port"},
                            {"mysql://u:hunter2@h:x/d", "port"},
                            {"mysql://u:hunter2%zz@h/d", "password"},
                            {"mysql://u:hunter2@h", "database"},
                            {"mysql://u:hunter2@/d", "host"},
                            {"mysql://:hunter2@h/d", "user"},
                            {"mysql://u:hunter2/x@h/d", ""},
                            {"mysql://h/d", "user"},
                            {"mysql://u:hunter2@h/d?ssl_mode=maybe", "ssl_mode"},
                            {"mysql://u:hunter2@h/d?connect_timeout=-1", "connect_timeout"},
                            {"mysql://u:hunter2@h/d?a=%", "query"},
                            {"mysql://u:hunter2@[::1/d", "host"}}) {
    auto url = ParseMySqlUrl(text);
    if (url.ok()) continue;
    EXPECT_EQ(url.status().code(), Code::kInvalidArgument);
    EXPECT_NE(url.status().message().find(part), std::string::npos) << url.status().message();
    EXPECT_EQ(url.status().message().find("hunter2"), std::string::npos) << url.status().message();
  }
  EXPECT_FALSE(ParseMySqlUrl("mysql://u:p@h:99999/d").ok());
  EXPECT_FALSE(ParseMySqlUrl("mysql://u:p@h").ok());
}

}  // namespace
}  // namespace gale
