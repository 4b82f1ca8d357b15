// Reads of one thing, and of everything of one.
#include "master/store/sql_reads.h"

#include <set>

#include "master/store/row_columns.h"
#include "master/store/spec_codec.h"

namespace gale {
namespace {

constexpr auto kColumnsOf = [](auto& row) { return Columns(row); };

// All rows of a statement that is asked by itself.
template <class Row>
Result<std::vector<Row>> Select(SqlSource& source, const SqlQuery& query) {
  std::vector<Row> rows;
  GALE_RETURN_IF_ERROR(
      source.Read([&](Sql& sql) { return ReadRows(sql, query, kColumnsOf, rows); }));
  return rows;
}

// The same, of one row or none.
template <class Row>
Result<std::optional<Row>> SelectOne(SqlSource& source, const SqlQuery& query) {
  GALE_ASSIGN_OR_RETURN(std::vector<Row> rows, Select<Row>(source, query));
  std::optional<Row> one;
  if (!rows.empty()) one = std::move(rows.front());
  return one;
}

SqlQuery From(std::string_view columns, std::string_view table) {
  return SqlQuery(fmt::format("SELECT {} FROM {}", QuoteNames(columns), table));
}

}  // namespace

Result<DagRow> SqlReads::GetDag(const std::string& dag_id) {
  GALE_ASSIGN_OR_RETURN(
      auto row,
      SelectOne<DagRow>(*source_, From(kDagColumns, "dag").Add(" WHERE dag_id = ?", dag_id)));
  if (!row) return NotFound("dag '{}' does not exist", dag_id);
  return *std::move(row);
}

Result<DagVersionRow> SqlReads::GetDagVersion(const std::string& dag_id, int64_t version) {
  const SqlQuery query(
      "SELECT v.dag_id, v.version, v.hash, v.spec, v.created_at, coalesce(b.bundle, ''), v.tasks,"
      " v.source"
      " FROM dag_version v LEFT JOIN version_bundle b"
      " ON b.dag_id = v.dag_id AND b.version = v.version WHERE v.dag_id = ? AND v.version = ?",
      dag_id, version);
  std::vector<uint8_t> packed;
  std::optional<DagVersionRow> found;
  GALE_RETURN_IF_ERROR(source_->Read([&](Sql& sql) {
    return sql.Query(query, [&](SqlRow& row) {
      DagVersionRow& v = found.emplace();
      row.Read(v.dag_id, v.version, v.hash, packed, v.created_at, v.bundle, v.tasks, v.source);
    });
  }));
  if (!found) return NotFound("dag '{}' has no version {}", dag_id, version);
  Result<std::string> spec = Decompress(packed);  // the connection is free meanwhile
  if (!spec.ok()) {
    return spec.status().WithContext(fmt::format("version {} of dag '{}'", version, dag_id));
  }
  found->spec = std::move(*spec);
  return *std::move(found);
}

Result<RunRow> SqlReads::GetRun(const std::string& dag_id, const std::string& run_id) {
  GALE_ASSIGN_OR_RETURN(
      auto row,
      SelectOne<RunRow>(
          *source_,
          From(kRunColumns, "dag_run").Add(" WHERE dag_id = ? AND run_id = ?", dag_id, run_id)));
  if (!row) return NotFound("dag '{}' has no run '{}'", dag_id, run_id);
  return *std::move(row);
}

Result<RunRow> SqlReads::GetRunById(RunId id) {
  GALE_ASSIGN_OR_RETURN(
      auto row,
      SelectOne<RunRow>(*source_, From(kRunColumns, "dag_run").Add(" WHERE run_key = ?", id)));
  if (!row) return NotFound("there is no run with the key {}", id.value);
  return *std::move(row);
}

Result<std::optional<RunRow>> SqlReads::PreviousRun(const std::string& dag_id, TimePoint before,
                                                    RunId except) {
  return SelectOne<RunRow>(*source_,
                           From(kRunColumns, "dag_run")
                               .Add(" WHERE dag_id = ? AND logical_date < ? AND run_key <> ?"
                                    " AND state <> ? ORDER BY logical_date DESC LIMIT 1",
                                    dag_id, before, except, RunState::kQueued));
}

Result<std::vector<TiRow>> SqlReads::ListTis(const std::vector<TiRange>& ranges) {
  if (ranges.empty()) return std::vector<TiRow>();
  SqlQuery query = From(kTiColumns, "task_instance");
  for (size_t i = 0; i < ranges.size(); ++i) {
    query.Add(i == 0 ? " WHERE (run_key = ? AND task_index BETWEEN ? AND ?)"
                     : " OR (run_key = ? AND task_index BETWEEN ? AND ?)",
              ranges[i].run, ranges[i].first, ranges[i].last);
  }
  query.Add(" ORDER BY run_key, task_index, map_index");
  return Select<TiRow>(*source_, query);
}

Result<std::vector<TaskNoteRow>> SqlReads::ListTaskNotes(const std::vector<TaskNotesOf>& some) {
  if (some.empty()) return std::vector<TaskNoteRow>();
  SqlQuery query = From(kTaskNoteColumns, "task_note");
  query.Add(" WHERE note <> '' AND (");
  for (const TaskNotesOf& of : some) {
    query.Add(&of == &some.front() ? "" : " OR ")
        .Add("(run_key = ? AND task_index BETWEEN ? AND ? AND map_index BETWEEN ? AND ?)", of.run,
             of.first, of.last, of.first_index, of.last_index);
  }
  query.Add(") ORDER BY run_key, task_index, map_index");
  return Select<TaskNoteRow>(*source_, query);
}

#define GALE_OF_TI " WHERE run_key = ? AND task_index = ? AND map_index = ?"

Result<std::optional<TiRow>> SqlReads::GetTi(const TiKey& ti) {
  return SelectOne<TiRow>(
      *source_, From(kTiColumns, "task_instance").Add(GALE_OF_TI, ti.run, ti.task, ti.map_index));
}

Result<std::vector<AttemptRow>> SqlReads::ListAttempts(const TiKey& ti,
                                                       std::optional<uint32_t> try_number) {
  SqlQuery query =
      From(kAttemptColumns, "task_attempt").Add(GALE_OF_TI, ti.run, ti.task, ti.map_index);
  if (try_number) query.Add(" AND try_number = ?", *try_number);
  return Select<AttemptRow>(*source_, query.Add(" ORDER BY try_number"));
}

Result<std::optional<XComRow>> SqlReads::GetXCom(const TiKey& ti, const std::string& key) {
  return SelectOne<XComRow>(
      *source_, From(kXComColumns, "xcom")
                    .Add(GALE_OF_TI " AND `key` = ?", ti.run, ti.task, ti.map_index, key));
}

Result<std::vector<XComRow>> SqlReads::TaskXComs(const XComsOfTask& query) {
  return Select<XComRow>(
      *source_, From(kXComColumns, "xcom")
                    .Add(" WHERE run_key = ? AND task_index = ? AND `key` = ?", query.run,
                         query.task, query.key)
                    .Add(query.backwards ? " ORDER BY map_index DESC" : " ORDER BY map_index")
                    .Add(" LIMIT ? OFFSET ?", query.limit, query.offset));
}

Result<std::optional<XComRow>> SqlReads::LatestXCom(RunId run, const std::string& key) {
  return SelectOne<XComRow>(*source_,
                            From(kXComColumns, "xcom")
                                .Add(" WHERE run_key = ? AND `key` = ? ORDER BY `timestamp` DESC,"
                                     " task_index DESC, map_index DESC LIMIT 1",
                                     run, key));
}

Result<uint64_t> SqlReads::CountTaskXComs(const XComsOfTask& query) {
  const SqlQuery count(
      "SELECT COUNT(*) FROM xcom WHERE run_key = ? AND task_index = ? AND `key` = ?", query.run,
      query.task, query.key);
  uint64_t number = 0;
  GALE_RETURN_IF_ERROR(source_->Read(
      [&](Sql& sql) { return sql.Query(count, [&](SqlRow& row) { row.Read(number); }); }));
  return number;
}

Result<std::optional<RenderedRow>> SqlReads::GetRendered(const TiKey& ti) {
  return SelectOne<RenderedRow>(
      *source_,
      From(kRenderedColumns, "rendered_fields").Add(GALE_OF_TI, ti.run, ti.task, ti.map_index));
}

Result<std::vector<StateRuns>> SqlReads::CountStates(const std::vector<std::string>& dag_ids) {
  SqlFilter filter;
  filter.AddAny("dag_id", dag_ids);
  SqlQuery query("SELECT dag_id, state, count(*) FROM dag_run");
  query.Add(filter.where()).Add(" GROUP BY dag_id, state ORDER BY dag_id, state");
  std::vector<StateRuns> counts;
  GALE_RETURN_IF_ERROR(source_->Read([&](Sql& sql) {
    counts.clear();
    return sql.Query(query, [&](SqlRow& row) {
      StateRuns& count = counts.emplace_back();
      row.Read(count.dag_id, count.state, count.runs);
    });
  }));
  return counts;
}

Result<std::vector<std::string>> SqlReads::ListTags() {
  std::set<std::string> tags;
  GALE_RETURN_IF_ERROR(source_->Read([&](Sql& sql) {
    tags.clear();
    return sql.Query(SqlQuery("SELECT DISTINCT tags FROM dag WHERE is_stale = 0"),
                     [&](SqlRow& row) {
                       std::vector<std::string> some;
                       row.Read(some);
                       tags.insert(some.begin(), some.end());
                     });
  }));
  return std::vector<std::string>(tags.begin(), tags.end());
}

Result<std::vector<std::string>> SqlReads::ListFavorites(const std::string& user) {
  std::vector<std::string> dags;
  GALE_RETURN_IF_ERROR(source_->Read([&](Sql& sql) {
    dags.clear();
    return sql.Query(
        SqlQuery("SELECT dag_id FROM dag_favorite WHERE `user` = ? ORDER BY dag_id", user),
        [&](SqlRow& row) { dags.push_back(row.Text(0)); });
  }));
  return dags;
}

}  // namespace gale
