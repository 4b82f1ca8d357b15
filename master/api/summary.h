// What the home page shows of all DAGs. Pure; what it is made of was read before.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "gale/v1/views.pb.h"
#include "master/api/control.h"
#include "master/api/dag_list.h"

namespace gale {

// The last line of the end of a log that tells of an error; of none, the last that isn't blank.
// Without colours, of bounded length, UTF-8.
std::string LastErrorLine(std::string_view end_of_log);

// The runs whose failed tasks need somebody, the newest end first: of each DAG its latest run that
// ended, if that failed. `latest`: the last run of each; `last`: more runs of those whose last one
// goes on, the newest first.
std::vector<RunBrief> FailedLast(const std::vector<RunBrief>& latest,
                                 const std::vector<RunBrief>& last);

// The next runs that a DAG plans, from its row on, before `until`; `most` at most.
std::vector<TimePoint> PlannedRuns(const DagRow& row, const Dag& dag, TimePoint until, size_t most);

// A DAG's runs of `runs` (the newest first), oldest first, as a row each; by DAG.
std::map<std::string, v1::TimelineRow> Timeline(const std::vector<RunBrief>& runs);

}  // namespace gale
