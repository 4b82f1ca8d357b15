#include "master/store/sqlite_migrations.h"

namespace gale::sqlite {
namespace {

// Conventions: times are microseconds since 1970 UTC; lengths are bytes; states are the numbers of
// common/model/state.h; primary keys cluster everything of a run. No index on a column that every
// transition changes: it would halve the throughput. No foreign keys: a run's rows come in one
// commit.
constexpr char kInitial[] = R"sql(
CREATE TABLE schema_version (
  version INTEGER PRIMARY KEY,
  name    TEXT NOT NULL
) STRICT;

CREATE TABLE leader (
  id    INTEGER PRIMARY KEY CHECK (id = 1),
  epoch INTEGER NOT NULL CHECK (epoch >= 0),
  owner TEXT NOT NULL CHECK (length(CAST(owner AS BLOB)) <= 250)
) STRICT;
INSERT INTO leader VALUES (1, 0, '');

CREATE TABLE dag (
  dag_id                TEXT NOT NULL PRIMARY KEY CHECK (length(CAST(dag_id AS BLOB)) BETWEEN 1 AND 250),
  version               INTEGER NOT NULL CHECK (version >= 0),
  fileloc               TEXT NOT NULL,
  is_paused             INTEGER NOT NULL CHECK (is_paused IN (0, 1)),
  is_stale              INTEGER NOT NULL CHECK (is_stale IN (0, 1)),
  description           TEXT NOT NULL,
  timetable_summary     TEXT NOT NULL,
  timetable_description TEXT NOT NULL,
  owners                TEXT NOT NULL CHECK (json_type(owners) = 'array'),
  tags                  TEXT NOT NULL CHECK (json_type(tags) = 'array'),
  max_active_runs       INTEGER NOT NULL CHECK (max_active_runs >= 0),
  max_active_tasks      INTEGER NOT NULL CHECK (max_active_tasks >= 0),
  last_parsed           INTEGER NOT NULL,
  last_expired          INTEGER,
  last_interval_start   INTEGER,
  last_interval_end     INTEGER,
  next_run_after        INTEGER,
  next_logical_date     INTEGER,
  next_interval_start   INTEGER,
  next_interval_end     INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE dag_version (
  dag_id     TEXT NOT NULL CHECK (length(CAST(dag_id AS BLOB)) BETWEEN 1 AND 250),
  version    INTEGER NOT NULL CHECK (version >= 1),
  hash       TEXT NOT NULL CHECK (length(hash) <= 128),
  spec       BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (dag_id, version)
) STRICT;

CREATE TABLE import_error (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  filename    TEXT NOT NULL UNIQUE CHECK (length(CAST(filename AS BLOB)) BETWEEN 1 AND 1024),
  stack_trace TEXT NOT NULL,
  timestamp   INTEGER NOT NULL
) STRICT;

CREATE TABLE dag_run (
  run_key         INTEGER PRIMARY KEY CHECK (run_key >= 1),
  dag_id          TEXT NOT NULL CHECK (length(CAST(dag_id AS BLOB)) BETWEEN 1 AND 250),
  run_id          TEXT NOT NULL CHECK (length(CAST(run_id AS BLOB)) BETWEEN 1 AND 250),
  version         INTEGER NOT NULL CHECK (version >= 0),
  state           INTEGER NOT NULL CHECK (state BETWEEN 0 AND 3),
  type            INTEGER NOT NULL CHECK (type BETWEEN 0 AND 3),
  triggered_by    TEXT NOT NULL CHECK (length(triggered_by) <= 50),
  triggering_user TEXT NOT NULL CHECK (length(triggering_user) <= 512),
  logical_date    INTEGER,
  interval_start  INTEGER,
  interval_end    INTEGER,
  run_after       INTEGER NOT NULL,
  queued_at       INTEGER,
  start_date      INTEGER,
  end_date        INTEGER,
  conf            TEXT NOT NULL CHECK (length(CAST(conf AS BLOB)) <= 1048576),
  note            TEXT NOT NULL CHECK (length(note) <= 1000),
  clear_number    INTEGER NOT NULL CHECK (clear_number >= 0),
  reason          TEXT NOT NULL,
  UNIQUE (dag_id, run_id)
) STRICT;
CREATE INDEX dag_run_by_date ON dag_run (dag_id, logical_date);
CREATE INDEX dag_run_live ON dag_run (run_key) WHERE state < 2;

CREATE TABLE task_instance (
  run_key    INTEGER NOT NULL CHECK (run_key >= 1),
  task_index INTEGER NOT NULL CHECK (task_index BETWEEN 0 AND 4294967295),
  map_index  INTEGER NOT NULL CHECK (map_index >= -1),
  state      INTEGER NOT NULL CHECK (state BETWEEN 0 AND 12),
  try_number INTEGER NOT NULL CHECK (try_number >= 0),
  max_tries  INTEGER NOT NULL CHECK (max_tries >= 0),
  lost_tries INTEGER NOT NULL CHECK (lost_tries >= 0),
  queued_at  INTEGER,
  start_date INTEGER,
  end_date   INTEGER,
  next_at    INTEGER,
  live       INTEGER NOT NULL CHECK (live IN (0, 1)),
  worker     TEXT NOT NULL CHECK (length(worker) <= 250),
  pid        INTEGER NOT NULL,
  reason     TEXT NOT NULL,
  PRIMARY KEY (run_key, task_index, map_index)
) STRICT, WITHOUT ROWID;

CREATE INDEX task_instance_live ON task_instance (run_key) WHERE live = 1;

CREATE TABLE task_attempt (
  run_key    INTEGER NOT NULL CHECK (run_key >= 1),
  task_index INTEGER NOT NULL CHECK (task_index BETWEEN 0 AND 4294967295),
  map_index  INTEGER NOT NULL CHECK (map_index >= -1),
  try_number INTEGER NOT NULL CHECK (try_number >= 0),
  state      INTEGER NOT NULL CHECK (state BETWEEN 0 AND 12),
  queued_at  INTEGER,
  start_date INTEGER,
  end_date   INTEGER,
  worker     TEXT NOT NULL CHECK (length(worker) <= 250),
  pid        INTEGER NOT NULL,
  exit_code  INTEGER NOT NULL,
  signal     INTEGER NOT NULL,
  reason     TEXT NOT NULL,
  log_bytes  INTEGER NOT NULL CHECK (log_bytes >= 0),
  PRIMARY KEY (run_key, task_index, map_index, try_number)
) STRICT, WITHOUT ROWID;

CREATE TABLE xcom (
  run_key    INTEGER NOT NULL CHECK (run_key >= 1),
  task_index INTEGER NOT NULL CHECK (task_index BETWEEN 0 AND 4294967295),
  map_index  INTEGER NOT NULL CHECK (map_index >= -1),
  key        TEXT NOT NULL CHECK (length(key) BETWEEN 1 AND 512),
  value      TEXT NOT NULL,
  timestamp  INTEGER NOT NULL,
  PRIMARY KEY (run_key, task_index, map_index, key)
) STRICT;

CREATE TABLE pool (
  name             TEXT NOT NULL PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 256),
  slots            INTEGER NOT NULL CHECK (slots >= -1),
  description      TEXT NOT NULL,
  include_deferred INTEGER NOT NULL CHECK (include_deferred IN (0, 1))
) STRICT, WITHOUT ROWID;
INSERT INTO pool VALUES ('default_pool', 128, 'Default pool', 0);

CREATE TABLE worker (
  name       TEXT NOT NULL PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 250),
  host       TEXT NOT NULL CHECK (length(host) <= 250),
  boot_id    TEXT NOT NULL CHECK (length(boot_id) <= 64),
  version    TEXT NOT NULL CHECK (length(version) <= 64),
  last_hello INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE event_log (
  id        INTEGER PRIMARY KEY AUTOINCREMENT,
  logged_at INTEGER NOT NULL,
  owner     TEXT NOT NULL CHECK (length(owner) <= 500),
  event     TEXT NOT NULL CHECK (length(event) BETWEEN 1 AND 60),
  dag_id    TEXT NOT NULL,
  run_id    TEXT NOT NULL,
  task_id   TEXT NOT NULL,
  extra     TEXT NOT NULL
) STRICT;

CREATE TABLE user (
  name          TEXT NOT NULL PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 250),
  password_hash TEXT NOT NULL CHECK (length(password_hash) <= 250),
  role          TEXT NOT NULL CHECK (role IN ('Viewer', 'User', 'Op', 'Admin'))
) STRICT, WITHOUT ROWID;

CREATE TABLE setting (
  key   TEXT NOT NULL PRIMARY KEY CHECK (length(key) BETWEEN 1 AND 250),
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
)sql";

constexpr char kMasters[] = R"sql(
ALTER TABLE leader ADD COLUMN instance TEXT NOT NULL DEFAULT '';
ALTER TABLE leader ADD COLUMN beat INTEGER NOT NULL DEFAULT 0;

CREATE TABLE master (
  name       TEXT NOT NULL PRIMARY KEY CHECK (length(CAST(name AS BLOB)) BETWEEN 1 AND 250),
  instance   TEXT NOT NULL,
  grpc       TEXT NOT NULL,
  rest       TEXT NOT NULL,
  version    TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  seen_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
)sql";

constexpr char kBundles[] = R"sql(
ALTER TABLE worker ADD COLUMN drained INTEGER NOT NULL DEFAULT 0 CHECK (drained IN (0, 1));

CREATE TABLE version_bundle (
  dag_id  TEXT NOT NULL CHECK (length(CAST(dag_id AS BLOB)) BETWEEN 1 AND 250),
  version INTEGER NOT NULL CHECK (version >= 1),
  bundle  TEXT NOT NULL CHECK (length(bundle) IN (0, 64)),
  PRIMARY KEY (dag_id, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE bundle_blob (
  digest     TEXT NOT NULL PRIMARY KEY CHECK (length(digest) = 64),
  data       BLOB NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
)sql";

constexpr char kCleaningUsageAndReads[] = R"sql(
CREATE TABLE cleaned_run (
  run_key  INTEGER PRIMARY KEY CHECK (run_key >= 1),
  dag_id   TEXT NOT NULL CHECK (length(CAST(dag_id AS BLOB)) BETWEEN 1 AND 250),
  run_id   TEXT NOT NULL CHECK (length(CAST(run_id AS BLOB)) BETWEEN 1 AND 250),
  version  INTEGER NOT NULL CHECK (version >= 0),
  taken_at INTEGER NOT NULL,
  state    INTEGER NOT NULL CHECK (state BETWEEN 0 AND 2)
) STRICT;
CREATE INDEX cleaned_run_by_version ON cleaned_run (dag_id, version);
ALTER TABLE dag ADD COLUMN failed_in_a_row INTEGER NOT NULL DEFAULT 0;
ALTER TABLE task_instance ADD COLUMN user_time INTEGER NOT NULL DEFAULT 0;
ALTER TABLE task_instance ADD COLUMN system_time INTEGER NOT NULL DEFAULT 0;
ALTER TABLE task_instance ADD COLUMN rss_bytes_max INTEGER NOT NULL DEFAULT 0;
ALTER TABLE task_instance ADD COLUMN value_length INTEGER;
ALTER TABLE task_instance ADD COLUMN block_length INTEGER;
ALTER TABLE task_attempt ADD COLUMN user_time INTEGER NOT NULL DEFAULT 0;
ALTER TABLE task_attempt ADD COLUMN system_time INTEGER NOT NULL DEFAULT 0;
ALTER TABLE task_attempt ADD COLUMN rss_bytes_max INTEGER NOT NULL DEFAULT 0;
ALTER TABLE dag_version ADD COLUMN tasks INTEGER NOT NULL DEFAULT 0 CHECK (tasks >= 0);
ALTER TABLE task_instance ADD COLUMN reschedules INTEGER NOT NULL DEFAULT 0;
ALTER TABLE task_instance ADD COLUMN looks INTEGER NOT NULL DEFAULT 0;
ALTER TABLE task_instance ADD COLUMN first_start INTEGER;
ALTER TABLE task_instance ADD COLUMN skips TEXT NOT NULL DEFAULT '';
ALTER TABLE task_instance ADD COLUMN rendered_map_index TEXT NOT NULL DEFAULT '';
ALTER TABLE task_attempt ADD COLUMN reschedules INTEGER NOT NULL DEFAULT 0;
ALTER TABLE task_attempt ADD COLUMN looks INTEGER NOT NULL DEFAULT 0;
CREATE TABLE rendered_fields (
  run_key    INTEGER NOT NULL CHECK (run_key >= 1),
  task_index INTEGER NOT NULL CHECK (task_index BETWEEN 0 AND 4294967295),
  map_index  INTEGER NOT NULL CHECK (map_index >= -1),
  fields     TEXT NOT NULL,
  PRIMARY KEY (run_key, task_index, map_index)
) STRICT;
CREATE INDEX dag_version_head ON dag_version (dag_id, version, hash, created_at, tasks);
CREATE INDEX dag_run_by_dag ON dag_run (dag_id, run_key, version);
CREATE INDEX dag_run_by_run_after ON dag_run (run_after);
CREATE INDEX dag_run_by_dag_and_run_after ON dag_run (dag_id, run_after);
CREATE INDEX event_log_by_time ON event_log (logged_at);

-- A date is one run's: of several the later ones move on, by microseconds.
UPDATE dag_run SET logical_date = moved.to_date FROM (
  SELECT run_key, place + max(logical_date - place) OVER (
    PARTITION BY dag_id ORDER BY place ROWS UNBOUNDED PRECEDING) AS to_date
  FROM (SELECT run_key, dag_id, logical_date, row_number() OVER (
      PARTITION BY dag_id ORDER BY logical_date, run_key) AS place
    FROM dag_run WHERE logical_date IS NOT NULL)) AS moved
WHERE dag_run.run_key = moved.run_key AND dag_run.logical_date <> moved.to_date;
DROP INDEX dag_run_by_date;
CREATE UNIQUE INDEX dag_run_by_date ON dag_run (dag_id, logical_date);

CREATE TABLE variable (
  key         TEXT NOT NULL PRIMARY KEY CHECK (length(CAST(key AS BLOB)) BETWEEN 1 AND 250),
  value       TEXT NOT NULL,
  description TEXT NOT NULL,
  sealed_by   TEXT NOT NULL
) STRICT;
CREATE TABLE connection (
  conn_id     TEXT NOT NULL PRIMARY KEY CHECK (length(CAST(conn_id AS BLOB)) BETWEEN 1 AND 250),
  conn_type   TEXT NOT NULL,
  description TEXT NOT NULL,
  host        TEXT NOT NULL,
  schema      TEXT NOT NULL,
  login       TEXT NOT NULL,
  port        INTEGER CHECK (port BETWEEN 0 AND 65535),
  password    TEXT NOT NULL,
  extra       TEXT NOT NULL,
  sealed_by   TEXT NOT NULL
) STRICT;
)sql";

// What the web's pages need.
constexpr char kPages[] = R"sql(
ALTER TABLE worker ADD COLUMN drain_reason TEXT NOT NULL DEFAULT '';
ALTER TABLE worker ADD COLUMN stopped INTEGER NOT NULL DEFAULT 0 CHECK (stopped IN (0, 1));
CREATE TABLE dag_favorite (
  user   TEXT NOT NULL CHECK (length(CAST(user AS BLOB)) BETWEEN 1 AND 250),
  dag_id TEXT NOT NULL CHECK (length(CAST(dag_id AS BLOB)) BETWEEN 1 AND 250),
  PRIMARY KEY (user, dag_id)
) STRICT, WITHOUT ROWID;

ALTER TABLE dag_version ADD COLUMN source TEXT NOT NULL DEFAULT '';

CREATE INDEX event_log_by_dag ON event_log (dag_id);
CREATE INDEX event_log_by_run ON event_log (dag_id, run_id);
CREATE INDEX event_log_by_owner ON event_log (owner);
CREATE INDEX event_log_by_event ON event_log (event);
)sql";

// Tokens that users give programs, and sessions that were logged out of; what people write at task
// instances, and how long those wait for a slot.
constexpr char kTokensAndNotes[] = R"sql(
CREATE TABLE api_token (
  id           TEXT NOT NULL PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 16),
  user         TEXT NOT NULL CHECK (length(CAST(user AS BLOB)) BETWEEN 1 AND 250),
  name         TEXT NOT NULL CHECK (length(CAST(name AS BLOB)) BETWEEN 1 AND 250),
  hash         TEXT NOT NULL,
  created_at   INTEGER NOT NULL,
  expires_at   INTEGER,
  last_used_at INTEGER,
  UNIQUE (user, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE ended_session (
  id         TEXT NOT NULL PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 64),
  user       TEXT NOT NULL CHECK (length(CAST(user AS BLOB)) BETWEEN 1 AND 250),
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX ended_session_by_user ON ended_session (user);
CREATE INDEX ended_session_by_time ON ended_session (expires_at);
CREATE TABLE task_note (
  run_key    INTEGER NOT NULL CHECK (run_key >= 1),
  task_index INTEGER NOT NULL CHECK (task_index BETWEEN 0 AND 4294967295),
  map_index  INTEGER NOT NULL CHECK (map_index >= -1),
  note       TEXT NOT NULL CHECK (length(note) <= 1000),
  PRIMARY KEY (run_key, task_index, map_index)
) STRICT, WITHOUT ROWID;
ALTER TABLE task_instance ADD COLUMN scheduled_at INTEGER;
ALTER TABLE task_attempt ADD COLUMN scheduled_at INTEGER;
)sql";

constexpr Migration kMigrations[] = {
    {1, "initial", kInitial},
    {2, "masters", kMasters},
    {3, "bundles", kBundles},
    {4, "cleaning_usage_and_reads", kCleaningUsageAndReads},
    {5, "pages", kPages},
    {6, "tokens_and_notes", kTokensAndNotes},
};

}  // namespace

std::span<const Migration> Migrations() { return kMigrations; }

}  // namespace gale::sqlite
