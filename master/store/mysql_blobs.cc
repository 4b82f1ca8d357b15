// Bundles' contents.
#include <set>

#include "master/store/mysql_store.h"
#include "master/store/spec_codec.h"

namespace gale::mysql {
namespace {

constexpr size_t kStatementBytesMax = 1 << 20;  // beyond it a new statement begins
constexpr size_t kStatementNamesMax = 1000;

}  // namespace

Status MySqlStore::PutBlobs(const std::vector<BlobRow>& blobs) {
  std::string sql;
  auto flush = [&] {
    if (sql.empty()) return OkStatus();
    sql += " ON DUPLICATE KEY UPDATE digest = bundle_blob.digest";  // left as it is
    return WithReader([sql = std::exchange(sql, "")](Connection& db) { return db.Run(sql); });
  };
  for (const BlobRow& row : blobs) {
    GALE_ASSIGN_OR_RETURN(const std::vector<uint8_t> packed, Compress(row.data));
    sql += sql.empty() ? "INSERT INTO bundle_blob (digest, data, created_at) VALUES " : ",";
    AppendRow(sql, std::tie(row.digest, packed, row.created_at));
    if (sql.size() >= kStatementBytesMax) GALE_RETURN_IF_ERROR(flush());
  }
  return flush();
}

Result<std::vector<std::string>> MySqlStore::MissingBlobs(const std::vector<std::string>& digests) {
  std::set<std::string> there;
  for (size_t from = 0; from < digests.size(); from += kStatementNamesMax) {
    std::string list;
    for (size_t i = from; i < std::min(digests.size(), from + kStatementNamesMax); ++i) {
      if (!list.empty()) list += ',';
      AppendText(list, digests[i]);
    }
    const std::string sql =
        fmt::format("SELECT digest FROM bundle_blob WHERE digest IN ({})", list);
    GALE_RETURN_IF_ERROR(WithReader([&](Connection& db) -> Status {
      GALE_ASSIGN_OR_RETURN(Rows rows, db.Query(sql));
      for (std::string digest; rows.Next(); there.insert(digest)) rows.Read(digest);
      return OkStatus();
    }));
  }
  std::vector<std::string> missing;
  for (const std::string& digest : digests) {
    if (!there.contains(digest)) missing.push_back(digest);
  }
  return missing;
}

Result<std::string> MySqlStore::GetBlob(const std::string& digest) {
  return WithReader([&](Connection& db) -> Result<std::string> {
    GALE_ASSIGN_OR_RETURN(Rows rows,
                          db.Query(Bind("SELECT data FROM bundle_blob WHERE digest = ?", digest)));
    if (!rows.Next()) return NotFound("there is no blob {}", digest);
    std::vector<uint8_t> packed;
    rows.Read(packed);
    Result<std::string> data = Decompress(packed);
    if (!data.ok()) return data.status().WithContext(fmt::format("blob {}", digest));
    return data;
  });
}

}  // namespace gale::mysql
