// gale tasks logs.
#pragma once

#include "cli/command.h"

namespace gale::cli {

Command LogsCommand();

}  // namespace gale::cli
