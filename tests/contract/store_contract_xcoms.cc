// The contract's part about what tasks leave behind: XComs, and what their fields were.
#include "tests/contract/sample_rows.h"
#include "tests/contract/store_contract.h"

namespace gale {
namespace {

using namespace testing_rows;  // NOLINT

TEST_P(StoreContract, XComsOfANewTryReplaceThoseOfTheLast) {
  MustCommit({.runs = {SparseRun(1, "d", "r")},
              .xcoms = {XCom(1, 0, "a", "1"), XCom(1, 0, "b", "2"), XCom(1, 1, "a", "3")}});
  // Deleted and written in one batch: the deletion comes first.
  MustCommit({.xcoms = {XCom(1, 0, "b", "\"new\"")},
              .xcom_deletes = {{RunId(1), TaskIndex(0), kUnmapped}}});
  EXPECT_TRUE(Same(XComs(store_->reads(), 1, 0), {XCom(1, 0, "b", "\"new\"")}));
  EXPECT_TRUE(Same(XComs(store_->reads(), 1, 1), {XCom(1, 1, "a", "3")}));
  MustCommit({.xcoms = {XCom(1, 1, "a", "4")}});
  EXPECT_EQ(XComs(store_->reads(), 1, 1).front().value_json, "4");
}

TEST_P(StoreContract, TheXComsOfATaskAreReadByMapIndexFromBothEndsAndCounted) {
  std::vector<XComRow> xcoms;
  for (const int32_t index : {10, 2, 0, 7}) {
    xcoms.push_back(XCom(1, 3, "k", std::to_string(index)));
    xcoms.back().map_index = index;
  }
  xcoms.push_back(XCom(1, 3, "other", "1"));
  xcoms.push_back(XCom(1, 4, "k", "2"));
  xcoms.push_back(XCom(2, 3, "k", "3"));
  MustCommit({.xcoms = xcoms});
  auto listed = [&](bool backwards, uint32_t offset, uint32_t limit) {
    std::string text;
    const XComsOfTask query{RunId(1), TaskIndex(3), "k", backwards, offset, limit};
    const auto rows = store_->reads().TaskXComs(query).value();
    for (const XComRow& row : rows) text += row.value_json + " ";
    return text;
  };
  EXPECT_EQ(listed(false, 0, 9), "0 2 7 10 ");
  EXPECT_EQ(listed(false, 1, 2), "2 7 ");
  EXPECT_EQ(listed(true, 0, 2), "10 7 ");
  EXPECT_EQ(listed(false, 4, 2), "");
  EXPECT_EQ(*store_->reads().CountTaskXComs({RunId(1), TaskIndex(3), "k"}), 4u);
  EXPECT_EQ(*store_->reads().CountTaskXComs({RunId(1), TaskIndex(3), "none"}), 0u);
}

TEST_P(StoreContract, OneXComIsDeletedByItsNameAndTheLatestOfARunIsFound) {
  std::vector<XComRow> xcoms = {XCom(1, 0, "k", "1"), XCom(1, 1, "k", "2"), XCom(1, 2, "k", "3"),
                                XCom(1, 0, "other", "4")};
  xcoms[1].timestamp = At(50);
  MustCommit({.runs = {SparseRun(1, "d", "r")}, .xcoms = xcoms});
  EXPECT_EQ(store_->reads().LatestXCom(RunId(1), "k")->value().value_json, "2");
  EXPECT_FALSE(store_->reads().LatestXCom(RunId(1), "none")->has_value());
  MustCommit(
      {.xcom_name_deletes = {{{RunId(1), TaskIndex(1)}, "k"}, {{RunId(1), TaskIndex(0)}, "k"}}});
  EXPECT_EQ(store_->reads().LatestXCom(RunId(1), "k")->value().value_json, "3");
  EXPECT_EQ(XComs(store_->reads(), 1, 0).size(), 1u);
  MustCommit(
      {.xcoms = {XCom(1, 0, "k", "5")}, .xcom_name_deletes = {{{RunId(1), TaskIndex(0)}, "k"}}});
  EXPECT_EQ(XComs(store_->reads(), 1, 0).size(), 2u) << "deleted first, then written";
}

TEST_P(StoreContract, RenderedFieldsAreThoseOfTheLastTime) {
  MustCommit({.rendered = {Rendered(1, 0, R"({"a": 1})"), Rendered(1, 1, "{}")}});
  MustCommit({.rendered = {Rendered(1, 0, R"({"a": "größe"})")}});
  EXPECT_TRUE(Same(store_->reads().GetRendered({RunId(1), TaskIndex(0)})->value(),
                   Rendered(1, 0, R"({"a": "größe"})")));
  EXPECT_FALSE(store_->reads().GetRendered({RunId(2), TaskIndex(0)})->has_value());
  TiKey element{RunId(1), TaskIndex(0), 3};
  EXPECT_FALSE(store_->reads().GetRendered(element)->has_value());
}

TEST_P(StoreContract, NotesStayWhateverBecomesOfTheirTaskInstances) {
  TaskNoteRow element = TaskNote(1, 5, "of an element");
  element.map_index = 3;
  MustCommit({.tis = {FullTi(1, 5)},
              .task_notes = {TaskNote(1, 5, "größe 🚀"), element, TaskNote(1, 9, "no row yet"),
                             TaskNote(2, 0, "another run's")}});
  MustCommit({.tis = {SparseTi(1, 5, TiState::kNone)}, .task_notes = {TaskNote(1, 9, "")}});
  const std::vector<TaskNoteRow> notes =
      *store_->reads().ListTaskNotes({{RunId(1), TaskIndex(5), TaskIndex(9)}});
  ASSERT_EQ(notes.size(), 2u) << "an empty one is none";
  EXPECT_TRUE(Same(notes[0], TaskNote(1, 5, "größe 🚀")));
  EXPECT_TRUE(Same(notes[1], element));
  EXPECT_TRUE(store_->reads().ListTaskNotes({{RunId(1), TaskIndex(6), TaskIndex(9)}})->empty());
  EXPECT_EQ(store_->reads().ListTaskNotes({{RunId(1)}, {RunId(2)}})->size(), 3u);
  EXPECT_EQ(store_->reads().ListTaskNotes({{RunId(1), TaskIndex(5), TaskIndex(5), 0, 3}})->size(),
            1u);
}

}  // namespace
}  // namespace gale
