#include "master/store/clean.h"

#include <algorithm>

#include "master/store/row_columns.h"
#include "master/store/sql_store.h"

namespace gale {
namespace {

// Whose rows go in one transaction.
constexpr int64_t kTasksPerTransaction = 500;
constexpr size_t kRunsPerTransaction = 10;
// One that was made later than so long ago isn't written again to say that it is kept; well below
// the least that [database] keep may be.
constexpr std::chrono::hours kBlobKeptAgain{12};
constexpr const char* kOfRuns[] = {"task_instance", "task_attempt", "xcom", "rendered_fields",
                                   "task_note"};

// A run that may go. Older ones have smaller keys: read in their order, few others are looked at.
constexpr std::string_view kOldRun =
    "dag_run r WHERE r.state >= 2 AND r.end_date < ?"
    " AND NOT EXISTS (SELECT 1 FROM task_instance t WHERE t.run_key = r.run_key AND t.live = 1)"
    " AND EXISTS (SELECT 1 FROM dag_run l WHERE l.dag_id = r.dag_id AND l.run_key > r.run_key)"
    " AND (r.logical_date IS NULL OR (SELECT n.state FROM dag_run n WHERE n.dag_id = r.dag_id"
    " AND n.logical_date > r.logical_date ORDER BY n.logical_date LIMIT 1) >= 2)";
constexpr std::string_view kOldVersion =
    "dag_version v WHERE v.created_at < ?"
    " AND EXISTS (SELECT 1 FROM dag d WHERE d.dag_id = v.dag_id AND d.version > v.version)"
    " AND NOT EXISTS (SELECT 1 FROM dag_run r WHERE r.dag_id = v.dag_id"
    " AND r.version <= v.version)"
    " AND NOT EXISTS (SELECT 1 FROM cleaned_run c WHERE c.dag_id = v.dag_id"
    " AND c.version <= v.version AND c.state = 0)";  // it may come back
constexpr std::string_view kOldEvent = "event_log e WHERE e.logged_at < ?";

std::string Old(CleanTable table, const Sql& sql) {
  switch (table) {
    case CleanTable::kRun: return std::string(kOldRun);
    case CleanTable::kDagVersion: return std::string(kOldVersion);
    case CleanTable::kEventLog: return std::string(kOldEvent);
    case CleanTable::kWorker:
      return fmt::format(
          "worker w WHERE w.last_hello < ? AND w.drained = 0"
          " AND w.name NOT IN (SELECT t.worker FROM {} WHERE t.live = 1)",
          sql.live_instances());
    case CleanTable::kBundleBlob: break;  // what uses one stands in none of its columns
  }
  return "";
}

Status CheckFence(Sql& sql, const Cleaning::OfLeader& fence) {
  if (!fence) return OkStatus();
  int64_t epoch = 0;
  GALE_RETURN_IF_ERROR(
      sql.Query(fmt::format("SELECT epoch FROM leader WHERE id = 1{}", sql.for_share()), {},
                [&](SqlRow& row) { epoch = row.Int(0); }));
  if (epoch == fence->value && epoch > 0) return OkStatus();
  return Aborted("another master leads (epoch {}, ours {})", epoch, fence->value);
}

Result<int64_t> Number(Sql& sql, const std::string& query, const std::vector<SqlValue>& values) {
  int64_t number = 0;
  GALE_RETURN_IF_ERROR(sql.Query(query, values, [&](SqlRow& row) { number = row.Int(0); }));
  return number;
}

// Whether it still may go, and went.
Result<bool> TakeRun(Sql& sql, RunId id, TimePoint before, TimePoint now) {
  std::vector<SqlValue> note;
  GALE_RETURN_IF_ERROR(
      sql.Query(fmt::format("SELECT r.dag_id, r.run_id, r.version FROM {} AND r.run_key = ?{}",
                            kOldRun, sql.for_update()),
                {ToSql(before), ToSql(id)}, [&](SqlRow& row) {
                  note = {ToSql(id), row.Text(0), row.Text(1), row.Int(2)};
                }));
  if (note.empty()) return false;
  note.push_back(ToSql(now));
  note.push_back(ToSql(CleanState::kTaken));
  GALE_RETURN_IF_ERROR(sql.Run("DELETE FROM dag_run WHERE run_key = ?", {ToSql(id)}));
  // There is a note of it, if it came back and nobody looked since.
  GALE_RETURN_IF_ERROR(
      sql.Run("INSERT INTO cleaned_run (run_key, dag_id, run_id, version, taken_at, state)"
              " VALUES (?, ?, ?, ?, ?, ?)" +
                  sql.OnConflict("run_key", {"version", "taken_at", "state"}),
              note));
  return true;
}

}  // namespace

std::string_view Name(CleanTable table) {
  switch (table) {
    case CleanTable::kRun: return "dag_run";
    case CleanTable::kDagVersion: return "dag_version";
    case CleanTable::kEventLog: return "event_log";
    case CleanTable::kWorker: return "worker";
    case CleanTable::kBundleBlob: return "bundle_blob";
  }
  return "";
}

std::optional<CleanTable> ParseCleanTable(std::string_view name) {
  if (name == "log") return CleanTable::kEventLog;
  for (CleanTable table : kCleanTables) {
    if (Name(table) == name) return table;
  }
  return std::nullopt;
}

Status RunWasCleaned(const RunRow& run) {
  return InvalidArgument("run '{}' of dag '{}' was removed by a cleaning meanwhile", run.run_id,
                         run.dag_id);
}

Cleaning* CleaningOf(Store& store) { return dynamic_cast<Cleaning*>(&store); }

Result<std::vector<OldRows>> SqlStore::CountOld(CleanTable table, TimePoint before) {
  if (table == CleanTable::kBundleBlob) return InvalidArgument("blobs are counted by OldBlobs");
  std::vector<OldRows> counts;
  GALE_RETURN_IF_ERROR(ReadSql([&](Sql& sql) -> Status {
    counts.clear();
    auto count = [&](std::string_view name, const std::string& query) -> Status {
      GALE_ASSIGN_OR_RETURN(const int64_t rows, Number(sql, query, {ToSql(before)}));
      counts.push_back({std::string(name), static_cast<uint64_t>(rows)});
      return OkStatus();
    };
    GALE_RETURN_IF_ERROR(
        count(Name(table), fmt::format("SELECT COUNT(*) FROM {}", Old(table, sql))));
    if (table != CleanTable::kRun) return OkStatus();
    for (const char* of : kOfRuns) {
      GALE_RETURN_IF_ERROR(count(
          of, fmt::format("SELECT COUNT(*) FROM {} WHERE run_key IN (SELECT r.run_key FROM {})", of,
                          kOldRun)));
    }
    return OkStatus();
  }));
  return counts;
}

Result<uint64_t> SqlStore::TakeOldRuns(TimePoint before, TimePoint now, OfLeader fence) {
  std::vector<RunId> old;
  GALE_RETURN_IF_ERROR(ReadSql([&](Sql& sql) {
    old.clear();
    return sql.Query(
        fmt::format("SELECT r.run_key FROM {} ORDER BY r.run_key LIMIT {}", kOldRun, kCleanRunsMax),
        {ToSql(before)}, [&](SqlRow& row) { old.push_back(RunId(row.Int(0))); });
  }));
  uint64_t all = 0;
  for (size_t from = 0; from < old.size(); from += kRunsPerTransaction) {
    uint64_t went = 0;
    GALE_RETURN_IF_ERROR(WriteSql([&](Sql& sql) -> Status {
      went = 0;
      GALE_RETURN_IF_ERROR(CheckFence(sql, fence));
      for (size_t i = from; i < std::min(old.size(), from + kRunsPerTransaction); ++i) {
        GALE_ASSIGN_OR_RETURN(const bool took, TakeRun(sql, old[i], before, now));
        went += took;
      }
      return OkStatus();
    }));
    all += went;
  }
  return all;
}

Result<std::vector<CleanedRun>> SqlStore::RunsToFinish(TimePoint taken_before) {
  std::vector<CleanedRun> runs;
  GALE_RETURN_IF_ERROR(ReadSql([&](Sql& sql) {
    runs.clear();
    return sql.Query(fmt::format("SELECT run_key, dag_id, run_id FROM cleaned_run"
                                 " WHERE taken_at < ? AND state < ? ORDER BY run_key LIMIT {}",
                                 kCleanRunsMax),
                     {ToSql(taken_before), ToSql(CleanState::kDone)}, [&](SqlRow& row) {
                       runs.push_back({RunId(row.Int(0)), row.Text(1), row.Text(2)});
                     });
  }));
  return runs;
}

Result<bool> SqlStore::FinishRun(const CleanedRun& run, OfLeader fence) {
  const SqlValue key = ToSql(run.id);
  int64_t back = 0;
  GALE_RETURN_IF_ERROR(WriteSql([&](Sql& sql) -> Status {
    GALE_RETURN_IF_ERROR(CheckFence(sql, fence));
    // First the note, whose lock a commit of the run needs: what is seen next stays so.
    GALE_RETURN_IF_ERROR(sql.Run("UPDATE cleaned_run SET state = ? WHERE run_key = ?",
                                 {ToSql(CleanState::kBegun), key}));
    GALE_ASSIGN_OR_RETURN(
        back,
        Number(sql,
               fmt::format("SELECT COUNT(*) FROM dag_run WHERE run_key = ?{}", sql.for_update()),
               {key}));
    if (back == 0) return OkStatus();
    return sql.Run("DELETE FROM cleaned_run WHERE run_key = ?", {key});
  }));
  if (back > 0) return false;
  // Some tasks' rows at a time: there may be very many.
  int64_t last = 0;
  for (int64_t from = 0; from <= last; from += kTasksPerTransaction) {
    GALE_RETURN_IF_ERROR(WriteSql([&](Sql& sql) -> Status {
      GALE_RETURN_IF_ERROR(CheckFence(sql, fence));
      for (const char* table : kOfRuns) {
        GALE_ASSIGN_OR_RETURN(
            const int64_t most,
            Number(
                sql,
                fmt::format("SELECT COALESCE(MAX(task_index), 0) FROM {} WHERE run_key = ?", table),
                {key}));
        last = std::max(last, most);
        GALE_RETURN_IF_ERROR(sql.Run(
            fmt::format("DELETE FROM {} WHERE run_key = ? AND task_index BETWEEN ? AND ?", table),
            {key, from, from + kTasksPerTransaction - 1}));
      }
      return OkStatus();
    }));
  }
  return true;
}

Status SqlStore::EndRun(const CleanedRun& run, OfLeader fence) {
  return WriteSql([&](Sql& sql) -> Status {
    GALE_RETURN_IF_ERROR(CheckFence(sql, fence));
    return sql.Run("UPDATE cleaned_run SET state = ? WHERE run_key = ? AND state = ?",
                   {ToSql(CleanState::kDone), ToSql(run.id), ToSql(CleanState::kBegun)});
  });
}

// Rows with a key of their own.
struct SqlStore::Removal {
  enum class Key : uint8_t { kNumber, kName, kNameAndNumber };
  std::string keys, old, by_key;
  Key key;
  std::vector<std::string_view> erase;
};
SqlStore::Removal SqlStore::OldRowsOf(CleanTable table, const Sql& sql) {
  using Key = Removal::Key;
  const std::string old = Old(table, sql);
  if (table == CleanTable::kEventLog) {
    return {"e.id", old, " AND e.id = ?", Key::kNumber, {"DELETE FROM event_log WHERE id = ?"}};
  }
  if (table == CleanTable::kWorker) {
    return {"w.name", old, " AND w.name = ?", Key::kName, {"DELETE FROM worker WHERE name = ?"}};
  }
  return {"v.dag_id, v.version",
          old,
          " AND v.dag_id = ? AND v.version = ?",
          Key::kNameAndNumber,
          {"DELETE FROM version_bundle WHERE dag_id = ? AND version = ?",
           "DELETE FROM dag_version WHERE dag_id = ? AND version = ?"}};
}
SqlStore::Removal SqlStore::OldNotes() {
  return {"c.run_key",
          "cleaned_run c WHERE c.taken_at < ? AND c.state = 2",
          " AND c.run_key = ?",
          Removal::Key::kNumber,
          {"DELETE FROM cleaned_run WHERE run_key = ?"}};
}

Result<uint64_t> SqlStore::Remove(const Removal& what, size_t most, TimePoint before,
                                  OfLeader fence) {
  using Key = std::vector<SqlValue>;
  auto read = [&](Sql& sql, const std::string& query, const Key& values, std::vector<Key>& keys) {
    return sql.Query(query, values, [&](SqlRow& row) {
      switch (what.key) {
        case Removal::Key::kNumber: return keys.push_back({row.Int(0)});
        case Removal::Key::kName: return keys.push_back({row.Text(0)});
        case Removal::Key::kNameAndNumber: return keys.push_back({row.Text(0), row.Int(1)});
      }
    });
  };
  const std::string select = fmt::format("SELECT {} FROM {}", what.keys, what.old);
  std::vector<Key> old;
  GALE_RETURN_IF_ERROR(ReadSql([&](Sql& sql) {
    old.clear();
    return read(sql, fmt::format("{} LIMIT {}", select, most), {ToSql(before)}, old);
  }));
  if (old.empty()) return uint64_t{0};
  uint64_t went = 0;
  GALE_RETURN_IF_ERROR(WriteSql([&](Sql& sql) -> Status {
    GALE_RETURN_IF_ERROR(CheckFence(sql, fence));
    std::vector<Key> still;
    for (const Key& key : old) {
      Key values = {ToSql(before)};
      values.insert(values.end(), key.begin(), key.end());
      GALE_RETURN_IF_ERROR(
          read(sql, fmt::format("{}{}{}", select, what.by_key, sql.for_update()), values, still));
    }
    for (const Key& key : still) {
      for (std::string_view statement : what.erase) {
        GALE_RETURN_IF_ERROR(sql.Run(std::string(statement), key));
      }
    }
    went = still.size();
    return OkStatus();
  }));
  return went;
}

Result<uint64_t> SqlStore::ForgetRuns(TimePoint taken_before, OfLeader fence) {
  return Remove(OldNotes(), kCleanRowsMax, taken_before, fence);
}

Result<uint64_t> SqlStore::CleanSome(CleanTable table, TimePoint before, OfLeader fence) {
  if (table == CleanTable::kRun) return InvalidArgument("runs are cleaned by TakeOldRuns");
  if (table == CleanTable::kBundleBlob) return InvalidArgument("blobs are cleaned by RemoveBlobs");
  Removal what;
  GALE_RETURN_IF_ERROR(ReadSql([&](Sql& sql) {
    what = OldRowsOf(table, sql);
    return OkStatus();
  }));
  return Remove(what, table == CleanTable::kDagVersion ? kCleanVersionsMax : kCleanRowsMax, before,
                fence);
}

Result<std::vector<std::string>> SqlStore::UsedBundles() {
  std::vector<std::string> used;
  GALE_RETURN_IF_ERROR(ReadSql([&](Sql& sql) {
    used.clear();
    return sql.Query(fmt::format("SELECT DISTINCT bundle FROM version_bundle WHERE bundle <> ''"
                                 " UNION SELECT value FROM setting WHERE {} = ?",
                                 QuoteName("key")),
                     {ToSql(kBundleSetting)}, [&](SqlRow& row) {
                       if (std::string digest = row.Text(0); !digest.empty()) {
                         used.push_back(std::move(digest));
                       }
                     });
  }));
  return used;
}

Result<std::vector<std::string>> SqlStore::UsedSources() {
  std::vector<std::string> used;
  GALE_RETURN_IF_ERROR(ReadSql([&](Sql& sql) {
    used.clear();
    return sql.Query("SELECT DISTINCT source FROM dag_version WHERE source <> ''", {},
                     [&](SqlRow& row) { used.push_back(row.Text(0)); });
  }));
  return used;
}

Result<std::vector<std::string>> SqlStore::OldBlobs(TimePoint before, const std::string& after,
                                                    size_t most) {
  std::vector<std::string> old;
  GALE_RETURN_IF_ERROR(ReadSql([&](Sql& sql) {
    old.clear();
    return sql.Query(
        fmt::format("SELECT digest FROM bundle_blob WHERE created_at < ? AND digest > ?"
                    " ORDER BY digest LIMIT {}",
                    most),
        {ToSql(before), ToSql(after)}, [&](SqlRow& row) { old.push_back(row.Text(0)); });
  }));
  return old;
}

Result<uint64_t> SqlStore::RemoveBlobs(const std::vector<std::string>& digests, TimePoint before,
                                       OfLeader fence) {
  GALE_CHECK(digests.size() <= kCleanBlobsMax);
  uint64_t went = 0;
  GALE_RETURN_IF_ERROR(WriteSql([&](Sql& sql) -> Status {
    went = 0;
    GALE_RETURN_IF_ERROR(CheckFence(sql, fence));
    for (const std::string& digest : digests) {
      const std::vector<SqlValue> key = {ToSql(digest), ToSql(before)};
      GALE_ASSIGN_OR_RETURN(const int64_t there,
                            Number(sql,
                                   fmt::format("SELECT COUNT(*) FROM bundle_blob WHERE digest = ?"
                                               " AND created_at < ?{}",
                                               sql.for_update()),
                                   key));
      GALE_RETURN_IF_ERROR(
          sql.Run("DELETE FROM bundle_blob WHERE digest = ? AND created_at < ?", key));
      went += static_cast<uint64_t>(there);
    }
    return OkStatus();
  }));
  return went;
}

Status SqlStore::KeepBlobs(const std::vector<std::string>& digests, TimePoint now) {
  for (size_t from = 0; from < digests.size(); from += kCleanRowsMax) {
    const size_t to = std::min(digests.size(), from + kCleanRowsMax);
    std::vector<SqlValue> values = {ToSql(now), ToSql(now - kBlobKeptAgain)};
    for (size_t i = from; i < to; ++i) values.push_back(ToSql(digests[i]));
    GALE_RETURN_IF_ERROR(WriteSql([&](Sql& sql) {
      return sql.Run(fmt::format("UPDATE bundle_blob SET created_at = ? WHERE created_at < ?"
                                 " AND digest IN ({})",
                                 Marks(to - from)),
                     values);
    }));
  }
  return OkStatus();
}

}  // namespace gale
