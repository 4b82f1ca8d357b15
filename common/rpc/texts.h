// One door for what comes as a message: protobuf has seen to it that texts are UTF-8; NULs it lets
// through, which no name, command or environment can hold.
#pragma once

#include <google/protobuf/message.h>

#include "common/base/status.h"

namespace gale {

// INVALID_ARGUMENT: some string in the message, however deep, holds a NUL or is no UTF-8: it names
// the field ("dag.tasks[3].bash.command"). Looks at every string once.
Status CheckTexts(const google::protobuf::Message& message);

}  // namespace gale
