// The bounds of texts in rows, in bytes. Which column has which is one table: master/store/bounds.cc.
#pragma once

#include <cstddef>

#include "common/base/limits.h"

namespace gale::limits {

inline constexpr size_t kPoolNameBytesMax = 256;  // as in Airflow
inline constexpr size_t kUserNameBytesMax = 250;
inline constexpr size_t kDescriptionBytesMax = 64 << 10;  // of a DAG, a pool
inline constexpr size_t kFileBytesMax = 4096;             // a DAG file's path: Linux's PATH_MAX
inline constexpr size_t kErrorFileBytesMax = 1024;        // a file's name in an import error
inline constexpr size_t kStackTraceBytesMax = 1 << 20;    // an import error
inline constexpr size_t kDagListBytesMax = 1 << 20;       // a DAG's owners, its tags: as JSON
inline constexpr size_t kReasonBytesMax = 16 << 10;       // why something ended as it did
inline constexpr size_t kXComKeyBytesMax = 512;           // as in Airflow
inline constexpr size_t kXComValueBytesMax = 6 * kXComBytesMax;  // as JSON, which escapes
inline constexpr size_t kSkipsBytesMax = 2 << 20;         // what a task's end passes by
inline constexpr size_t kMapIndexTextBytesMax = 250;      // what an element is called: as in Airflow
inline constexpr size_t kRenderedBytesMax = 64 << 10;     // a task's rendered fields, JSON
inline constexpr size_t kHostBytesMax = 250;
inline constexpr size_t kBuildBytesMax = 64;            // a version of gale, a boot's id
inline constexpr size_t kAddressBytesMax = 300;         // host:port, a URL
inline constexpr size_t kEventTextBytesMax = 64 << 10;  // the audit's words
inline constexpr size_t kSettingBytesMax = 1 << 20;
// A variable's value; a connection's password, its extra. Then sealed: in base64, with a nonce.
inline constexpr size_t kSecretBytesMax = 1 << 20;
inline constexpr size_t kSealedBytesMax = kSecretBytesMax / 3 * 4 + 256;
inline constexpr size_t kSealKeyIdBytesMax = 16;
inline constexpr size_t kConnectionFieldBytesMax =
    500;                                           // its type, host, schema, login: as in Airflow
inline constexpr size_t kQueueNameBytesMax = 256;  // as in Airflow

}  // namespace gale::limits
