#include "master/api/task_tokens.h"

#include <sodium.h>

#include <array>

#include "master/api/auth.h"

namespace gale {
namespace {

constexpr char kSetting[] = "task_secret";

std::string Hex(const unsigned char* bytes, size_t size) {
  std::string text(2 * size + 1, '\0');
  sodium_bin2hex(text.data(), text.size(), bytes, size);
  text.pop_back();
  return text;
}

}  // namespace

Status TaskTokens::Prepare(Store& store) {
  GALE_CHECK(sodium_init() >= 0, "libsodium can't be initialised");
  GALE_ASSIGN_OR_RETURN(std::optional<std::string> secret, store.GetSetting(kSetting));
  if (!secret) {
    std::array<unsigned char, crypto_auth_KEYBYTES> fresh{};
    randombytes_buf(fresh.data(), fresh.size());
    GALE_ASSIGN_OR_RETURN(secret, store.AddSetting(kSetting, Hex(fresh.data(), fresh.size())));
  }
  std::array<unsigned char, crypto_auth_KEYBYTES> key{};
  size_t size = 0;
  if (sodium_hex2bin(key.data(), key.size(), secret->data(), secret->size(), nullptr, &size,
                     nullptr) != 0 ||
      size != key.size()) {
    return DataLoss("the setting '{}' of the ledger is not {} bytes in hex: delete its row",
                    kSetting, key.size());
  }
  key_.assign(reinterpret_cast<const char*>(key.data()), key.size());
  return OkStatus();
}

std::string TaskTokens::Of(const AttemptId& attempt) const {
  if (key_.empty()) return "";
  const std::string name = "task " + attempt.ToString();
  std::array<unsigned char, crypto_auth_BYTES> mac{};
  crypto_auth(mac.data(), reinterpret_cast<const unsigned char*>(name.data()), name.size(),
              reinterpret_cast<const unsigned char*>(key_.data()));
  return Hex(mac.data(), mac.size());
}

bool TaskTokens::Is(const AttemptId& attempt, std::string_view token) const {
  return !key_.empty() && SameSecret(token, Of(attempt));
}

}  // namespace gale
