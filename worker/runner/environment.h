// The environment of a task's process.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "gale/v1/worker.pb.h"

namespace gale::worker {

using Environment = std::map<std::string, std::string>;

// From "NAME=value" strings, less every variable whose value holds one of `secrets`: the worker's
// join token must not reach a task by any name.
Environment WithoutSecrets(const std::vector<std::string>& environ,
                           const std::vector<std::string>& secrets);

// AIRFLOW_CTX_* and GALE_*: who the task is. Names without a value (no logical date, no email) are
// absent.
Environment TaskVariables(const v1::Grant& grant);

// BashOperator's rule: `env` replaces the inherited environment unless append_env; without `env`
// the task inherits. The task's variables win over both.
Environment BashEnvironment(const v1::BashWork& bash, const Environment& inherited,
                            const Environment& task_variables);

std::vector<std::string> ToStrings(const Environment& environment);

}  // namespace gale::worker
