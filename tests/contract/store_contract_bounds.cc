// The contract's part about texts: THE table of bounds (master/store/bounds.cc) and both schemas
// say the same, and what is past a bound is refused by the field's name, before the database.
#include <map>
#include <set>

#include "common/base/text_limits.h"
#include "master/store/bounds.h"
#include "master/store/row_columns.h"
#include "tests/contract/sample_rows.h"
#include "tests/contract/store_contract.h"

namespace gale {

template <class Row>
requires std::same_as<std::remove_const_t<Row>, FavoriteRow>
auto Columns(Row& r) { return std::tie(r.user, r.dag_id); }

namespace {

using namespace testing_rows;  // NOLINT

const TextBounds& BoundsOf(std::string_view table, std::string_view column) {
  for (const ColumnBounds& each : TextColumns()) {
    if (each.table == table && each.column == column) return each.bounds;
  }
  GALE_CHECK(false, "{}.{} has no bounds", table, column);
}

// `bytes` of them, as few characters as that takes.
std::string Rockets(size_t bytes) {
  std::string out(bytes % 4, 'x');
  while (out.size() < bytes) out += "\xf0\x9f\x9a\x80";
  return out;
}

void Set(std::string& text, size_t bytes) { text = Rockets(bytes); }
void Set(std::vector<std::string>& list, size_t bytes) { list = {Rockets(bytes - 4)}; }  // ["..."]
template <class T>
void Set(T&, size_t) {}
template <class T>
constexpr bool kIsText =
    std::is_same_v<T, std::string> || std::is_same_v<T, std::vector<std::string>>;

// Every text of the row at its maximum, but the one of the place `past`, which is one byte longer.
// Returns that one's column; "" once there are no more.
template <class Row>
std::string Fill(std::string_view table, std::string_view columns, size_t past, Row& row) {
  std::string longer;
  size_t texts = 0;
  auto set = [&](auto& value) {
    const size_t end = std::min(columns.find(','), columns.size());
    const std::string_view column = columns.substr(0, end);
    columns.remove_prefix(std::min(columns.size(), end + 2));
    if constexpr (kIsText<std::remove_cvref_t<decltype(value)>>) {
      const bool this_one = texts++ == past;
      if (this_one) longer = column;
      Set(value, BoundsOf(table, column).bytes_max + (this_one ? 1 : 0));
    }
  };
  std::apply([&](auto&... values) { (set(values), ...); }, Columns(row));
  return longer;
}

constexpr size_t kNone = SIZE_MAX;

// At the maximum a row of the table is taken, one past it refused; `put` writes it.
template <class Row, class Put>
void TryBounds(std::string_view table, std::string_view columns, Row row, Put put) {
  Fill(table, columns, kNone, row);
  const Status largest = put(row);
  EXPECT_TRUE(largest.ok()) << table << ": " << largest.ToString().substr(0, 300);
  for (size_t past = 0;; ++past) {
    Row longer = row;
    const std::string column = Fill(table, columns, past, longer);
    if (column.empty()) break;
    const Status refused = put(longer);
    EXPECT_EQ(refused.code(), Code::kInvalidArgument) << table << "." << column;
    EXPECT_NE(refused.message().find(column + ": has "), std::string::npos)
        << refused.message().substr(0, 300);
  }
}

TEST_P(StoreContract, ARowWithEveryTextAtItsMaximumIsTakenAndOnePastItRefused) {
  TryBounds("dag", kDagColumns, DagRow{}, [&](const DagRow& r) { return Commit({.dags = {r}}); });
  RunRow run = SparseRun(1, "d", "r");
  TryBounds("dag_run", kRunColumns, run, [&](const RunRow& r) { return Commit({.runs = {r}}); });
  TryBounds("task_instance", kTiColumns, SparseTi(1, 0),
            [&](const TiRow& r) { return Commit({.tis = {r}}); });
  TryBounds("task_attempt", kAttemptColumns, FullAttempt(1, 0, 1),
            [&](const AttemptRow& r) { return Commit({.attempts = {r}}); });
  TryBounds("xcom", kXComColumns, XCom(1, 0, "", ""),
            [&](const XComRow& r) { return Commit({.xcoms = {r}}); });
  TryBounds("rendered_fields", kRenderedColumns, RenderedRow{.run = RunId(1)},
            [&](const RenderedRow& r) { return Commit({.rendered = {r}}); });
  TryBounds("task_note", kTaskNoteColumns, TaskNoteRow{.run = RunId(1)},
            [&](const TaskNoteRow& r) { return Commit({.task_notes = {r}}); });
  TryBounds("pool", kPoolColumns, PoolRow{},
            [&](const PoolRow& r) { return Commit({.pools = {r}}); });
  TryBounds("worker", kWorkerColumns, WorkerRow{},
            [&](const WorkerRow& r) { return Commit({.workers = {r}}); });
  TryBounds("import_error", kImportErrorColumns, ImportErrorRow{},
            [&](const ImportErrorRow& r) { return Commit({.import_errors = {r}}); });
  TryBounds("event_log", kEventColumns, EventRow{},
            [&](const EventRow& r) { return Commit({.events = {r}}); });
  auto user = [](UserRow row) {
    if (row.role.size() <= BoundsOf("user", "role").bytes_max) row.role = "Admin";  // one of four
    return row;
  };
  TryBounds("user", kUserColumns, UserRow{},
            [&](const UserRow& r) { return store_->PutUser(user(r)); });
  TryBounds("user", kUserColumns, UserRow{},
            [&](const UserRow& r) { return store_->AddUser(user(r)).status(); });
  TryBounds("dag_favorite", "user, dag_id", FavoriteRow{},
            [&](const FavoriteRow& r) { return store_->SetFavorite(r, true).status(); });
  EventRow event;
  event.event = "create_token";
  TryBounds("api_token", kTokenColumns, TokenRow{},  // of the user that is there by now
            [&](const TokenRow& r) { return store_->tokens().Add(r, event); });
  TryBounds("ended_session", kEndedSessionColumns, EndedSessionRow{},
            [&](const EndedSessionRow& r) { return store_->tokens().EndSession(r, At(1)); });
  TryBounds("master", kMasterColumns, MasterRow{},
            [&](const MasterRow& r) { return store_->PutMaster(r); });
  TryBounds("variable", kVariableColumns, VariableRow{},
            [&](const VariableRow& r) { return store_->variables().Write({{r}}, "").status(); });
  TryBounds("connection", kConnectionColumns, ConnectionRow{}, [&](const ConnectionRow& r) {
    return store_->connections().Write({{r}}, "").status();
  });
}

TEST_P(StoreContract, ASettingOrAClaimPastItsBoundIsRefusedByTheFieldsName) {
  const size_t key_max = BoundsOf("setting", "key").bytes_max;
  const size_t value_max = BoundsOf("setting", "value").bytes_max;
  EXPECT_TRUE(store_->PutSetting(Rockets(key_max), std::string(value_max, 'v')).ok());
  for (const auto& [key, value] : {std::pair(Rockets(key_max + 1), std::string("v")),
                                   std::pair(std::string(), std::string("v")),
                                   std::pair(std::string("k"), Rockets(value_max + 1))}) {
    EXPECT_EQ(store_->PutSetting(key, value).code(), Code::kInvalidArgument);
    EXPECT_EQ(store_->AddSetting(key, value).status().code(), Code::kInvalidArgument);
  }
  // Text, as both schemas have it.
  EXPECT_EQ(store_->PutSetting("k", "caf\xe9").message(),
            "setting 'k': value: byte 4 (0xe9) is not UTF-8");
  EXPECT_EQ(store_->AddSetting("k", "caf\xe9").status().code(), Code::kInvalidArgument);
  const std::string text("a\0\n\xf0\x9f\x9a\x80", 7);
  ASSERT_TRUE(store_->PutSetting("k", text).ok());
  EXPECT_EQ(store_->GetSetting("k")->value(), text);
  const size_t owner_max = BoundsOf("leader", "owner").bytes_max;
  const Status refused = store_->AcquireLeadership({.owner = Rockets(owner_max + 1)}).status();
  EXPECT_EQ(refused.code(), Code::kInvalidArgument);
  EXPECT_NE(refused.message().find("owner: has "), std::string::npos) << refused.message();
  EXPECT_EQ(store_->GetLeader()->epoch, epoch_);
  EXPECT_TRUE(store_->AcquireLeadership({.owner = Rockets(owner_max)}).ok());
}

TEST_P(StoreContract, WhatIsNoTextIsRefusedByTheFieldsName) {
  auto refusal = [&](const CommitBatch& batch) {
    const Status status = Commit(batch);
    EXPECT_EQ(status.code(), Code::kInvalidArgument);
    return std::string(status.message());
  };
  EXPECT_EQ(refusal({.pools = {{.name = std::string("\0", 1)}}}),
            "table pool: pool '\\x00': name: byte 1 is a NUL, which no text may hold");
  EXPECT_EQ(refusal({.pools = {{.name = ""}}}), "table pool: pool '': name: empty");
  EXPECT_EQ(
      refusal({.import_errors = {{.filename = "/dags",
                                  .stack_trace = "/dags/donn\xe9"
                                                 "es.csv has 5 MB"}}}),
      "table import_error: import error of '/dags': stack_trace: byte 11 (0xe9) is not UTF-8");
  EXPECT_EQ(refusal({.xcoms = {XCom(1, 0, "", "1")}}), "table xcom: XCom '' of 1.0.-1: key: empty");
  EXPECT_EQ(refusal({.workers = {{.name = "w", .host = "h\xff"}}}),
            "table worker: worker 'w': host: byte 2 (0xff) is not UTF-8");
  EXPECT_TRUE(store_->reads().ListImportErrors({})->rows.empty());
  EXPECT_EQ(store_->LoadLive()->pools.size(), 1u);
}

// A new column of text without a bound, or one that holds less than its bound says, shows here.
TEST_P(StoreContract, EveryColumnOfTextHasABoundAndHoldsAsMuch) {
  const std::vector<SchemaText> columns = world_->TextColumns();
  if (columns.empty()) GTEST_SKIP() << "nobody else can look into it";
  std::set<std::string> seen;
  for (const SchemaText& column : columns) {
    if (column.table == "schema_version") continue;
    SCOPED_TRACE(column.table + "." + column.column);
    seen.insert(column.table + "." + column.column);
    EXPECT_GE(column.bytes_max, BoundsOf(column.table, column.column).bytes_max);
  }
  for (const ColumnBounds& each : TextColumns()) {
    EXPECT_TRUE(seen.contains(fmt::format("{}.{}", each.table, each.column)))
        << each.table << "." << each.column << " is in the table of bounds, and not in the schema";
  }
}

}  // namespace
}  // namespace gale
