#include "master/secrets/key_ring.h"

#include <sodium.h>
#include <unistd.h>

#include <algorithm>
#include <span>

namespace gale {
namespace {

constexpr size_t kKeyBytes = crypto_aead_xchacha20poly1305_ietf_KEYBYTES;
constexpr size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr size_t kMarkBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr size_t kIdBytes = 8;
constexpr size_t kFileBytesMax = 64 << 10;
constexpr int kBase64 = sodium_base64_VARIANT_ORIGINAL;
constexpr std::string_view kHead =
    "# The keys of Gale's variables and connections, the newest first. Keep a copy apart from the\n"
    "# database's: without it they can't be read. All masters on one database need the same "
    "file.\n";

void InitSodium() { GALE_CHECK(sodium_init() >= 0, "libsodium can't be initialised"); }

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* Bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

std::string ToBase64(std::string_view bytes) {
  std::string text(sodium_base64_encoded_len(bytes.size(), kBase64), '\0');
  sodium_bin2base64(text.data(), text.size(), Bytes(bytes), bytes.size(), kBase64);
  text.pop_back();  // the terminator
  return text;
}

std::optional<std::string> FromBase64(std::string_view text) {
  std::string bytes(text.size() / 4 * 3 + 3, '\0');
  size_t size = 0;
  const char* end = nullptr;
  if (sodium_base642bin(Bytes(bytes), bytes.size(), text.data(), text.size(), nullptr, &size, &end,
                        kBase64) != 0 ||
      end != text.data() + text.size()) {
    return std::nullopt;
  }
  bytes.resize(size);
  return bytes;
}

std::string IdOf(std::string_view key) {
  unsigned char hash[crypto_generichash_BYTES];
  crypto_generichash(hash, sizeof hash, Bytes(key), key.size(), nullptr, 0);
  std::string id(2 * kIdBytes + 1, '\0');
  sodium_bin2hex(id.data(), id.size(), hash, kIdBytes);
  id.pop_back();
  return id;
}

std::string NewKey() {
  InitSodium();
  std::string key(kKeyBytes, '\0');
  crypto_aead_xchacha20poly1305_ietf_keygen(Bytes(key));
  return key;
}

// No two places make the same: a length goes before each name.
std::string Bind(const SealPlace& place) {
  std::string bound;
  for (std::string_view name : {place.table, place.row, place.column}) {
    bound += fmt::format("{}:{}", name.size(), name);
  }
  return bound;
}

}  // namespace

Result<KeyRing> KeyRing::Parse(std::string_view text, std::string_view file) {
  InitSodium();
  KeyRing ring;
  for (size_t number = 1; !text.empty(); ++number) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(text.size(), end + 1));
    line = line.substr(0, line.find_last_not_of(" \t\r") + 1);
    if (line.empty() || line.starts_with('#')) continue;
    std::optional<std::string> key = FromBase64(line);
    if (!key || key->size() != kKeyBytes) {
      return FailedPrecondition(
          "{}, line {}: is no key of secrets ({} bytes in base64 are): put the file back as it was",
          file, number, kKeyBytes);
    }
    std::string id = IdOf(*key);
    if (ring.Has(id)) continue;
    if (ring.keys_.size() == kKeysMax) {
      return FailedPrecondition("{}: has more than {} keys; take out the last ones", file,
                                kKeysMax);
    }
    ring.keys_.push_back({std::move(id), *std::move(key)});
  }
  if (ring.keys_.empty()) {
    return FailedPrecondition("{}: holds no key of secrets: put the file back as it was", file);
  }
  return ring;
}

std::string KeyRing::ToText() const {
  std::string text(kHead);
  for (const Key& key : keys_) text += ToBase64(key.bytes) + "\n";
  return text;
}

std::vector<std::string> KeyRing::ids() const {
  std::vector<std::string> ids;
  for (const Key& key : keys_) ids.push_back(key.id);
  return ids;
}

const KeyRing::Key* KeyRing::Find(std::string_view id) const {
  const auto found = std::ranges::find(keys_, id, &Key::id);
  return found == keys_.end() ? nullptr : &*found;
}

std::string KeyRing::Seal(std::string_view id, const SealPlace& place,
                          std::string_view text) const {
  const Key* key = Find(id);
  GALE_CHECK(key != nullptr, "there is no key {}", id);
  const std::string bound = Bind(place);
  std::string sealed(kNonceBytes + text.size() + kMarkBytes, '\0');
  randombytes_buf(sealed.data(), kNonceBytes);
  unsigned char* const out = Bytes(sealed) + kNonceBytes;
  unsigned long long size = 0;  // NOLINT(google-runtime-int): libsodium's
  crypto_aead_xchacha20poly1305_ietf_encrypt(out, &size, Bytes(text), text.size(), Bytes(bound),
                                             bound.size(), nullptr, Bytes(sealed),
                                             Bytes(key->bytes));
  return ToBase64(sealed);
}

Result<std::string> KeyRing::Open(std::string_view id, const SealPlace& place,
                                  std::string_view sealed) const {
  const Key* key = Find(id);
  if (key == nullptr) return FailedPrecondition("there is no key {}", id);
  const std::optional<std::string> bytes = FromBase64(sealed);
  const std::string bound = Bind(place);
  if (bytes && bytes->size() >= kNonceBytes + kMarkBytes) {
    std::string text(bytes->size() - kNonceBytes - kMarkBytes, '\0');
    unsigned long long size = 0;  // NOLINT(google-runtime-int): libsodium's
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(
            Bytes(text), &size, nullptr, Bytes(*bytes) + kNonceBytes, bytes->size() - kNonceBytes,
            Bytes(bound), bound.size(), Bytes(*bytes), Bytes(key->bytes)) == 0) {
      return text;
    }
  }
  return DataLoss("its {} doesn't open: it was changed in the database; set it again",
                  place.column);
}

Result<KeyRing> KeyRing::WithNewKey() const {
  if (keys_.size() >= kKeysMax) {
    return ResourceExhausted("there are {} keys already, and no more are taken", kKeysMax);
  }
  KeyRing ring = *this;
  std::string key = NewKey();
  std::string id = IdOf(key);
  ring.keys_.insert(ring.keys_.begin(), {std::move(id), std::move(key)});
  return ring;
}

KeyRing KeyRing::Only(std::string_view id) const {
  KeyRing ring;
  if (const Key* key = Find(id); key != nullptr) ring.keys_.push_back(*key);
  return ring;
}

Result<KeyRing> ReadKeyFile(Files& files, const std::string& file) {
  GALE_ASSIGN_OR_RETURN(const std::string text, files.Read(file, kFileBytesMax));
  return KeyRing::Parse(text, file);
}

Result<KeyRing> MakeKeyFile(Files& files, const std::string& file) {
  if (files.Exists(file)) return ReadKeyFile(files, file);
  GALE_ASSIGN_OR_RETURN(const KeyRing ring, KeyRing().WithNewKey());
  const std::string part = fmt::format("{}.{}.{}.part", file, ::getpid(), ::gettid());
  (void)files.Remove(part);  // of a process that died at it
  Status made = files.WriteNew(part, ring.ToText(), {.sync = true});
  if (made.ok()) made = files.Link(part, file);
  (void)files.Remove(part);
  // Another process may have been faster.
  if (!made.ok() && made.code() != Code::kAlreadyExists) return made;
  GALE_RETURN_IF_ERROR(files.SyncFolder(file.substr(0, file.rfind('/'))));
  return ReadKeyFile(files, file);
}

Status WriteKeyFile(Files& files, const std::string& file, const KeyRing& ring) {
  return files.Replace(file, ring.ToText(), {.sync = true});
}

}  // namespace gale
