#include "master/store/bounds.h"

#include <algorithm>
#include <vector>

#include "common/base/text_limits.h"
#include "master/store/list_codec.h"
#include "master/store/row_columns.h"

namespace gale {
namespace {

using namespace limits;  // NOLINT

constexpr size_t kDigestBytes = 64;  // SHA-256, hex
constexpr size_t kTokenIdBytes = 16;
constexpr size_t kSessionIdBytesMax = 64;
constexpr size_t kShownBytesMax = 80;  // of a name, in a message

// A name is a key, or becomes one elsewhere: no NUL. A text is for people.
constexpr TextBounds Name(size_t min, size_t max) { return {min, max, /*nul=*/false}; }
constexpr TextBounds Id(size_t min) { return {min, kIdBytesMax, /*nul=*/false, "kIdBytesMax"}; }
constexpr TextBounds Text(size_t max, std::string_view limit = {}) {
  return {0, max, /*nul=*/true, limit};
}

// By table, in the order of its columns. Bytes; a VARCHAR of as many characters holds them.
constexpr ColumnBounds kColumns[] = {
    {"dag", "dag_id", Id(1)},
    {"dag", "fileloc", Name(0, kFileBytesMax)},
    {"dag", "description", Text(kDescriptionBytesMax)},
    {"dag", "timetable_summary", Text(kDescriptionBytesMax - 1)},
    {"dag", "timetable_description", Text(kDescriptionBytesMax - 1)},
    {"dag", "owners", Text(kDagListBytesMax)},
    {"dag", "tags", Text(kDagListBytesMax)},
    {"dag_version", "dag_id", Id(1)},
    {"dag_version", "hash", Name(0, 128)},
    {"dag_version", "source", Name(0, kDigestBytes)},
    {"dag_favorite", "user", Name(1, kUserNameBytesMax)},
    {"dag_favorite", "dag_id", Id(1)},
    {"version_bundle", "dag_id", Id(1)},
    {"version_bundle", "bundle", Name(0, kDigestBytes)},
    {"bundle_blob", "digest", Name(kDigestBytes, kDigestBytes)},
    {"dag_run", "dag_id", Id(1)},
    {"dag_run", "run_id", Id(1)},
    {"dag_run", "triggered_by", Name(0, 50)},
    {"dag_run", "triggering_user", Name(0, 512)},
    {"dag_run", "conf", Text(kConfBytesMax, "kConfBytesMax")},
    {"dag_run", "note", Text(kNoteBytesMax, "kNoteBytesMax")},
    {"dag_run", "reason", Text(kReasonBytesMax)},
    {"cleaned_run", "dag_id", Id(1)},
    {"cleaned_run", "run_id", Id(1)},
    {"task_instance", "worker", Id(0)},
    {"task_instance", "reason", Text(kReasonBytesMax)},
    {"task_instance", "skips", Name(0, kSkipsBytesMax)},
    {"task_instance", "rendered_map_index", Text(kMapIndexTextBytesMax)},
    {"task_attempt", "worker", Id(0)},
    {"task_attempt", "reason", Text(kReasonBytesMax)},
    {"xcom", "key", Name(1, kXComKeyBytesMax)},
    {"xcom", "value", Text(kXComValueBytesMax)},
    {"rendered_fields", "fields", Text(kRenderedBytesMax)},
    {"task_note", "note", Text(kNoteBytesMax, "kNoteBytesMax")},
    {"pool", "name", Name(1, kPoolNameBytesMax)},
    {"pool", "description", Text(kDescriptionBytesMax)},
    {"worker", "name", Id(1)},
    {"worker", "host", Name(0, kHostBytesMax)},
    {"worker", "boot_id", Name(0, kBuildBytesMax)},
    {"worker", "version", Name(0, kBuildBytesMax)},
    {"worker", "drain_reason", Name(0, kNoteBytesMax)},
    {"import_error", "filename", Name(1, kErrorFileBytesMax)},
    {"import_error", "stack_trace", Text(kStackTraceBytesMax)},
    {"event_log", "owner", Name(0, 500)},
    {"event_log", "event", Name(1, 60)},
    {"event_log", "dag_id", Id(0)},
    {"event_log", "run_id", Id(0)},
    {"event_log", "task_id", Id(0)},
    {"event_log", "extra", Text(kEventTextBytesMax)},
    {"user", "name", Name(1, kUserNameBytesMax)},
    {"user", "password_hash", Name(0, 250)},
    {"user", "role", Name(1, 10)},
    {"api_token", "id", Name(1, kTokenIdBytes)},
    {"api_token", "user", Name(1, kUserNameBytesMax)},
    {"api_token", "name", Id(1)},
    {"api_token", "hash", Name(1, kDigestBytes)},
    {"ended_session", "id", Name(1, kSessionIdBytesMax)},
    {"ended_session", "user", Name(1, kUserNameBytesMax)},
    {"setting", "key", Id(1)},
    {"setting", "value", Text(kSettingBytesMax)},
    {"variable", "key", Id(1)},
    {"variable", "value", Text(kSealedBytesMax)},
    {"variable", "description", Text(kDescriptionBytesMax)},
    {"variable", "sealed_by", Name(1, kSealKeyIdBytesMax)},
    {"connection", "conn_id", Id(1)},
    {"connection", "conn_type", Name(1, kConnectionFieldBytesMax)},
    {"connection", "description", Text(kDescriptionBytesMax)},
    {"connection", "host", Name(0, kConnectionFieldBytesMax)},
    {"connection", "schema", Name(0, kConnectionFieldBytesMax)},
    {"connection", "login", Name(0, kConnectionFieldBytesMax)},
    {"connection", "password", Text(kSealedBytesMax)},
    {"connection", "extra", Text(kSealedBytesMax)},
    {"connection", "sealed_by", Name(1, kSealKeyIdBytesMax)},
    {"leader", "owner", Id(0)},
    {"leader", "instance", Name(0, kBuildBytesMax)},
    {"master", "name", Id(1)},
    {"master", "instance", Name(0, kBuildBytesMax)},
    {"master", "grpc", Name(0, kAddressBytesMax)},
    {"master", "rest", Name(0, kAddressBytesMax)},
    {"master", "version", Name(0, kBuildBytesMax)},
};

const TextBounds& BoundsOf(std::string_view table, std::string_view column) {
  const auto* found = std::ranges::find_if(kColumns, [&](const ColumnBounds& each) {
    return each.table == table && each.column == column;
  });
  GALE_CHECK(found != std::end(kColumns), "{}.{} has no bounds", table, column);
  return found->bounds;
}

struct Named {
  std::string_view column;
  const TextBounds* bounds;  // nullptr: no text
};

// Those of `texts`, a row's members in the order of `columns`, "a, b, c".
template <class... T>
std::vector<Named> BoundsOf(std::string_view table, std::string_view columns,
                            const std::tuple<T&...>&) {
  std::vector<Named> out;
  for (const bool is_text : {(std::is_convertible_v<const T&, std::string_view> ||
                              std::is_same_v<const T, const std::vector<std::string>>)...}) {
    const size_t end = std::min(columns.find(','), columns.size());
    const std::string_view column = columns.substr(0, end);
    columns.remove_prefix(std::min(columns.size(), end + 2));
    out.push_back({column, is_text ? &BoundsOf(table, column) : nullptr});
  }
  return out;
}

template <class T>
Status CheckValue(const Named& named, const T& value) {
  if constexpr (std::is_convertible_v<const T&, std::string_view>) {
    return CheckText(named.column, value, *named.bounds);
  } else if constexpr (std::is_same_v<T, std::vector<std::string>>) {
    return CheckText(named.column, EncodeList(value), *named.bounds);
  } else {
    return OkStatus();
  }
}

// `bounds` is the caller's, made once.
template <class... T>
Status CheckTexts(const std::vector<Named>& bounds, const std::tuple<T&...>& row) {
  Status refused;
  size_t at = 0;
  std::apply(
      [&](const auto&... values) {
        (void)((refused = CheckValue(bounds[at++], values), refused.ok()) && ...);
      },
      row);
  return refused;
}

// The row's members, named as `columns`.
#define GALE_CHECK_ROW(table, columns, ...)                                     \
  do {                                                                          \
    const auto members = __VA_ARGS__;                                           \
    static const std::vector<Named> bounds = BoundsOf(table, columns, members); \
    Status refused = CheckTexts(bounds, members);                               \
    return refused.ok() ? OkStatus() : refused.WithContext(Describe(row));      \
  } while (false)

std::string Shown(std::string_view name) { return RepairText(name, kShownBytesMax); }

template <class Row>
Status CheckAll(const std::vector<Row>& rows, std::string_view table, BatchRow::List list,
                BatchRow& refused) {
  for (size_t i = 0; i < rows.size(); ++i) {
    Status status = CheckRow(rows[i]);
    if (status.ok()) continue;
    refused = {list, i};
    return status.WithContext(fmt::format("table {}", table));
  }
  return OkStatus();
}

}  // namespace

std::span<const ColumnBounds> TextColumns() { return kColumns; }

Status CheckRow(const DagRow& row) { GALE_CHECK_ROW("dag", kDagColumns, Columns(row)); }
Status CheckRow(const DagVersionRow& row) {
  GALE_CHECK_ROW("dag_version", "dag_id, hash, source", std::tie(row.dag_id, row.hash, row.source));
}
Status CheckRow(const CommitBatch::VersionBundle& row) {
  GALE_CHECK_ROW("version_bundle", "dag_id, bundle", std::tie(row.dag_id, row.bundle));
}
Status CheckRow(const RunRow& row) { GALE_CHECK_ROW("dag_run", kRunColumns, Columns(row)); }
Status CheckRow(const TiRow& row) { GALE_CHECK_ROW("task_instance", kTiColumns, Columns(row)); }
Status CheckRow(const AttemptRow& row) {
  GALE_CHECK_ROW("task_attempt", kAttemptColumns, Columns(row));
}
Status CheckRow(const XComRow& row) { GALE_CHECK_ROW("xcom", kXComColumns, Columns(row)); }
Status CheckRow(const RenderedRow& row) {
  GALE_CHECK_ROW("rendered_fields", kRenderedColumns, Columns(row));
}
Status CheckRow(const TaskNoteRow& row) {
  GALE_CHECK_ROW("task_note", kTaskNoteColumns, Columns(row));
}
Status CheckRow(const PoolRow& row) { GALE_CHECK_ROW("pool", kPoolColumns, Columns(row)); }
Status CheckRow(const WorkerRow& row) { GALE_CHECK_ROW("worker", kWorkerColumns, Columns(row)); }
Status CheckRow(const ImportErrorRow& row) {
  GALE_CHECK_ROW("import_error", kImportErrorColumns, Columns(row));
}
Status CheckRow(const EventRow& row) { GALE_CHECK_ROW("event_log", kEventColumns, Columns(row)); }
Status CheckRow(const FavoriteRow& row) {
  GALE_CHECK_ROW("dag_favorite", "user, dag_id", std::tie(row.user, row.dag_id));
}
Status CheckRow(const UserRow& row) { GALE_CHECK_ROW("user", kUserColumns, Columns(row)); }
Status CheckRow(const TokenRow& row) { GALE_CHECK_ROW("api_token", kTokenColumns, Columns(row)); }
Status CheckRow(const EndedSessionRow& row) {
  GALE_CHECK_ROW("ended_session", kEndedSessionColumns, Columns(row));
}
Status CheckRow(const MasterRow& row) { GALE_CHECK_ROW("master", kMasterColumns, Columns(row)); }
Status CheckRow(const VariableRow& row) {
  GALE_CHECK_ROW("variable", kVariableColumns, Columns(row));
}
Status CheckRow(const ConnectionRow& row) {
  GALE_CHECK_ROW("connection", kConnectionColumns, Columns(row));
}
Status CheckRow(const LeaderClaim& claim) {
  auto check = [](std::string_view column, const std::string& value) {
    return CheckText(column, value, BoundsOf("leader", column)).WithContext("leader");
  };
  GALE_RETURN_IF_ERROR(check("owner", claim.owner));
  return check("instance", claim.instance);
}
Status CheckSetting(const std::string& key, const std::string& value) {
  GALE_RETURN_IF_ERROR(CheckText("setting", key, BoundsOf("setting", "key")));
  return CheckText("value", value, BoundsOf("setting", "value"))
      .WithContext(fmt::format("setting '{}'", key));
}

Status CheckBatch(const CommitBatch& batch, BatchRow& refused) {
  using L = BatchRow::List;
  if (batch.bundle) {
    GALE_RETURN_IF_ERROR(CheckSetting(std::string(kBundleSetting), *batch.bundle));
  }
  auto all = [&](const auto& rows, std::string_view table, L list) {
    return CheckAll(rows, table, list, refused);
  };
  GALE_RETURN_IF_ERROR(all(batch.dags, "dag", L::kDags));
  GALE_RETURN_IF_ERROR(all(batch.dag_versions, "dag_version", L::kDagVersions));
  GALE_RETURN_IF_ERROR(all(batch.version_bundles, "version_bundle", L::kVersionBundles));
  GALE_RETURN_IF_ERROR(all(batch.runs, "dag_run", L::kRuns));
  GALE_RETURN_IF_ERROR(all(batch.tis, "task_instance", L::kTis));
  GALE_RETURN_IF_ERROR(all(batch.attempts, "task_attempt", L::kAttempts));
  GALE_RETURN_IF_ERROR(all(batch.xcoms, "xcom", L::kXComs));
  GALE_RETURN_IF_ERROR(all(batch.rendered, "rendered_fields", L::kRendered));
  GALE_RETURN_IF_ERROR(all(batch.task_notes, "task_note", L::kTaskNotes));
  GALE_RETURN_IF_ERROR(all(batch.pools, "pool", L::kPools));
  GALE_RETURN_IF_ERROR(all(batch.workers, "worker", L::kWorkers));
  GALE_RETURN_IF_ERROR(all(batch.import_errors, "import_error", L::kImportErrors));
  return all(batch.events, "event_log", L::kEvents);
}

std::string Describe(const DagRow& row) { return fmt::format("dag '{}'", Shown(row.dag_id)); }
std::string Describe(const DagVersionRow& row) {
  return fmt::format("version {} of dag '{}'", row.version, Shown(row.dag_id));
}
std::string Describe(const CommitBatch::VersionBundle& row) {
  return fmt::format("bundle of version {} of dag '{}'", row.version, Shown(row.dag_id));
}
std::string Describe(const RunRow& row) {
  return fmt::format("run '{}' of dag '{}'", Shown(row.run_id), Shown(row.dag_id));
}
std::string Describe(const TiRow& row) {
  return fmt::format("task instance {}.{}.{}", row.run.value, row.task.value, row.map_index);
}
std::string Describe(const AttemptRow& row) { return "attempt " + row.id.ToString(); }
std::string Describe(const XComRow& row) {
  return fmt::format("XCom '{}' of {}.{}.{}", Shown(row.key), row.run.value, row.task.value,
                     row.map_index);
}
std::string Describe(const RenderedRow& row) {
  return fmt::format("rendered fields of {}.{}.{}", row.run.value, row.task.value, row.map_index);
}
std::string Describe(const TaskNoteRow& row) {
  return fmt::format("note of {}.{}.{}", row.run.value, row.task.value, row.map_index);
}
std::string Describe(const PoolRow& row) { return fmt::format("pool '{}'", Shown(row.name)); }
std::string Describe(const WorkerRow& row) { return fmt::format("worker '{}'", Shown(row.name)); }
std::string Describe(const ImportErrorRow& row) {
  return fmt::format("import error of '{}'", Shown(row.filename));
}
std::string Describe(const EventRow& row) {
  return fmt::format("event '{}' of '{}'", Shown(row.event), Shown(row.owner));
}
std::string Describe(const FavoriteRow& row) {
  return fmt::format("favorite '{}' of user '{}'", Shown(row.dag_id), Shown(row.user));
}
std::string Describe(const UserRow& row) { return fmt::format("user '{}'", Shown(row.name)); }
std::string Describe(const TokenRow& row) {
  return fmt::format("token '{}' of user '{}'", Shown(row.name), Shown(row.user));
}
std::string Describe(const EndedSessionRow& row) {
  return fmt::format("session of user '{}'", Shown(row.user));
}
std::string Describe(const MasterRow& row) { return fmt::format("master '{}'", Shown(row.name)); }
std::string Describe(const VariableRow& row) {
  return fmt::format("variable '{}'", Shown(row.key));
}
std::string Describe(const ConnectionRow& row) {
  return fmt::format("connection '{}'", Shown(row.conn_id));
}

}  // namespace gale
