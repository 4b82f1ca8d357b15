// The reads of every kind of database: SQL that they all understand, and the few words in which
// they differ.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "master/store/reads.h"
#include "master/store/sql.h"

namespace gale {

class SqlReads : public Reads {
 public:
  explicit SqlReads(std::unique_ptr<SqlSource> source) : source_(std::move(source)) {}
  SqlSource& source() { return *source_; }

  Result<Page<DagRow>> ListDags(const DagQuery& query) override;
  Result<std::vector<std::string>> ListTags() override;
  Result<DagRow> GetDag(const std::string& dag_id) override;
  Result<Page<DagVersionHead>> ListDagVersions(const std::string& dag_id,
                                               const PageQuery& query) override;
  Result<DagVersionRow> GetDagVersion(const std::string& dag_id, int64_t version) override;
  Result<Page<ImportErrorRow>> ListImportErrors(const ImportErrorQuery& query) override;
  Result<Page<RunRow>> ListRuns(const RunQuery& query) override;
  Result<RunRow> GetRun(const std::string& dag_id, const std::string& run_id) override;
  Result<RunRow> GetRunById(RunId id) override;
  Result<std::optional<RunRow>> PreviousRun(const std::string& dag_id, TimePoint before,
                                            RunId except) override;
  Result<std::vector<VersionRuns>> CountRuns(const RunScope& scope) override;
  Result<std::vector<StateRuns>> CountStates(const std::vector<std::string>& dag_ids) override;
  Result<std::vector<RunHead>> WalkRuns(const RunScope& scope, RunId after, size_t limit) override;
  Result<std::vector<RunBrief>> LatestRuns() override;
  Result<std::vector<RunBrief>> LastRuns(const std::vector<std::string>& dag_ids,
                                         size_t each) override;
  Result<std::vector<DagRunsInState>> CountUnfinished() override;
  Result<std::vector<RunBrief>> RunsBetween(const RunWindow& window) override;
  Result<std::vector<RunTime>> RunTimes(const RunWindow& window) override;
  using Reads::ListTis;
  Result<std::vector<TiRow>> ListTis(const std::vector<TiRange>& ranges) override;
  Result<std::optional<TiRow>> GetTi(const TiKey& ti) override;
  Result<std::vector<TiBrief>> ScanTis(const TiScan& scan) override;
  Result<std::vector<TiCell>> ListCells(const CellQuery& query) override;
  Result<std::vector<AttemptRow>> ListAttempts(const TiKey& ti,
                                               std::optional<uint32_t> try_number) override;
  Result<std::vector<AttemptRow>> ListAttempts(RunId run, const std::vector<TaskIndex>& tasks,
                                               size_t limit) override;
  Result<Page<XComHead>> ListXComs(const XComQuery& query) override;
  Result<std::optional<XComRow>> GetXCom(const TiKey& ti, const std::string& key) override;
  Result<std::vector<XComRow>> TaskXComs(const XComsOfTask& query) override;
  Result<std::optional<XComRow>> LatestXCom(RunId run, const std::string& key) override;
  Result<uint64_t> CountTaskXComs(const XComsOfTask& query) override;
  Result<std::optional<RenderedRow>> GetRendered(const TiKey& ti) override;
  Result<std::vector<TaskNoteRow>> ListTaskNotes(const std::vector<TaskNotesOf>& some) override;
  Result<Page<EventRow>> ListEvents(const EventQuery& query) override;
  Result<std::vector<std::string>> ListFavorites(const std::string& user) override;

 private:
  const std::unique_ptr<SqlSource> source_;
};

// Conditions of a statement, all of which must hold. Texts and values are as SqlQuery's.
class SqlFilter {
 public:
  template <class... T>
  void Add(std::string_view condition, const T&... values) {
    where_.Add(where_.text().empty() ? " WHERE " : " AND ").Add(condition, values...);
  }
  void Add(const SqlQuery& condition) {
    where_.Add(where_.text().empty() ? " WHERE " : " AND ").Add(condition);
  }
  // Any of `values`; empty: all rows.
  template <class T>
  void AddAny(std::string_view column, const std::vector<T>& values) {
    if (values.empty()) return;
    where_.Add(where_.text().empty() ? " WHERE " : " AND ");
    where_.Add(fmt::format("{} IN (", column)).AddList(values).Add(")");
  }
  void AddScope(const RunScope& scope, SqlDialect dialect);  // of dag_run, named r
  // Runs that haven't ended, by what finds them; `key` is dag_run's, in its words.
  void AddUnfinished(std::string_view state, std::string_view key, SqlDialect dialect);
  const SqlQuery& where() const { return where_; }  // "" or " WHERE ..."

 private:
  SqlQuery where_;
};

// All rows of an answer, instead of what `rows` held.
template <class Row, class Columns>
Status ReadRows(Sql& sql, const SqlQuery& query, Columns columns, std::vector<Row>& rows) {
  rows.clear();
  return sql.Query(query, [&](SqlRow& row) { row.ReadRow(columns(rows.emplace_back())); });
}

}  // namespace gale
