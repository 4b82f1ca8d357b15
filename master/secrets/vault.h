// Seals and opens the secrets of the ledger. It knows the key file, and by which key new rows are sealed:
// a setting of the ledger, so that a master that hasn't that key says so instead of sealing by another.
//
// The key is made when the first secret is written; a master without any secrets needs no file.
// Thread-safe. Reads the file again when it meets a key that it doesn't know.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "master/secrets/key_ring.h"
#include "master/store/store.h"

namespace gale {

class Vault {
 public:
  // Both must outlive it.
  Vault(Store& store, Files& files, std::string file)
      : store_(store), files_(files), file_(std::move(file)) {}
  const std::string& file() const { return file_; }

  // OK too if no secret was ever written. FAILED_PRECONDITION: this master can't open what others
  // sealed; which file is wrong, and what to do.
  Status Check();

  // The id of the key to seal by now. Makes what is missing.
  Result<std::string> KeyToSealBy();
  // `id`: of KeyToSealBy.
  Result<std::string> Seal(const std::string& id, const SealPlace& place, std::string_view text);
  // FAILED_PRECONDITION: the key isn't in the file. DATA_LOSS: it was changed in the database.
  Result<std::string> Open(const std::string& id, const SealPlace& place, std::string_view sealed);

 private:
  // A ring that has the key.
  Result<std::shared_ptr<const KeyRing>> RingWith(const std::string& id);
  Result<std::shared_ptr<const KeyRing>> Keep(Result<KeyRing> ring);

  Store& store_;
  Files& files_;
  const std::string file_;
  std::mutex mutex_;
  std::shared_ptr<const KeyRing> ring_;  // behind mutex_; null: not read yet
};

// The sentence of a master whose file lacks the key `id`; `why`: what is wrong with the file, if
// that is known.
Status NoSuchSealKey(const std::string& id, const std::string& file, const Status& why);

}  // namespace gale
