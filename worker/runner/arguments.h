// What an instance of a mapped task has of its own, put over the work that all of its task share.
#pragma once

#include <string>

#include "common/base/status.h"
#include "gale/v1/dag.pb.h"

namespace gale::worker {

// `arguments_json`: v1::Grant's; empty: none. Of as_is stays what it gives. INVALID_ARGUMENT, naming the
// argument, if BashOperator has none of that name, all instances share it, or it is of the wrong type.
Result<v1::BashWork> WithArguments(v1::BashWork shared, const std::string& arguments_json);

}  // namespace gale::worker
