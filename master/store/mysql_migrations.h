// The numbered steps that make the schema on MySQL and MariaDB: those of sqlite_migrations.h, by
// number and name. docs/schema.md describes the result.
#pragma once

#include <cstdint>
#include <span>

namespace gale::mysql {

// A step is never changed once released; a new one is appended. A statement of DDL can't be undone
// by the server, so a step that was cut off runs again from its start: each statement must be one
// that may be repeated (IF NOT EXISTS, INSERT IGNORE). "{collation}" is replaced by the server's.
struct Migration {
  int64_t version;
  const char* name;
  std::span<const char* const> statements;
};
std::span<const Migration> Migrations();

}  // namespace gale::mysql
