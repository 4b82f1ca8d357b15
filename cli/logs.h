// gale tasks logs, gale logs export.
#pragma once

#include "cli/command.h"

namespace gale::cli {

Command LogsCommand();
Command ExportLogsCommand();

}  // namespace gale::cli
