// Bundles' contents.
#include "master/store/spec_codec.h"
#include "master/store/sqlite_store.h"

namespace gale::sqlite {

Status SqliteStore::PutBlobs(const std::vector<BlobRow>& blobs) {
  std::vector<std::vector<uint8_t>> packed;  // before the lock
  for (const BlobRow& row : blobs) {
    GALE_ASSIGN_OR_RETURN(packed.emplace_back(), Compress(row.data));
  }
  std::lock_guard lock(write_mutex_);
  Transaction transaction(*writer_);
  GALE_RETURN_IF_ERROR(transaction.Begin(Transaction::Kind::kWrite));
  {
    GALE_ASSIGN_OR_RETURN(
        Statement insert,
        writer_->Cached("INSERT INTO bundle_blob (digest, data, created_at) VALUES (?, ?, ?)"
                        " ON CONFLICT (digest) DO NOTHING"));
    for (size_t i = 0; i < blobs.size(); ++i) {
      Status s = insert.Bind(blobs[i].digest, packed[i], blobs[i].created_at).Run();
      if (!s.ok()) return s.WithContext(fmt::format("blob {}", blobs[i].digest));
    }
  }
  return transaction.Commit();
}

Result<std::vector<std::string>> SqliteStore::MissingBlobs(
    const std::vector<std::string>& digests) {
  GALE_ASSIGN_OR_RETURN(Reader db, Read());
  std::vector<std::string> missing;
  for (const std::string& digest : digests) {
    GALE_ASSIGN_OR_RETURN(Statement find, db->Cached("SELECT 1 FROM bundle_blob WHERE digest = ?"));
    GALE_ASSIGN_OR_RETURN(const bool found, find.Bind(digest).Step());
    if (!found) missing.push_back(digest);
  }
  return missing;
}

Result<std::string> SqliteStore::GetBlob(const std::string& digest) {
  GALE_ASSIGN_OR_RETURN(Reader db, Read());
  GALE_ASSIGN_OR_RETURN(Statement get, db->Cached("SELECT data FROM bundle_blob WHERE digest = ?"));
  GALE_ASSIGN_OR_RETURN(const bool found, get.Bind(digest).Step());
  if (!found) return NotFound("there is no blob {}", digest);
  std::vector<uint8_t> packed;
  get.Read(packed);
  Result<std::string> data = Decompress(packed);
  if (!data.ok()) return data.status().WithContext(fmt::format("blob {}", digest));
  return data;
}

}  // namespace gale::sqlite
