// How rows stand in the database: each table's columns, as text and as the row's members, in one
// order, for every kind of database. Statements are made from the text, and bound and read through
// the members.
#pragma once

#include <concepts>
#include <string_view>
#include <tuple>
#include <type_traits>

#include "master/store/rows.h"

namespace gale {

inline constexpr char kDagColumns[] =
    "dag_id, version, fileloc, is_paused, is_stale, description, timetable_summary,"
    " timetable_description, owners, tags, max_active_runs, max_active_tasks, last_parsed,"
    " last_expired, last_interval_start, last_interval_end, next_run_after, next_logical_date,"
    " next_interval_start, next_interval_end, failed_in_a_row";
template <class Row>
requires std::same_as<std::remove_const_t<Row>, DagRow>
auto Columns(Row& r) {
  return std::tie(r.dag_id, r.version, r.fileloc, r.is_paused, r.is_stale, r.description,
                  r.timetable_summary, r.timetable_description, r.owners, r.tags, r.max_active_runs,
                  r.max_active_tasks, r.last_parsed, r.last_expired, r.last_interval_start,
                  r.last_interval_end, r.next_run_after, r.next_logical_date, r.next_interval_start,
                  r.next_interval_end, r.failed_in_a_row);
}

// CommitBatch::bundle, among the settings.
inline constexpr std::string_view kBundleSetting = "bundle";
inline constexpr char kVersionBundleColumns[] = "dag_id, version, bundle";

inline constexpr char kRunColumns[] =
    "run_key, dag_id, run_id, version, state, type, triggered_by, triggering_user, logical_date,"
    " interval_start, interval_end, run_after, queued_at, start_date, end_date, conf, note,"
    " clear_number, reason";
template <class Row>
requires std::same_as<std::remove_const_t<Row>, RunRow>
auto Columns(Row& r) {
  return std::tie(r.id, r.dag_id, r.run_id, r.version, r.state, r.type, r.triggered_by,
                  r.triggering_user, r.logical_date, r.interval_start, r.interval_end, r.run_after,
                  r.queued_at, r.start_date, r.end_date, r.conf_json, r.note, r.clear_number,
                  r.reason);
}

inline constexpr char kTiColumns[] =
    "run_key, task_index, map_index, state, try_number, max_tries, lost_tries, scheduled_at,"
    " queued_at, start_date, end_date, next_at, live, worker, pid, reason, user_time, system_time,"
    " rss_bytes_max, value_length, block_length, reschedules, looks, first_start, skips,"
    " rendered_map_index";
template <class Row>
requires std::same_as<std::remove_const_t<Row>, TiRow>
auto Columns(Row& r) {
  return std::tie(r.run, r.task, r.map_index, r.state, r.try_number, r.max_tries, r.lost_tries,
                  r.scheduled_at, r.queued_at, r.start_date, r.end_date, r.next_at, r.live,
                  r.worker, r.pid, r.reason, r.usage.user_time, r.usage.system_time,
                  r.usage.rss_bytes_max, r.value_length, r.block_length, r.reschedules, r.looks,
                  r.first_start, r.skips, r.rendered_map_index);
}

inline constexpr char kAttemptColumns[] =
    "run_key, task_index, map_index, try_number, state, scheduled_at, queued_at, start_date, "
    "end_date, worker,"
    " pid, exit_code, signal, reason, log_bytes, user_time, system_time, rss_bytes_max,"
    " reschedules, looks";
template <class Row>
requires std::same_as<std::remove_const_t<Row>, AttemptRow>
auto Columns(Row& r) {
  return std::tie(r.id.run, r.id.task, r.id.map_index, r.id.try_number, r.state, r.scheduled_at,
                  r.queued_at, r.start_date, r.end_date, r.worker, r.pid, r.exit_code, r.signal,
                  r.reason, r.log_bytes, r.usage.user_time, r.usage.system_time,
                  r.usage.rss_bytes_max, r.reschedules, r.looks);
}

inline constexpr char kXComColumns[] = "run_key, task_index, map_index, key, value, timestamp";
template <class Row>
requires std::same_as<std::remove_const_t<Row>, XComRow>
auto Columns(Row& r) {
  return std::tie(r.run, r.task, r.map_index, r.key, r.value_json, r.timestamp);
}

inline constexpr char kRenderedColumns[] = "run_key, task_index, map_index, fields";
template <class Row>
requires std::same_as<std::remove_const_t<Row>, RenderedRow>
auto Columns(Row& r) { return std::tie(r.run, r.task, r.map_index, r.fields_json); }

inline constexpr char kTaskNoteColumns[] = "run_key, task_index, map_index, note";
template <class Row>
requires std::same_as<std::remove_const_t<Row>, TaskNoteRow>
auto Columns(Row& r) { return std::tie(r.run, r.task, r.map_index, r.note); }

inline constexpr char kPoolColumns[] = "name, slots, description, include_deferred";
template <class Row>
requires std::same_as<std::remove_const_t<Row>, PoolRow>
auto Columns(Row& r) { return std::tie(r.name, r.slots, r.description, r.include_deferred); }

inline constexpr char kWorkerColumns[] =
    "name, host, boot_id, version, last_hello, drained, drain_reason, stopped";
template <class Row>
requires std::same_as<std::remove_const_t<Row>, WorkerRow>
auto Columns(Row& r) {
  return std::tie(r.name, r.host, r.boot_id, r.version, r.last_hello, r.drained, r.drain_reason,
                  r.stopped);
}

inline constexpr char kLeaderColumns[] = "epoch, owner, instance, beat";
template <class Row>
requires std::same_as<std::remove_const_t<Row>, LeaderRow>
auto Columns(Row& r) { return std::tie(r.epoch, r.owner, r.instance, r.beat); }

inline constexpr char kMasterColumns[] = "name, instance, grpc, rest, version, started_at, seen_at";
template <class Row>
requires std::same_as<std::remove_const_t<Row>, MasterRow>
auto Columns(Row& r) {
  return std::tie(r.name, r.instance, r.grpc, r.rest, r.version, r.started_at, r.seen_at);
}

inline constexpr char kImportErrorColumns[] = "id, filename, stack_trace, timestamp";
template <class Row>
requires std::same_as<std::remove_const_t<Row>, ImportErrorRow>
auto Columns(Row& r) { return std::tie(r.id, r.filename, r.stack_trace, r.timestamp); }

inline constexpr char kEventColumns[] =
    "id, logged_at, owner, event, dag_id, run_id, task_id, extra";
template <class Row>
requires std::same_as<std::remove_const_t<Row>, EventRow>
auto Columns(Row& r) {
  return std::tie(r.id, r.when, r.owner, r.event, r.dag_id, r.run_id, r.task_id, r.extra);
}

inline constexpr char kUserColumns[] = "name, password_hash, role";
template <class Row>
requires std::same_as<std::remove_const_t<Row>, UserRow>
auto Columns(Row& r) { return std::tie(r.name, r.password_hash, r.role); }

inline constexpr char kTokenColumns[] =
    "id, user, name, hash, created_at, expires_at, last_used_at";
template <class Row>
requires std::same_as<std::remove_const_t<Row>, TokenRow>
auto Columns(Row& r) {
  return std::tie(r.id, r.user, r.name, r.hash, r.created_at, r.expires_at, r.last_used_at);
}
inline constexpr char kEndedSessionColumns[] = "id, user, expires_at";
template <class Row>
requires std::same_as<std::remove_const_t<Row>, EndedSessionRow>
auto Columns(Row& r) { return std::tie(r.id, r.user, r.expires_at); }

inline constexpr char kVariableColumns[] = "key, value, description, sealed_by";
template <class Row>
requires std::same_as<std::remove_const_t<Row>, VariableRow>
auto Columns(Row& r) { return std::tie(r.key, r.value, r.description, r.sealed_by); }

inline constexpr char kConnectionColumns[] =
    "conn_id, conn_type, description, host, schema, login, port, password, extra, sealed_by";
template <class Row>
requires std::same_as<std::remove_const_t<Row>, ConnectionRow>
auto Columns(Row& r) {
  return std::tie(r.conn_id, r.conn_type, r.description, r.host, r.schema, r.login, r.port,
                  r.password, r.extra, r.sealed_by);
}

}  // namespace gale
