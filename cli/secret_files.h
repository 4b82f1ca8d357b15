// The files that variables and connections are imported from and exported to, as Airflow's CLI has them:
// JSON, YAML, and lines of KEY=VALUE (.env). The file's name says which.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"
#include "master/secrets/connection.h"

namespace gale::cli {

enum class FileFormat : uint8_t { kJson, kYaml, kEnv };

// "json", "yaml", "yml", "env". INVALID_ARGUMENT for another.
Result<FileFormat> FileFormatOf(std::string_view name);
// By the name's end. INVALID_ARGUMENT: it has none of those.
Result<FileFormat> FormatOfPath(std::string_view path);

// {"key": value} or {"key": {"value": ..., "description": "..."}}; a value that is no text becomes JSON.
// INVALID_ARGUMENT: the key, or the line, and what is wrong with it.
Result<std::vector<Variable>> ReadVariables(std::string_view text, FileFormat format);
// {"id": "uri"} or {"id": {"conn_type": ..., ...}}.
Result<std::vector<Connection>> ReadConnections(std::string_view text, FileFormat format);

// What is read as the same again. INVALID_ARGUMENT: it can't be written so (a line break, in .env).
Result<std::string> WriteVariables(const std::vector<Variable>& variables, FileFormat format);
// `as_uri`: of .env, whether URIs or JSON stand there.
Result<std::string> WriteConnections(const std::vector<Connection>& connections, FileFormat format,
                                     bool as_uri);

}  // namespace gale::cli
