// Expected values: what Airflow 3's Connection makes of the same URIs and fields.
#include "master/secrets/connection.h"

#include <gmock/gmock.h>

namespace gale {
namespace {

using nlohmann::json;
using testing::HasSubstr;

// "type host port schema login password extra", '-' for none.
std::string Fields(const Connection& c) {
  auto text = [](const std::string& value) { return value.empty() ? std::string("-") : value; };
  return fmt::format("{} {} {} {} {} {} {}", text(c.conn_type), text(c.host),
                     c.port ? fmt::format("{}", *c.port) : "-", text(c.schema), text(c.login),
                     text(c.password), text(c.extra));
}

TEST(ConnectionUri, IsReadAndWrittenAsAirflowDoes) {
  struct Case {
    std::string uri, fields;
    std::string written = "";  // empty: as it was
  };
  const Case cases[] = {
      {"postgres://me:hush@db1:5432/sales?sslmode=require",
       R"(postgres db1 5432 sales me hush {"sslmode":"require"})"},
      {"postgresql://me@db1/sales", "postgres db1 - sales me - -", "postgres://me@db1/sales"},
      {"mysql://root:p%40ss%3Aw%2Frd@db.example:3306/a%2Fb",
       "mysql db.example 3306 a/b root p@ss:w/rd -"},
      {"http://https://api.example:443/v1/path", "http https://api.example 443 v1/path - - -",
       "http://https://api.example:443/v1%2Fpath"},
      {"http://https://me:pw@api.example", "http https://api.example - - me pw -"},
      {"https://api.example", "https api.example - - - - -"},
      {"google-cloud-platform://?keyfile_path=%2Fkeys%2Fk.json&num_retries=5",
       R"(google_cloud_platform - - - - - {"keyfile_path":"/keys/k.json","num_retries":"5"})",
       "google-cloud-platform:///?keyfile_path=%2Fkeys%2Fk.json&num_retries=5"},
      {"google-cloud-platform:///?__extra__=%7B%22a%22%3A+%7B%22b%22%3A+1%7D%7D",
       R"(google_cloud_platform - - - - - {"a": {"b": 1}})"},
      {"aws://AKIA:s%2Fe%2Bc@/?region_name=eu-west-1",
       R"(aws - - - AKIA s/e+c {"region_name":"eu-west-1"})"},
      {"sqlite:////tmp/my%20db.sqlite", "sqlite - - /tmp/my db.sqlite - - -",
       "sqlite:///%2Ftmp%2Fmy%20db.sqlite"},
      {"postgres://me@[::1]:5432/db", "postgres ::1 5432 db me - -",
       "postgres://me@%3A%3A1:5432/db"},
      {"postgres://[fe80::1%25eth0]/db", "postgres fe80::1%25eth0 - db - - -",
       "postgres://fe80%3A%3A1%2525eth0/db"},
      {"postgres://%2Fvar%2Frun%2Fpostgresql/db", "postgres /var/run/postgresql - db - - -"},
      {"http://https%3A%2F%2Fapi.example", "http https://api.example - - - - -",
       "http://https://api.example"},
      {"mysql+pymysql://u:p@h/d?charset=utf8mb4",
       R"(mysql+pymysql h - d u p {"charset":"utf8mb4"})"},
      {"fs://", "fs - - - - - -"},
      {"redis://:hush@cache:6379/0", "redis cache 6379 0 - hush -"},
      {"redis://@:6379", "redis - 6379 - - - -"},
      {"ssh://user@host?key=&no_host_key_check=true",
       R"(ssh host - - user - {"key":"","no_host_key_check":"true"})",
       "ssh://user@host/?key=&no_host_key_check=true"},
      {"spark://local%5B%2A%5D", "spark local[*] - - - - -"},
      {"snowflake://u:p@/sch?account=x&warehouse=w+h",
       R"(snowflake - - sch u p {"account":"x","warehouse":"w h"})"},
      {"http://h?a=b%3Dc&d=%26", R"(http h - - - - {"a":"b=c","d":"&"})",
       "http://h/?a=b%3Dc&d=%26"},
      {"emr://?__extra__=not+json", "emr - - - - - not json", "emr:///?__extra__=not+json"},
      {"oracle://u:%E2%82%AC@h:1521/S%C3%A9", "oracle h 1521 Sé u € -"},
      {"my_type://h", "my_type h - - - - -", "my-type://h"},
      {"http://u:100%25%zz%@h", "http h - - u 100%%zz% -", "http://u:100%25%25zz%25@h"},
  };
  for (const Case& each : cases) {
    SCOPED_TRACE(each.uri);
    const auto connection = ConnectionFromUri(each.uri);
    ASSERT_TRUE(connection.ok()) << connection.status().ToString();
    EXPECT_EQ(Fields(*connection), each.fields);
    const std::string written = ConnectionToUri(*connection);
    EXPECT_EQ(written, each.written.empty() ? each.uri : each.written);
    EXPECT_EQ(Fields(*ConnectionFromUri(written)), each.fields) << "and back";
  }
}

TEST(ConnectionUri, WhatItCannotBeIsSaidWithoutShowingIt) {
  for (const auto& [uri, says] : {
           std::pair("", "doesn't begin with a type"),
           {"db1:5432", "doesn't begin with a type"},
           {"://h", "doesn't begin with a type"},
           {"post gres://h", "doesn't begin with a type"},
           {"postgres://me:hush@db1:54x2/sales", "port: '54x2' is no number from 0 to 65535"},
           {"postgres://me:hush@db1:65536", "port: '65536'"},
           {"postgres://me:hu#sh@db1", "port: 'hu' is no number"},
           {"postgres://h/db?a=1#2", "has a '#'"},
           {"http://me:hush@https://h", "a login stands behind the host's protocol"},
           {"http://https://a://b", "'://' where none may be"},
       }) {
    const Status status = ConnectionFromUri(uri).status();
    EXPECT_EQ(status.code(), Code::kInvalidArgument) << uri;
    EXPECT_THAT(std::string(status.message()), HasSubstr(says)) << uri;
    EXPECT_EQ(status.message().find("hush"), std::string::npos);
  }
}

TEST(ConnectionJson, HasAirflowsFieldsBothWays) {
  const json fields = json::parse(R"({"conn_type": "postgres", "host": "db1", "login": "me",
      "password": "hush", "schema": "sales", "port": 5432, "extra": "{\"a\": 1}",
      "description": null})");
  EXPECT_EQ(ConnectionToJson(*ConnectionFromJson(fields)), fields);
  EXPECT_EQ(Fields(*ConnectionFromText(R"( {"conn_type": "google-cloud-platform", "port": "80",
      "extra": {"a": {"b": [1]}}} )")),
            R"(google_cloud_platform - 80 - - - {"a":{"b":[1]}})");
  EXPECT_EQ(Fields(*ConnectionFromText("http://h")), "http h - - - - -");
  EXPECT_EQ(Fields(*ConnectionFromText(R"({"uri": "http://h", "description": "x"})")),
            "http h - - - - -");

  const json deep = json::parse(std::string(150, '[') + std::string(150, ']'));
  for (const auto& [bad, says] : {
           std::pair(json::parse(R"({"hots": "x"})"), "no field 'hots'"),
           {json::parse(R"({"host": ["x"]})"), "host: expected a text"},
           {json::parse(R"({"port": "x"})"), "port: 'x'"},
           {json::parse(R"({"port": -1})"), "port: '-1'"},
           {json::parse(R"({"port": {}})"), "port: '{}'"},
           {json(5), "expected a JSON object"},
           {json{{"extra", json{{"a", deep}}}}, "extra: is nested deeper"},
       }) {
    EXPECT_THAT(std::string(ConnectionFromJson(bad).status().message()), HasSubstr(says));
  }
  EXPECT_THAT(std::string(ConnectionFromText("{oops").status().message()), HasSubstr("isn't JSON"));
}

TEST(Connection, IsCheckedBeforeItIsStored) {
  Connection connection;
  auto says = [&](const char* what) {
    EXPECT_THAT(std::string(CheckConnection(connection).message()), HasSubstr(what));
  };
  says("needs an id");
  connection.conn_id = "a b";
  says("its id may hold letters");
  connection.conn_id = "my.conn-1:x/é";
  says("has no type (conn_type)");
  connection.conn_type = "http";
  EXPECT_TRUE(CheckConnection(connection).ok());
  connection.password = std::string((1 << 20) + 1, 'x');
  says("password: has 1048577 bytes; at most 1048576 are taken");
  EXPECT_THAT(std::string(CheckVariable({"k", connection.password, ""}).message()),
              HasSubstr("variable 'k': value: has 1048577 bytes"));
}

}  // namespace
}  // namespace gale
