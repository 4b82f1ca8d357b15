// Reads that fail when the test wants it: a decorator over real ones.
#pragma once

#include <functional>
#include <utility>

#include "master/store/reads.h"

namespace gale {

// `hook` is asked before each read; what isn't OK is the read's answer. Thread-safe as far as it is.
class FaultyReads : public Reads {
 public:
  using Hook = std::function<Status()>;

  // Doesn't own `inner`, which must outlive it.
  FaultyReads(Reads& inner, Hook hook) : inner_(inner), hook_(std::move(hook)) {}

  Result<Page<DagRow>> ListDags(const DagQuery& query) override {
    return Do([&] { return inner_.ListDags(query); });
  }
  Result<std::vector<std::string>> ListTags() override {
    return Do([&] { return inner_.ListTags(); });
  }
  Result<DagRow> GetDag(const std::string& dag_id) override {
    return Do([&] { return inner_.GetDag(dag_id); });
  }
  Result<Page<DagVersionHead>> ListDagVersions(const std::string& dag_id,
                                               const PageQuery& query) override {
    return Do([&] { return inner_.ListDagVersions(dag_id, query); });
  }
  Result<DagVersionRow> GetDagVersion(const std::string& dag_id, int64_t version) override {
    return Do([&] { return inner_.GetDagVersion(dag_id, version); });
  }
  Result<Page<ImportErrorRow>> ListImportErrors(const ImportErrorQuery& query) override {
    return Do([&] { return inner_.ListImportErrors(query); });
  }
  Result<Page<RunRow>> ListRuns(const RunQuery& query) override {
    return Do([&] { return inner_.ListRuns(query); });
  }
  Result<RunRow> GetRun(const std::string& dag_id, const std::string& run_id) override {
    return Do([&] { return inner_.GetRun(dag_id, run_id); });
  }
  Result<RunRow> GetRunById(RunId id) override {
    return Do([&] { return inner_.GetRunById(id); });
  }
  Result<std::optional<RunRow>> PreviousRun(const std::string& dag_id, TimePoint before,
                                            RunId except) override {
    return Do([&] { return inner_.PreviousRun(dag_id, before, except); });
  }
  Result<std::vector<VersionRuns>> CountRuns(const RunScope& scope) override {
    return Do([&] { return inner_.CountRuns(scope); });
  }
  Result<std::vector<StateRuns>> CountStates(const std::vector<std::string>& dag_ids) override {
    return Do([&] { return inner_.CountStates(dag_ids); });
  }
  Result<std::vector<RunHead>> WalkRuns(const RunScope& scope, RunId after, size_t limit) override {
    return Do([&] { return inner_.WalkRuns(scope, after, limit); });
  }
  Result<std::vector<RunBrief>> LatestRuns() override {
    return Do([&] { return inner_.LatestRuns(); });
  }
  Result<std::vector<RunBrief>> LastRuns(const std::vector<std::string>& dag_ids,
                                         size_t each) override {
    return Do([&] { return inner_.LastRuns(dag_ids, each); });
  }
  Result<std::vector<DagRunsInState>> CountUnfinished() override {
    return Do([&] { return inner_.CountUnfinished(); });
  }
  Result<std::vector<RunBrief>> RunsBetween(const RunWindow& window) override {
    return Do([&] { return inner_.RunsBetween(window); });
  }
  Result<std::vector<RunTime>> RunTimes(const RunWindow& window) override {
    return Do([&] { return inner_.RunTimes(window); });
  }
  Result<std::vector<AttemptRow>> ListAttempts(RunId run, const std::vector<TaskIndex>& tasks,
                                               size_t limit) override {
    return Do([&] { return inner_.ListAttempts(run, tasks, limit); });
  }
  Result<std::vector<TiRow>> ListTis(const std::vector<TiRange>& ranges) override {
    return Do([&] { return inner_.ListTis(ranges); });
  }
  Result<std::optional<TiRow>> GetTi(const TiKey& ti) override {
    return Do([&] { return inner_.GetTi(ti); });
  }
  Result<std::vector<TiBrief>> ScanTis(const TiScan& scan) override {
    return Do([&] { return inner_.ScanTis(scan); });
  }
  Result<std::vector<TiCell>> ListCells(const CellQuery& query) override {
    return Do([&] { return inner_.ListCells(query); });
  }
  Result<std::vector<AttemptRow>> ListAttempts(const TiKey& ti,
                                               std::optional<uint32_t> try_number) override {
    return Do([&] { return inner_.ListAttempts(ti, try_number); });
  }
  Result<Page<XComHead>> ListXComs(const XComQuery& query) override {
    return Do([&] { return inner_.ListXComs(query); });
  }
  Result<std::optional<XComRow>> GetXCom(const TiKey& ti, const std::string& key) override {
    return Do([&] { return inner_.GetXCom(ti, key); });
  }
  Result<std::vector<XComRow>> TaskXComs(const XComsOfTask& query) override {
    return Do([&] { return inner_.TaskXComs(query); });
  }
  Result<std::optional<XComRow>> LatestXCom(RunId run, const std::string& key) override {
    return Do([&] { return inner_.LatestXCom(run, key); });
  }
  Result<uint64_t> CountTaskXComs(const XComsOfTask& query) override {
    return Do([&] { return inner_.CountTaskXComs(query); });
  }
  Result<std::optional<RenderedRow>> GetRendered(const TiKey& ti) override {
    return Do([&] { return inner_.GetRendered(ti); });
  }
  Result<std::vector<TaskNoteRow>> ListTaskNotes(const std::vector<TaskNotesOf>& some) override {
    return Do([&] { return inner_.ListTaskNotes(some); });
  }
  Result<std::vector<std::string>> ListFavorites(const std::string& user) override {
    return Do([&] { return inner_.ListFavorites(user); });
  }
  Result<Page<EventRow>> ListEvents(const EventQuery& query) override {
    return Do([&] { return inner_.ListEvents(query); });
  }

 private:
  template <class F>
  std::invoke_result_t<F> Do(F read) {
    if (hook_) GALE_RETURN_IF_ERROR(hook_());
    return read();
  }

  Reads& inner_;
  Hook hook_;
};

}  // namespace gale
