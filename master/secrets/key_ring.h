// The keys that secrets are sealed by, and the file that holds them: one key a line in base64, the newest
// first; '#' begins a comment. The first seals, all open.
//
// Sealing is XChaCha20-Poly1305: 24 bytes of nonce, then the text with its mark, in base64. A sealed text
// opens only at the place that it was sealed for (table, row, column), so none can be moved to another.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/files.h"
#include "common/base/status.h"

namespace gale {

// Where a sealed text stands.
struct SealPlace {
  std::string_view table, row, column;
};

class KeyRing {
 public:
  static constexpr size_t kKeysMax = 16;

  // Of a file's text. `file` is what errors call it.
  static Result<KeyRing> Parse(std::string_view text, std::string_view file);
  std::string ToText() const;

  // The ids, which tell nothing of the keys: 16 hex digits. The newest first.
  std::vector<std::string> ids() const;
  bool Has(std::string_view id) const { return Find(id) != nullptr; }

  // The key must be there.
  std::string Seal(std::string_view id, const SealPlace& place, std::string_view text) const;
  // FAILED_PRECONDITION: no such key. DATA_LOSS: it wasn't sealed by it, or not at that place.
  Result<std::string> Open(std::string_view id, const SealPlace& place,
                           std::string_view sealed) const;

  // With a new key before the others. RESOURCE_EXHAUSTED: there are kKeysMax.
  Result<KeyRing> WithNewKey() const;
  // With that key alone.
  KeyRing Only(std::string_view id) const;

 private:
  struct Key {
    std::string id, bytes;
  };
  const Key* Find(std::string_view id) const;

  std::vector<Key> keys_;
};

// NOT_FOUND: there is no such file.
Result<KeyRing> ReadKeyFile(Files& files, const std::string& file);
// With a first key and mode 0600, unless there is one: then that one is read.
Result<KeyRing> MakeKeyFile(Files& files, const std::string& file);
// The file holds either all of it or what it held before, also after a power cut.
Status WriteKeyFile(Files& files, const std::string& file, const KeyRing& ring);

}  // namespace gale
