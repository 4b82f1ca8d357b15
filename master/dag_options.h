// What the settings say of the DAG processor.
#pragma once

#include "common/config/config.h"
#include "master/dags/dag_processor.h"
#include "master/master.h"

namespace gale {

// How often the DAGs folder is looked at for what no event told.
Duration LookInterval(const Config& config);

// All but who answers files' questions, and bundles.
DagProcessorOptions DagOptionsOf(const Config& config, const MasterOptions& options);

}  // namespace gale
