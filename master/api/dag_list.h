// The list of DAGs as pages show it: filters, orders and counts over all DAGs, a page of them in
// full. Pure; what it is made of was read before (store/reads.h), in a few statements.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "gale/v1/views.pb.h"
#include "master/engine/standing_info.h"
#include "master/store/reads.h"

namespace gale {

struct DagListQuery {
  std::string q;                          // in the id, a tag or an owner, any case
  std::vector<std::string> tags, owners;  // any of; empty: all
  // Of its last run. `never`: it has none.
  std::optional<RunState> state;
  bool never = false;
  std::optional<bool> waiting, paused, favorite;
  enum class Order { kDagId, kLastRun, kNextRun, kDuration };  // of the last run
  Order order = Order::kDagId;
  bool descending = false;
  uint32_t limit = 50, offset = 0;
};
// INVALID_ARGUMENT, naming what isn't known.
Result<DagListQuery> ReadDagListQuery(const v1::ListDagItemsRequest& request);

// What is known of all DAGs.
struct DagsKnown {
  std::vector<DagRow> dags;  // by id; none is stale
  std::map<std::string, RunBrief> latest;
  struct Live {
    uint64_t queued = 0, running = 0;
  };
  std::map<std::string, Live> live;
  std::set<std::string> favorites;
  std::map<std::string, DagWait> waits;  // empty where it isn't known: of the leader only
};

// Counts, tags, owners, total; and in `page` the places in known.dags of the page's DAGs, in order.
v1::DagList ListOf(const DagsKnown& known, const DagListQuery& query, std::vector<size_t>& page);

// `runs`: its last ones, the newest first.
v1::DagItem ItemOf(const DagsKnown& known, const DagRow& dag, const std::vector<RunBrief>& runs);
v1::RunBar BarOf(const RunBrief& run);
// Of those that succeeded.
std::optional<double> MedianSeconds(const std::vector<RunBrief>& runs);

}  // namespace gale
