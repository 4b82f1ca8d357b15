// What a new keeper does about a predecessor that was killed: nothing may run that nobody owns.
#pragma once

#include <vector>

#include "worker/keeper/records.h"

namespace gale::keeper {

// Kills the families that a dead keeper of this home left, waits until they are gone, and records
// an exit for each (code unknown, keeper_died). An error: it can't be known what a predecessor left,
// so nothing may start. Blocks; a family that cannot be killed in
// kRecoverWaitMax is reported with that.
inline constexpr Duration kRecoverWaitMax = std::chrono::seconds(8);
Status Recover(Records& records);

}  // namespace gale::keeper
