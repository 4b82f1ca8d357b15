// What the ledger holds, row by row. Plain data; the columns are documented in docs/schema.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/ids.h"
#include "common/model/state.h"
#include "master/core/records.h"  // RunRow, TiRow, AttemptRow

namespace gale {

struct DagRow {
  std::string dag_id;
  int64_t version = 0;  // the current one, from 1
  std::string fileloc;
  bool is_paused = true;
  bool is_stale = false;  // its file is gone, or no longer holds it
  std::string description;
  std::string timetable_summary;
  std::string timetable_description;
  std::vector<std::string> owners;
  std::vector<std::string> tags;
  uint32_t max_active_runs = 16;
  uint32_t max_active_tasks = 16;
  TimePoint last_parsed;
  std::optional<TimePoint> last_expired;  // when it last became stale
  // The calendar: the data interval of the latest scheduled run, and the next run that is planned.
  std::optional<TimePoint> last_interval_start;
  std::optional<TimePoint> last_interval_end;
  std::optional<TimePoint> next_run_after;
  std::optional<TimePoint> next_logical_date;
  std::optional<TimePoint> next_interval_start;
  std::optional<TimePoint> next_interval_end;
  uint32_t failed_in_a_row = 0;  // runs; 0 too where the DAG sets no limit to them
};

// A task instance's name in the ledger.
struct TiKey {
  RunId run;
  TaskIndex task;
  int32_t map_index = kUnmapped;
};

// One immutable version of a DAG. `spec` is the serialised DagSpec; the store compresses it.
struct DagVersionRow {
  std::string dag_id;
  int64_t version = 0;
  std::string hash;  // of the spec's meaning, hex
  std::string spec;
  TimePoint created_at;
  // Its code's: the digest of the bundle that it was last seen in. Empty: the current one. Read
  // only; it is written by CommitBatch::version_bundles.
  std::string bundle = {};
  // How many instances each of its runs has. 0: not the same in all (its tasks have dates of their
  // own, or are mapped), or written by an older Gale: look into the spec.
  uint32_t tasks = 0;
  // The digest of the blob that its file's text is, as it was then; empty: it wasn't kept.
  std::string source = {};
};
// The same without its spec, which may be large.
struct DagVersionHead {
  std::string dag_id;
  int64_t version = 0;
  std::string hash;
  TimePoint created_at;
};

// Some content by the SHA-256 of its bytes, hex: a bundle's manifest, or one of its files.
struct BlobRow {
  std::string digest;
  std::string data;
  TimePoint created_at = {};  // when it was first put there
};

struct XComName {
  TiKey ti;
  std::string key;
};
struct XComRow {
  RunId run;
  TaskIndex task;
  int32_t map_index = kUnmapped;
  std::string key;
  std::string value_json;
  TimePoint timestamp;
};

// What a task instance's template fields were, the last time that it ran.
struct RenderedRow {
  RunId run;
  TaskIndex task;
  int32_t map_index = kUnmapped;
  std::string fields_json;  // an object
};

// What somebody wrote at a task instance. The instance may have no row: nothing happened to it yet.
struct TaskNoteRow {
  RunId run;
  TaskIndex task;
  int32_t map_index = kUnmapped;
  std::string note;  // empty: none (any more)
};

struct PoolRow {
  std::string name;
  int32_t slots = 128;  // -1: unlimited
  std::string description;
  bool include_deferred = false;
};

// A worker as it last said Hello.
struct WorkerRow {
  std::string name;
  std::string host;
  std::string boot_id;  // of its machine's last start: what ran there before another one is gone
  std::string version;  // of gale
  TimePoint last_hello;
  bool drained = false;           // an operator's: it is given no more work
  std::string drain_reason = {};  // as the operator gave it
  bool stopped = false;           // it said goodbye, last
};

// Who leads. `beat` counts its signs of life: whoever sees the same beat for as long as a lease
// lasts knows that it is gone, whatever the hosts' clocks say.
struct LeaderRow {
  Epoch epoch;
  std::string owner;     // a master's name; empty: it has left
  std::string instance;  // of that master's home; two with one name differ in it
  int64_t beat = 0;
};

// A master as it last said that it lives.
struct MasterRow {
  std::string name;
  std::string instance;
  std::string grpc;  // host:port, for other masters, workers and clients
  std::string rest;  // URL
  std::string version;
  TimePoint started_at;
  TimePoint seen_at;
};

struct ImportErrorRow {
  int64_t id = 0;  // set by the store
  std::string filename;
  std::string stack_trace;
  TimePoint timestamp;
};

// The audit trail: what somebody did.
struct EventRow {
  int64_t id = 0;  // set by the store
  TimePoint when;
  std::string owner;  // who: "admin", "cli:root"
  std::string event;  // "trigger_dag_run", "pause", "clear", ...
  std::string dag_id;
  std::string run_id;
  std::string task_id;
  std::string extra;
};

struct UserRow {
  std::string name;
  std::string password_hash;  // libsodium crypto_pwhash_str
  std::string role;           // Viewer, User, Op, Admin
};

// One write of a user, with its event in the same transaction.
struct UserWrite {
  enum class What : uint8_t { kAdd, kChange, kRemove };
  What what = What::kAdd;
  UserRow user;  // kChange: empty texts but the name stay as they are
  EventRow event;
};
// What a user gave a program to be asked as him: a secret, of which the hash stands here.
struct TokenRow {
  std::string id;    // 16 hex digits: the secret begins with them
  std::string user;  // whose
  std::string name;  // one of his has it
  std::string hash;  // SHA-256 of the secret, hex
  TimePoint created_at;
  std::optional<TimePoint> expires_at;    // unset: never
  std::optional<TimePoint> last_used_at;  // within kTokenUseEvery; unset: never
};
// A session that was logged out of before its time.
struct EndedSessionRow {
  std::string id;  // its token's "jti"
  std::string user;
  TimePoint expires_at;  // when it is over anyhow
};
// A DAG that a user has marked.
struct FavoriteRow {
  std::string user;
  std::string dag_id;
};

// What DAGs read by name. `value` and the like are sealed: master/secrets/vault.h.
struct VariableRow {
  std::string key;
  std::string value;  // sealed
  std::string description;
  std::string sealed_by;  // the key's id
};

// Where something outside is, and how one gets in.
struct ConnectionRow {
  std::string conn_id;
  std::string conn_type;
  std::string description;
  std::string host;
  std::string schema;
  std::string login;
  std::optional<int32_t> port;
  std::string password;   // sealed
  std::string extra;      // sealed: JSON, as a rule
  std::string sealed_by;  // the key's id
};

}  // namespace gale
