// Verb: the list of DAGs as pages show it.
#include "common/base/limits.h"
#include "master/api/dag_list.h"
#include "master/api/verbs.h"

namespace gale::verbs {
namespace {

constexpr size_t kBars = 24;

Result<DagsKnown> ReadDags(Control& control, const std::string& user) {
  Reads& reads = control.reads();
  DagsKnown known;
  DagQuery all;
  all.limit = limits::kListedDagsMax;
  all.count = false;
  GALE_ASSIGN_OR_RETURN(Page<DagRow> dags, reads.ListDags(all));
  known.dags = std::move(dags.rows);
  GALE_ASSIGN_OR_RETURN(std::vector<RunBrief> latest, reads.LatestRuns());
  for (RunBrief& run : latest) known.latest.emplace(run.dag_id, std::move(run));
  GALE_ASSIGN_OR_RETURN(const std::vector<DagRunsInState> live, reads.CountUnfinished());
  for (const DagRunsInState& runs : live) {
    DagsKnown::Live& of = known.live[runs.dag_id];
    (runs.state == RunState::kQueued ? of.queued : of.running) += runs.runs;
  }
  if (auto waits = control.ListDagWaits(); waits.ok()) known.waits = *std::move(waits);
  GALE_ASSIGN_OR_RETURN(const std::vector<std::string> favorites, reads.ListFavorites(user));
  known.favorites.insert(favorites.begin(), favorites.end());
  return known;
}

// The last runs of the page's DAGs, the newest first.
Result<std::map<std::string, std::vector<RunBrief>>> ReadBars(Control& control,
                                                              const DagsKnown& known,
                                                              const std::vector<size_t>& page) {
  std::vector<std::string> ids;
  for (const size_t place : page) ids.push_back(known.dags[place].dag_id);
  GALE_ASSIGN_OR_RETURN(std::vector<RunBrief> runs, control.reads().LastRuns(ids, kBars));
  std::map<std::string, std::vector<RunBrief>> by_dag;
  for (RunBrief& run : runs) by_dag[run.dag_id].push_back(std::move(run));
  return by_dag;
}

// Which of the page's files have import errors.
Result<std::set<std::string>> ReadErrors(Control& control, const DagsKnown& known,
                                         const std::vector<size_t>& page) {
  std::set<std::string> files;
  if (page.empty()) return files;
  ImportErrorQuery query;
  query.limit = static_cast<uint32_t>(page.size());  // a file has one at most
  query.without_traces = true;
  query.count = false;
  for (const size_t place : page) query.filenames.push_back(known.dags[place].fileloc);
  GALE_ASSIGN_OR_RETURN(const Page<ImportErrorRow> errors, control.reads().ListImportErrors(query));
  for (const ImportErrorRow& error : errors.rows) files.insert(error.filename);
  return files;
}

}  // namespace

Result<v1::DagList> ListDagItems(Control& control, const v1::ListDagItemsRequest& request,
                                 const Actor& actor) {
  const std::string at = control.feed().at().ToString();
  GALE_ASSIGN_OR_RETURN(const DagListQuery query, ReadDagListQuery(request));
  GALE_ASSIGN_OR_RETURN(const DagsKnown known, ReadDags(control, actor.name));
  std::vector<size_t> page;
  v1::DagList answer = ListOf(known, query, page);
  answer.set_at(at);
  GALE_ASSIGN_OR_RETURN(auto bars, ReadBars(control, known, page));
  GALE_ASSIGN_OR_RETURN(const std::set<std::string> errors, ReadErrors(control, known, page));
  for (const size_t place : page) {
    const DagRow& dag = known.dags[place];
    v1::DagItem& item = *answer.add_dags();
    item = ItemOf(known, dag, bars[dag.dag_id]);
    item.set_has_import_errors(errors.contains(dag.fileloc));
  }
  ImportErrorQuery count;
  count.limit = 0;
  GALE_ASSIGN_OR_RETURN(const Page<ImportErrorRow> all, control.reads().ListImportErrors(count));
  answer.mutable_counts()->set_import_errors(all.total);
  return answer;
}

}  // namespace gale::verbs
