// Pages of task instances. One that nothing has happened to has no row, so a page is the rows of
// the ledger laid over the tasks of the runs' DAG versions.
//
// In the order of runs and tasks a page costs what it holds: an instance's place is its task's, so
// an offset needs no walk over instances, and the total is a product of counts. By state, sorted by
// what rows hold, or where tasks have dates of their own (a run may lack some), all instances in
// question are looked at, in brief: up to limits::kListedInstancesMax of them. Likewise where tasks
// are mapped: their elements without a row are laid out from their blocks.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "master/api/control.h"
#include "master/store/list_orders.h"

namespace gale {

// The row of an instance that nothing has happened to.
TiRow Untouched(RunId run, const Dag& dag, TaskIndex task);
// The same of an element of a mapped task, by the row of its block.
TiRow Untouched(const TiRow& block, const Dag& dag, int32_t map_index);

class Instances {
 public:
  // Made for one question; both must outlive it.
  Instances(Reads& reads, Catalog& dags) : reads_(reads), dags_(dags) {}

  Result<Page<TaskInstanceView>> OfRun(const RunViewPtr& run, const TaskInstanceQuery& query);
  // Of all runs in scope. INVALID_ARGUMENT: there is too much to look through.
  Result<Page<TaskInstanceView>> OfRuns(RunScope scope, const TaskInstanceQuery& query);
  // The page's task instances: rows, and those that nothing has happened to.
  Result<std::vector<TaskInstanceView>> Views(const std::vector<TiKey>& keys);
  // The runs of these, to be had from Run. NOT_FOUND there: it is gone.
  Status LoadRuns(const std::vector<TiKey>& keys);
  Result<RunViewPtr> Run(RunId id);

 private:
  using Version = std::pair<std::string, int64_t>;
  struct Item;
  class Selection;

  Result<const Selection*> Select(const Version& version, const TaskInstanceQuery& query);
  Result<uint64_t> CountTis(const std::vector<VersionRuns>& counts);
  // Of a run with mapped tasks: all of its rows are read, and the elements that have none are laid
  // out from their blocks.
  Result<Page<TaskInstanceView>> OfMappedRun(const RunViewPtr& run, const TaskInstanceQuery& query,
                                             std::span<const Order> orders);
  Result<Page<TaskInstanceView>> Sorted(const RunScope& scope, const TaskInstanceQuery& query,
                                        std::span<const Order> orders);
  Result<std::vector<Item>> Gather(const RunScope& scope, const TaskInstanceQuery& query);

  Reads& reads_;
  Catalog& dags_;
  std::map<Version, std::shared_ptr<const Selection>> selections_;
  std::map<RunId, RunViewPtr> runs_;
  bool some_mapped_ = false;  // of the versions that are asked about
};

}  // namespace gale
