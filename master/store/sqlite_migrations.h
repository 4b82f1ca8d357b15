// The numbered steps that make the schema. docs/schema.md describes the result.
#pragma once

#include <cstdint>
#include <span>

namespace gale::sqlite {

// A step is never changed once released; a new one is appended. Each runs once, inside the
// transaction that also notes its number in schema_version.
struct Migration {
  int64_t version;
  const char* name;
  const char* sql;
};
std::span<const Migration> Migrations();

}  // namespace gale::sqlite
