#include "cli/table.h"

#include <gtest/gtest.h>

#include <sstream>

#include "cli/text.h"
#include "cli/tree.h"

namespace gale::cli {
namespace {

using Style = Column::Style;

Table Sample() {
  Table table(
      {{"dag_id"}, {"state", Style::kState}, {"paused"}, {"start"}, {"tags", Style::kHidden}});
  table.Add({std::string("first"), std::string("success"), true,
             ParseTime("2026-11-23T10:00:00.5Z").value(), std::vector<std::string>{"a", "b"}});
  table.Add({std::string("no"), std::string("failed"), false, std::monostate(),
             std::vector<std::string>{}});
  return table;
}

std::string Printed(const Table& table, Format format, bool color = false) {
  std::ostringstream out;
  table.Print(out, format, color);
  return out.str();
}

TEST(Table, IsAlignedForPeopleWithoutWhatIsForPrograms) {
  EXPECT_EQ(Printed(Sample(), Format::kTable),
            "dag_id | state   | paused | start\n"
            "=======+=========+========+=====================\n"
            "first  | success | True   | 2026-11-23T10:00:00Z\n"
            "no     | failed  | False  |\n");
}

TEST(Table, PlainHasNoRule) {
  EXPECT_EQ(Printed(Sample(), Format::kPlain),
            "dag_id  state    paused  start\n"
            "first   success  True    2026-11-23T10:00:00Z\n"
            "no      failed   False\n");
}

TEST(Table, JsonIsAListOfObjectsWithTypesAndTimesInFull) {
  EXPECT_EQ(Printed(Sample(), Format::kJson), R"([
  {
    "dag_id": "first",
    "state": "success",
    "paused": true,
    "start": "2026-11-23T10:00:00.500000+00:00",
    "tags": ["a", "b"]
  },
  {
    "dag_id": "no",
    "state": "failed",
    "paused": false,
    "start": null,
    "tags": []
  }
]
)");
}

TEST(Table, YamlQuotesWhatWouldBeReadAsSomethingElse) {
  EXPECT_EQ(Printed(Sample(), Format::kYaml), R"(- dag_id: first
  state: success
  paused: true
  start: "2026-11-23T10:00:00.500000+00:00"
  tags: ["a", "b"]
- dag_id: "no"
  state: failed
  paused: false
  start: null
  tags: []
)");
}

TEST(Table, NothingIsSaidOrAnEmptyList) {
  const Table empty({{"dag_id"}});
  EXPECT_EQ(Printed(empty, Format::kTable), "No data found\n");
  EXPECT_EQ(Printed(empty, Format::kJson), "[]\n");
  EXPECT_EQ(Printed(empty, Format::kYaml), "[]\n");
}

TEST(Table, ColoursStatesOnATerminal) {
  const std::string text = Printed(Sample(), Format::kTable, true);
  EXPECT_NE(text.find("\033[32msuccess\033[0m |"), std::string::npos) << text;
  EXPECT_NE(text.find("\033[31mfailed\033[0m  |"), std::string::npos) << text;
}

TEST(Table, NoCellCanMoveTheCursorOrBreakTheRow) {
  Table table({{"description"}});
  table.Add({std::string("a\nb\033[2Jc")});
  EXPECT_EQ(Printed(table, Format::kPlain), "description\na b [2Jc\n");
  EXPECT_NE(Printed(table, Format::kJson).find(R"("a\nb\u001b[2Jc")"), std::string::npos);
}

TEST(Table, WideLettersTakeTwoColumns) {
  EXPECT_EQ(DisplayWidth("abc"), 3u);
  EXPECT_EQ(DisplayWidth("텍스트"), 6u);
  EXPECT_EQ(DisplayWidth("é"), 1u);
}

TEST(Table, ARecordIsALinePerField) {
  Table table({{"dag_id"}, {"max"}});
  table.Add({std::string("x"), int64_t{3}});
  std::ostringstream people, json;
  table.PrintRecord(people, Format::kTable, false);
  table.PrintRecord(json, Format::kJson, false);
  EXPECT_EQ(people.str(), "dag_id  x\nmax     3\n");
  EXPECT_EQ(json.str(), "{\n  \"dag_id\": \"x\",\n  \"max\": 3\n}\n");
}

TEST(Table, UnknownFormatIsRefusedByName) {
  const Status status = ParseFormat("xml").status();
  EXPECT_EQ(status.code(), Code::kInvalidArgument);
  EXPECT_NE(status.message().find("'xml'"), std::string_view::npos);
}

TEST(Text, NearestFindsATypoAndNothingElse) {
  EXPECT_EQ(Nearest("trigge", {"trigger", "list"}), "trigger");
  EXPECT_EQ(Nearest("frobnicate", {"trigger", "list"}), "");
}

TEST(Tree, DrawsEachTaskWholeOnce) {
  v1::DagSpec spec;
  spec.set_dag_id("d");
  auto add = [&](const std::string& id, std::vector<std::string> next) {
    v1::TaskSpec& task = *spec.add_tasks();
    task.set_task_id(id);
    for (const std::string& n : next) task.add_downstream_task_ids(n);
  };
  add("a", {"b", "c"});
  add("b", {"join"});
  add("c", {"join"});
  add("join", {"end"});
  add("end", {});
  EXPECT_EQ(DrawTree(spec),
            "d: 5 tasks\n"
            "a\n"
            "|-- b\n"
            "|   > join\n"
            "|   > end\n"
            "`-- c\n"
            "    > join ...\n");
}

// It was a staircase of 4,000 columns, mostly blanks.
TEST(Tree, ALongChainStaysInItsColumnAndDeepBranchesAreDrawnFurtherBelow) {
  v1::DagSpec spec;
  spec.set_dag_id("d");
  auto add = [&](const std::string& id, std::vector<std::string> next) {
    v1::TaskSpec& task = *spec.add_tasks();
    task.set_task_id(id);
    for (const std::string& n : next) task.add_downstream_task_ids(n);
  };
  constexpr int kTasks = 1000;
  for (int i = 0; i < kTasks; ++i) {
    add(fmt::format("chain_{}", i),
        i + 1 < kTasks ? std::vector{fmt::format("chain_{}", i + 1)} : std::vector<std::string>{});
  }
  for (int i = 0; i < kTasks; ++i) {
    std::vector<std::string> next;
    if (i + 1 < kTasks) next = {fmt::format("side_{}", i), fmt::format("ladder_{}", i + 1)};
    add(fmt::format("ladder_{}", i), next);
    if (i + 1 < kTasks) add(fmt::format("side_{}", i), {});
  }
  const std::string tree = DrawTree(spec);
  size_t lines = 0, widest = 0;
  std::istringstream in(tree);
  for (std::string line; std::getline(in, line); ++lines) {
    widest = std::max(widest, line.size());
  }
  EXPECT_LE(widest, 80u);
  EXPECT_LE(lines, 3200u);
  for (const v1::TaskSpec& task : spec.tasks()) {
    EXPECT_NE(tree.find(task.task_id() + "\n"), std::string::npos) << task.task_id();
  }
  EXPECT_EQ(tree.find("chain_1\n> chain_2\n> chain_3\n"), tree.find("chain_1\n"));
}

}  // namespace
}  // namespace gale::cli
