#include "master/store/mysql_migrations.h"

namespace gale::mysql {
namespace {

#define GALE_TABLE_END \
  " ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE {collation}"

// Conventions: those of sqlite_migrations.cc. `filename` is bytes, since 1024 characters are too
// many for a key. live_run takes the place of SQLite's partial indexes: LoadLive looks only at the
// runs in it.
constexpr const char* kInitial[] = {
    R"sql(
CREATE TABLE IF NOT EXISTS leader (
  id          INT NOT NULL PRIMARY KEY CHECK (id = 1),
  epoch       BIGINT NOT NULL CHECK (epoch >= 0),
  owner       VARCHAR(250) NOT NULL CHECK (OCTET_LENGTH(owner) <= 250),
  lease_until BIGINT NOT NULL DEFAULT 0
))sql" GALE_TABLE_END, "INSERT IGNORE INTO leader (id, epoch, owner) VALUES (1, 0, '')",
    R"sql(
CREATE TABLE IF NOT EXISTS dag (
  dag_id                VARCHAR(250) NOT NULL PRIMARY KEY CHECK (OCTET_LENGTH(dag_id) BETWEEN 1 AND 250),
  version               BIGINT NOT NULL CHECK (version >= 0),
  fileloc               TEXT NOT NULL,
  is_paused             TINYINT NOT NULL CHECK (is_paused IN (0, 1)),
  is_stale              TINYINT NOT NULL CHECK (is_stale IN (0, 1)),
  description           MEDIUMTEXT NOT NULL,
  timetable_summary     TEXT NOT NULL,
  timetable_description TEXT NOT NULL,
  owners                MEDIUMTEXT NOT NULL CHECK (JSON_VALID(owners)),
  tags                  MEDIUMTEXT NOT NULL CHECK (JSON_VALID(tags)),
  max_active_runs       INT UNSIGNED NOT NULL,
  max_active_tasks      INT UNSIGNED NOT NULL,
  last_parsed           BIGINT NOT NULL,
  last_expired          BIGINT,
  last_interval_start   BIGINT,
  last_interval_end     BIGINT,
  next_run_after        BIGINT,
  next_logical_date     BIGINT,
  next_interval_start   BIGINT,
  next_interval_end     BIGINT
))sql" GALE_TABLE_END,
    R"sql(
CREATE TABLE IF NOT EXISTS dag_version (
  dag_id     VARCHAR(250) NOT NULL CHECK (OCTET_LENGTH(dag_id) BETWEEN 1 AND 250),
  version    BIGINT NOT NULL CHECK (version >= 1),
  hash       VARCHAR(128) NOT NULL,
  spec       LONGBLOB NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (dag_id, version)
))sql" GALE_TABLE_END,
    R"sql(
CREATE TABLE IF NOT EXISTS import_error (
  id          BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  filename    VARBINARY(1024) NOT NULL UNIQUE CHECK (LENGTH(filename) >= 1),
  stack_trace MEDIUMTEXT NOT NULL,
  `timestamp` BIGINT NOT NULL
))sql" GALE_TABLE_END,
    R"sql(
CREATE TABLE IF NOT EXISTS dag_run (
  run_key         BIGINT NOT NULL PRIMARY KEY CHECK (run_key >= 1),
  dag_id          VARCHAR(250) NOT NULL CHECK (OCTET_LENGTH(dag_id) BETWEEN 1 AND 250),
  run_id          VARCHAR(250) NOT NULL CHECK (OCTET_LENGTH(run_id) BETWEEN 1 AND 250),
  version         BIGINT NOT NULL CHECK (version >= 0),
  state           TINYINT NOT NULL CHECK (state BETWEEN 0 AND 3),
  type            TINYINT NOT NULL CHECK (type BETWEEN 0 AND 3),
  triggered_by    VARCHAR(50) NOT NULL,
  triggering_user VARCHAR(512) NOT NULL,
  logical_date    BIGINT,
  interval_start  BIGINT,
  interval_end    BIGINT,
  run_after       BIGINT NOT NULL,
  queued_at       BIGINT,
  start_date      BIGINT,
  end_date        BIGINT,
  conf            MEDIUMTEXT NOT NULL CHECK (OCTET_LENGTH(conf) <= 1048576),
  note            VARCHAR(1000) NOT NULL,
  clear_number    INT UNSIGNED NOT NULL,
  reason          MEDIUMTEXT NOT NULL,
  UNIQUE KEY dag_run_by_name (dag_id, run_id),
  KEY dag_run_by_date (dag_id, logical_date)
))sql" GALE_TABLE_END,
    R"sql(
CREATE TABLE IF NOT EXISTS live_run (
  run_key BIGINT NOT NULL PRIMARY KEY
))sql" GALE_TABLE_END,
    R"sql(
CREATE TABLE IF NOT EXISTS task_instance (
  run_key    BIGINT NOT NULL CHECK (run_key >= 1),
  task_index INT UNSIGNED NOT NULL,
  map_index  INT NOT NULL CHECK (map_index >= -1),
  state      TINYINT NOT NULL CHECK (state BETWEEN 0 AND 12),
  try_number INT UNSIGNED NOT NULL,
  max_tries  INT UNSIGNED NOT NULL,
  lost_tries INT UNSIGNED NOT NULL,
  queued_at  BIGINT,
  start_date BIGINT,
  end_date   BIGINT,
  next_at    BIGINT,
  live       TINYINT NOT NULL CHECK (live IN (0, 1)),
  worker     VARCHAR(250) NOT NULL,
  pid        BIGINT NOT NULL,
  reason     MEDIUMTEXT NOT NULL,
  PRIMARY KEY (run_key, task_index, map_index)
))sql" GALE_TABLE_END,
    R"sql(
CREATE TABLE IF NOT EXISTS task_attempt (
  run_key    BIGINT NOT NULL CHECK (run_key >= 1),
  task_index INT UNSIGNED NOT NULL,
  map_index  INT NOT NULL CHECK (map_index >= -1),
  try_number INT UNSIGNED NOT NULL,
  state      TINYINT NOT NULL CHECK (state BETWEEN 0 AND 12),
  queued_at  BIGINT,
  start_date BIGINT,
  end_date   BIGINT,
  worker     VARCHAR(250) NOT NULL,
  pid        BIGINT NOT NULL,
  exit_code  INT NOT NULL,
  `signal`   INT NOT NULL,
  reason     MEDIUMTEXT NOT NULL,
  log_bytes  BIGINT NOT NULL CHECK (log_bytes >= 0),
  PRIMARY KEY (run_key, task_index, map_index, try_number)
))sql" GALE_TABLE_END,
    R"sql(
CREATE TABLE IF NOT EXISTS xcom (
  run_key     BIGINT NOT NULL CHECK (run_key >= 1),
  task_index  INT UNSIGNED NOT NULL,
  map_index   INT NOT NULL CHECK (map_index >= -1),
  `key`       VARCHAR(512) NOT NULL CHECK (OCTET_LENGTH(`key`) >= 1),
  value       LONGTEXT NOT NULL,
  `timestamp` BIGINT NOT NULL,
  PRIMARY KEY (run_key, task_index, map_index, `key`)
))sql" GALE_TABLE_END,
    R"sql(
CREATE TABLE IF NOT EXISTS pool (
  name             VARCHAR(256) NOT NULL PRIMARY KEY CHECK (OCTET_LENGTH(name) >= 1),
  slots            INT NOT NULL CHECK (slots >= -1),
  description      MEDIUMTEXT NOT NULL,
  include_deferred TINYINT NOT NULL CHECK (include_deferred IN (0, 1))
))sql" GALE_TABLE_END, "INSERT IGNORE INTO pool VALUES ('default_pool', 128, 'Default pool', 0)",
    R"sql(
CREATE TABLE IF NOT EXISTS worker (
  name       VARCHAR(250) NOT NULL PRIMARY KEY CHECK (OCTET_LENGTH(name) >= 1),
  host       VARCHAR(250) NOT NULL,
  boot_id    VARCHAR(64) NOT NULL,
  version    VARCHAR(64) NOT NULL,
  last_hello BIGINT NOT NULL
))sql" GALE_TABLE_END,
    R"sql(
CREATE TABLE IF NOT EXISTS event_log (
  id        BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  logged_at BIGINT NOT NULL,
  owner     VARCHAR(500) NOT NULL,
  event     VARCHAR(60) NOT NULL CHECK (OCTET_LENGTH(event) >= 1),
  dag_id    TEXT NOT NULL,
  run_id    TEXT NOT NULL,
  task_id   TEXT NOT NULL,
  extra     MEDIUMTEXT NOT NULL
))sql" GALE_TABLE_END,
    R"sql(
CREATE TABLE IF NOT EXISTS user (
  name          VARCHAR(250) NOT NULL PRIMARY KEY CHECK (OCTET_LENGTH(name) >= 1),
  password_hash VARCHAR(250) NOT NULL,
  role          VARCHAR(10) NOT NULL CHECK (role IN ('Viewer', 'User', 'Op', 'Admin'))
))sql" GALE_TABLE_END,
    R"sql(
CREATE TABLE IF NOT EXISTS setting (
  `key` VARCHAR(250) NOT NULL PRIMARY KEY CHECK (OCTET_LENGTH(`key`) >= 1),
  value LONGTEXT NOT NULL
))sql" GALE_TABLE_END,
};

constexpr const char* kMasters[] = {
    "ALTER TABLE leader ADD COLUMN instance VARCHAR(64) NOT NULL DEFAULT '',"
    " ADD COLUMN beat BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE leader DROP COLUMN lease_until",
    R"sql(
CREATE TABLE IF NOT EXISTS master (
  name       VARCHAR(250) NOT NULL PRIMARY KEY CHECK (OCTET_LENGTH(name) BETWEEN 1 AND 250),
  instance   VARCHAR(64) NOT NULL,
  grpc       VARCHAR(300) NOT NULL,
  rest       VARCHAR(300) NOT NULL,
  version    VARCHAR(64) NOT NULL,
  started_at BIGINT NOT NULL,
  seen_at    BIGINT NOT NULL
))sql" GALE_TABLE_END,
};

constexpr const char* kBundles[] = {
    "ALTER TABLE worker ADD COLUMN drained TINYINT NOT NULL DEFAULT 0",
    R"sql(
CREATE TABLE IF NOT EXISTS version_bundle (
  dag_id  VARCHAR(250) NOT NULL CHECK (OCTET_LENGTH(dag_id) BETWEEN 1 AND 250),
  version BIGINT NOT NULL CHECK (version >= 1),
  bundle  VARCHAR(64) NOT NULL CHECK (OCTET_LENGTH(bundle) IN (0, 64)),
  PRIMARY KEY (dag_id, version)
))sql" GALE_TABLE_END,
    R"sql(
CREATE TABLE IF NOT EXISTS bundle_blob (
  digest     VARCHAR(64) NOT NULL PRIMARY KEY CHECK (OCTET_LENGTH(digest) = 64),
  data       LONGBLOB NOT NULL,
  created_at BIGINT NOT NULL
))sql" GALE_TABLE_END,
};

constexpr const char* kCleaningUsageAndReads[] = {
    R"sql(
CREATE TABLE IF NOT EXISTS cleaned_run (
  run_key  BIGINT NOT NULL PRIMARY KEY CHECK (run_key >= 1),
  dag_id   VARCHAR(250) NOT NULL CHECK (OCTET_LENGTH(dag_id) BETWEEN 1 AND 250),
  run_id   VARCHAR(250) NOT NULL CHECK (OCTET_LENGTH(run_id) BETWEEN 1 AND 250),
  version  BIGINT NOT NULL CHECK (version >= 0),
  taken_at BIGINT NOT NULL,
  state    TINYINT NOT NULL CHECK (state BETWEEN 0 AND 2),
  KEY cleaned_run_by_version (dag_id, version)
))sql" GALE_TABLE_END,
    "ALTER TABLE dag ADD COLUMN failed_in_a_row INT UNSIGNED NOT NULL DEFAULT 0",
    "ALTER TABLE task_instance ADD COLUMN user_time BIGINT NOT NULL DEFAULT 0,"
    " ADD COLUMN system_time BIGINT NOT NULL DEFAULT 0,"
    " ADD COLUMN rss_bytes_max BIGINT NOT NULL DEFAULT 0,"
    " ADD COLUMN value_length INT UNSIGNED, ADD COLUMN block_length INT UNSIGNED,"
    " ADD COLUMN reschedules INT UNSIGNED NOT NULL DEFAULT 0,"
    " ADD COLUMN looks INT UNSIGNED NOT NULL DEFAULT 0, ADD COLUMN first_start BIGINT,"
    " ADD COLUMN skips MEDIUMTEXT NOT NULL,"
    " ADD COLUMN rendered_map_index VARCHAR(250) NOT NULL DEFAULT ''",
    "ALTER TABLE task_attempt ADD COLUMN user_time BIGINT NOT NULL DEFAULT 0,"
    " ADD COLUMN system_time BIGINT NOT NULL DEFAULT 0,"
    " ADD COLUMN rss_bytes_max BIGINT NOT NULL DEFAULT 0,"
    " ADD COLUMN reschedules INT UNSIGNED NOT NULL DEFAULT 0,"
    " ADD COLUMN looks INT UNSIGNED NOT NULL DEFAULT 0",
    R"sql(
CREATE TABLE IF NOT EXISTS rendered_fields (
  run_key    BIGINT NOT NULL CHECK (run_key >= 1),
  task_index INT UNSIGNED NOT NULL,
  map_index  INT NOT NULL CHECK (map_index >= -1),
  fields     MEDIUMTEXT NOT NULL,
  PRIMARY KEY (run_key, task_index, map_index)
))sql" GALE_TABLE_END,
    "ALTER TABLE dag_version ADD COLUMN tasks INT UNSIGNED NOT NULL DEFAULT 0",
    "ALTER TABLE dag_run ADD KEY dag_run_by_dag (dag_id, run_key, version),"
    " ADD KEY dag_run_by_run_after (run_after),"
    " ADD KEY dag_run_by_dag_and_run_after (dag_id, run_after)",
    "ALTER TABLE event_log ADD KEY event_log_by_time (logged_at)",
    // A date is one run's: of several the later ones move on, by microseconds.
    R"sql(
UPDATE dag_run JOIN (
  SELECT run_key, place + MAX(logical_date - place) OVER (
    PARTITION BY dag_id ORDER BY place ROWS UNBOUNDED PRECEDING) AS to_date
  FROM (SELECT run_key, dag_id, logical_date, CAST(ROW_NUMBER() OVER (
      PARTITION BY dag_id ORDER BY logical_date, run_key) AS SIGNED) AS place
    FROM dag_run WHERE logical_date IS NOT NULL) placed) moved ON moved.run_key = dag_run.run_key
SET dag_run.logical_date = moved.to_date WHERE dag_run.logical_date <> moved.to_date
)sql",
    "ALTER TABLE dag_run DROP KEY dag_run_by_date,"
    " ADD UNIQUE KEY dag_run_by_date (dag_id, logical_date)",
    R"sql(
CREATE TABLE IF NOT EXISTS variable (
  `key`       VARCHAR(250) NOT NULL PRIMARY KEY CHECK (OCTET_LENGTH(`key`) BETWEEN 1 AND 250),
  value       LONGTEXT NOT NULL,
  description MEDIUMTEXT NOT NULL,
  sealed_by   VARCHAR(16) NOT NULL
))sql" GALE_TABLE_END,
    R"sql(
CREATE TABLE IF NOT EXISTS connection (
  conn_id     VARCHAR(250) NOT NULL PRIMARY KEY CHECK (OCTET_LENGTH(conn_id) BETWEEN 1 AND 250),
  conn_type   VARCHAR(500) NOT NULL,
  description MEDIUMTEXT NOT NULL,
  host        VARCHAR(500) NOT NULL,
  `schema`    VARCHAR(500) NOT NULL,
  login       VARCHAR(500) NOT NULL,
  port        INT CHECK (port BETWEEN 0 AND 65535),
  password    LONGTEXT NOT NULL,
  extra       LONGTEXT NOT NULL,
  sealed_by   VARCHAR(16) NOT NULL
))sql" GALE_TABLE_END,
};

// What the web's pages need.
constexpr const char* kPages[] = {
    "ALTER TABLE worker ADD COLUMN drain_reason VARCHAR(1000) NOT NULL DEFAULT '',"
    " ADD COLUMN stopped TINYINT NOT NULL DEFAULT 0",
    R"sql(
CREATE TABLE IF NOT EXISTS dag_favorite (
  `user` VARCHAR(250) NOT NULL CHECK (OCTET_LENGTH(`user`) BETWEEN 1 AND 250),
  dag_id VARCHAR(250) NOT NULL CHECK (OCTET_LENGTH(dag_id) BETWEEN 1 AND 250),
  PRIMARY KEY (`user`, dag_id)
))sql" GALE_TABLE_END,
    "ALTER TABLE dag_version ADD COLUMN source VARCHAR(64) NOT NULL DEFAULT ''",
    // Their rows are within these bounds already (bounds.cc).
    "ALTER TABLE event_log MODIFY dag_id VARCHAR(250) NOT NULL,"
    " MODIFY run_id VARCHAR(250) NOT NULL, MODIFY task_id VARCHAR(250) NOT NULL,"
    " ADD KEY event_log_by_dag (dag_id),"
    " ADD KEY event_log_by_run (dag_id, run_id), ADD KEY event_log_by_owner (owner),"
    " ADD KEY event_log_by_event (event)",
};

// Tokens that users give programs, and sessions that were logged out of; what people write at task
// instances, and how long those wait for a slot.
constexpr const char* kTokensAndNotes[] = {
    R"sql(
CREATE TABLE IF NOT EXISTS api_token (
  id           VARCHAR(16) NOT NULL PRIMARY KEY CHECK (OCTET_LENGTH(id) BETWEEN 1 AND 16),
  `user`       VARCHAR(250) NOT NULL CHECK (OCTET_LENGTH(`user`) BETWEEN 1 AND 250),
  name         VARCHAR(250) NOT NULL CHECK (OCTET_LENGTH(name) BETWEEN 1 AND 250),
  hash         VARCHAR(64) NOT NULL,
  created_at   BIGINT NOT NULL,
  expires_at   BIGINT,
  last_used_at BIGINT,
  UNIQUE KEY api_token_by_name (`user`, name)
))sql" GALE_TABLE_END,
    R"sql(
CREATE TABLE IF NOT EXISTS ended_session (
  id         VARCHAR(64) NOT NULL PRIMARY KEY CHECK (OCTET_LENGTH(id) BETWEEN 1 AND 64),
  `user`     VARCHAR(250) NOT NULL CHECK (OCTET_LENGTH(`user`) BETWEEN 1 AND 250),
  expires_at BIGINT NOT NULL,
  KEY ended_session_by_user (`user`),
  KEY ended_session_by_time (expires_at)
))sql" GALE_TABLE_END,
    R"sql(
CREATE TABLE IF NOT EXISTS task_note (
  run_key    BIGINT NOT NULL CHECK (run_key >= 1),
  task_index INT UNSIGNED NOT NULL,
  map_index  INT NOT NULL CHECK (map_index >= -1),
  note       VARCHAR(1000) NOT NULL,
  PRIMARY KEY (run_key, task_index, map_index)
))sql" GALE_TABLE_END,
    "ALTER TABLE task_instance ADD COLUMN scheduled_at BIGINT",
    "ALTER TABLE task_attempt ADD COLUMN scheduled_at BIGINT",
};

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

}  // namespace gale::mysql
