#include "cli/secret_files.h"

#include <gmock/gmock.h>

namespace gale::cli {
namespace {

using testing::HasSubstr;

std::string Read(std::string_view text, FileFormat format) {
  const auto variables = ReadVariables(text, format);
  if (!variables.ok()) return std::string(variables.status().message());
  std::string out;
  for (const Variable& each : *variables) {
    out += fmt::format("{}={}{};", each.key, each.value,
                       each.description.empty() ? "" : " (" + each.description + ")");
  }
  return out;
}

TEST(VariableFiles, AreReadAsAirflowReadsThem) {
  const std::string expected =
      "a=text;b={\n  \"x\": [\n    1\n  ]\n};c=5;d=with (what it is);e=null;f=1.10;";
  EXPECT_EQ(Read(R"({"a": "text", "b": {"x": [1]}, "c": 5, "f": "1.10",
                     "d": {"value": "with", "description": "what it is"}, "e": null})",
                 FileFormat::kJson),
            expected);
  EXPECT_EQ(Read("a: text\nb:\n  x: [1]\nc: 5\nd:\n  value: with\n  description: what it is\n"
                 "e: null\nf: 1.10\n",
                 FileFormat::kYaml),
            expected);
  EXPECT_EQ(Read("# the a\na=text=more\n\nb={\"x\": 1}\r\n", FileFormat::kEnv),
            "a=text=more;b={\"x\": 1};");
  EXPECT_EQ(Read("a: '5'\nb: |\n  two\n  lines\nc: true\n", FileFormat::kYaml),
            "a=5;b=two\nlines\n;c=true;");
  EXPECT_EQ(Read("", FileFormat::kYaml), "");
}

TEST(VariableFiles, WhatIsWrongIsSaidByLineOrName) {
  EXPECT_EQ(Read("{\"a\": 1,\n oops}", FileFormat::kJson), "line 2: is no JSON");
  EXPECT_THAT(Read("a: [1,\nb: }", FileFormat::kYaml), HasSubstr("is no YAML"));
  EXPECT_EQ(Read("a=1\nb\n", FileFormat::kEnv), "line 2: expected KEY=VALUE");
  EXPECT_EQ(Read("[1]", FileFormat::kJson), "expected an object of names");
  EXPECT_EQ(Read(R"({"a": 1, "b": {"a": 1}, "a": 2})", FileFormat::kJson),
            "'a' stands there twice");
  EXPECT_EQ(Read("a=1\na=2", FileFormat::kEnv), "line 2: 'a' stands there twice");
  EXPECT_EQ(Read(std::string(100'000, '['), FileFormat::kJson), "line 1: is no JSON");
  EXPECT_THAT(
      Read("{\"a\":" + std::string(9000, '[') + std::string(9000, ']') + "}", FileFormat::kJson),
      HasSubstr("nested deeper"));
  EXPECT_EQ(FormatOfPath("vars.txt").status().message(),
            "'vars.txt': its name must end in .json, .yaml, .yml or .env");
  EXPECT_EQ(*FormatOfPath("/a.b/vars.yml"), FileFormat::kYaml);
}

TEST(VariableFiles, WhatIsWrittenIsReadAsTheSameAgain) {
  const std::vector<Variable> variables = {
      {"text", "a \"quoted\" text: with # and 'all'\nlines\t\xf0\x9f\x9a\x80", "said: so"},
      {"json", "{\n  \"a\": 1\n}", ""},
      {"compact", "{\"a\":1}", ""},
      {"has value", "{\n  \"value\": 5\n}", ""},
      {"number", "5", ""},
      {"not quite", "1.10", ""},
      {"quoted", "\"x\"", ""},
      {"null", "null", ""},
      {"yes", "yes", ""},
      {"empty", "", ""}};
  for (FileFormat format : {FileFormat::kJson, FileFormat::kYaml}) {
    const std::string text = WriteVariables(variables, format).value();
    const std::vector<Variable> again = ReadVariables(text, format).value();
    ASSERT_EQ(again.size(), variables.size()) << text;
    for (const Variable& each : variables) {
      const auto found = std::ranges::find(again, each.key, &Variable::key);
      ASSERT_NE(found, again.end()) << each.key;
      EXPECT_EQ(found->value, each.value) << text;
      EXPECT_EQ(found->description, each.description) << text;
    }
  }
  EXPECT_EQ(*WriteVariables({{"a", "1", "lost"}, {"b", "x=y", ""}}, FileFormat::kEnv),
            "a=1\nb=x=y\n");
  EXPECT_THAT(std::string(WriteVariables({{"a", "1\n2", ""}}, FileFormat::kEnv).status().message()),
              HasSubstr("'a' holds a line break"));
}

TEST(ConnectionFiles, AreReadAndWrittenInEveryForm) {
  const std::string json = R"({"uri": "postgres://me:hush@db1:5432/sales?sslmode=require",
      "list": ["http://h"], "fields": {"conn_type": "ssh", "host": "h", "extra_dejson": {"a": [1]}}})";
  const std::vector<Connection> connections = ReadConnections(json, FileFormat::kJson).value();
  ASSERT_EQ(connections.size(), 3u);
  for (const auto& [format, as_uri] : {std::pair(FileFormat::kJson, false),
                                       {FileFormat::kYaml, false},
                                       {FileFormat::kEnv, true},
                                       {FileFormat::kEnv, false}}) {
    const std::string text = WriteConnections(connections, format, as_uri).value();
    const std::vector<Connection> again = ReadConnections(text, format).value();
    ASSERT_EQ(again.size(), 3u) << text;
    for (const Connection& each : connections) {
      const auto found = std::ranges::find(again, each.conn_id, &Connection::conn_id);
      ASSERT_NE(found, again.end()) << text;
      EXPECT_EQ(ConnectionToJson(*found), ConnectionToJson(each)) << text;
    }
  }
  const Status status = ReadConnections("a: {hots: x}", FileFormat::kYaml).status();
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("connection 'a': a connection has no field 'hots'"));
}

}  // namespace
}  // namespace gale::cli
