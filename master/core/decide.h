// The decisions of one run: an event in; the run's new state, the rows that changed and the effects
// out.
//
// Pure: no I/O, no clock, no chance. It applies each transition as it decides it (through
// Run::Apply, which recovery uses too), because one event can cascade: a finished task starts an
// EmptyOperator, which finishes, which ends the run. Costs O(out-degree) of what changed.
#pragma once

#include "master/core/event.h"
#include "master/core/run.h"

namespace gale::core {

// An event that no longer applies (a duplicate, a stale try, a run that ended meanwhile) changes
// nothing.
Decision Decide(Run& run, const Event& event, TimePoint now);

}  // namespace gale::core
