// Rows that a schema would refuse are never made: what has an author is refused by field, what has
// none is repaired.
#include <gmock/gmock.h>

#include "common/base/text_limits.h"
#include "tests/unit/master/engine/loop_fixture.h"

namespace gale {
namespace {

using testing::HasSubstr;

class Doors : public LoopTest {
 protected:
  std::string SetPool(const PoolRow& pool) {
    Result<PoolRow> row = Internal("not asked");
    EXPECT_TRUE(Turn([&](Loop& l) { row = l.SetPool(pool, actor_); }).ok());
    return row.ok() ? "" : std::string(row.status().message());
  }
  std::vector<ImportErrorRow> Errors() { return store_.reads().ListImportErrors({}).value().rows; }
};

TEST_F(Doors, APoolThatIsNoNameIsRefusedByField) {
  EXPECT_THAT(SetPool({.name = std::string("\0", 1), .slots = 1}), HasSubstr("name: byte 1"));
  EXPECT_THAT(SetPool({.name = "", .slots = 1}), HasSubstr("name: empty"));
  EXPECT_THAT(SetPool({.name = "gpu\xe9", .slots = 1}), HasSubstr("not UTF-8"));
  EXPECT_THAT(SetPool({.name = "gpu", .slots = 1, .description = std::string(65537, 'x')}),
              HasSubstr("pool 'gpu': description: has 65537 bytes; at most 65536"));
  EXPECT_EQ(SetPool({.name = std::string(limits::kPoolNameBytesMax, 'x'), .slots = 1}), "");
  EXPECT_THAT(SetPool({.name = std::string(limits::kPoolNameBytesMax + 1, 'x'), .slots = 1}),
              HasSubstr("name: has 257 bytes"));
  EXPECT_EQ(SetPool({.name = "\xf0\x9f\x9a\x80", .slots = 1}), "") << "four bytes, one character";
}

TEST_F(Doors, ANoteOfOneByteTooManyIsRefusedAndTheRunGoesOn) {
  Know({MakeDag("d")});
  EXPECT_FALSE(Trigger({.dag_id = "d", .run_id = "r", .note = "bad \xe9"}).ok());
  ASSERT_TRUE(Trigger({.dag_id = "d", .run_id = "r", .note = std::string(1000, 'x')}).ok());
  MustTurn([&](Loop& l) {
    EXPECT_EQ(l.SetRunNote("d", "r", std::string(1001, 'x'), actor_).status().message(),
              "note: has 1001 bytes; at most 1000 are taken (kNoteBytesMax)");
  });
}

TEST_F(Doors, AnImportErrorOfAnyBytesIsShown) {
  MustTurn([](Loop& l) {
    l.ReportFile({.fileloc = "/dags",
                  .error = "/dags/donn\xe9"
                           "es.csv has 5000000 bytes"});
    l.ReportFile({.fileloc = "/dags/\xe9.py", .error = std::string(2 << 20, 'x')});
  });
  ASSERT_EQ(Errors().size(), 2u);
  EXPECT_EQ(Errors()[0].stack_trace,
            "/dags/donn\\xe9"
            "es.csv has 5000000 bytes");
  EXPECT_THAT(Errors()[1].filename, HasSubstr("/dags/\\xe9.py~"));
  EXPECT_EQ(Errors()[1].stack_trace.size(), limits::kStackTraceBytesMax);
  MustTurn([](Loop& l) { l.ReportFileGone("/dags/\xe9.py"); });
  EXPECT_EQ(Errors().size(), 1u);
}

TEST_F(Doors, AnOverlongPathHasItsErrorToo) {
  const std::string path = "/dags/" + std::string(2000, 'x');
  MustTurn([&](Loop& l) {
    l.ReportFile({.fileloc = path + "a.py", .error = "a"});
    l.ReportFile({.fileloc = path + "b.py", .error = "b"});
  });
  EXPECT_EQ(Errors().size(), 2u);
  MustTurn([&](Loop& l) { l.ReportFile({.fileloc = path + "a.py"}); });
  ASSERT_EQ(Errors().size(), 1u);
  EXPECT_EQ(Errors()[0].stack_trace, "b");
}

TEST_F(Doors, ADagWhoseWordsAreTooManyIsAnImportError) {
  DagSpec dag = MakeDag("d");
  dag.description = std::string(limits::kDescriptionBytesMax + 1, 'x');
  Know({dag, MakeDag("other")});
  ASSERT_EQ(Errors().size(), 1u);
  EXPECT_THAT(Errors()[0].stack_trace, HasSubstr("dag 'd': description: has 65537 bytes"));
  EXPECT_FALSE(store_.reads().GetDag("d").ok());
  EXPECT_TRUE(store_.reads().GetDag("other").ok()) << "its sibling stays";
}

}  // namespace
}  // namespace gale
