#include "master/secrets/vault.h"

namespace gale {

Status NoSuchSealKey(const std::string& id, const std::string& file, const Status& why) {
  return FailedPrecondition(
      "variables and connections are sealed by the key {}, which '{}' doesn't hold{}: copy that "
      "file "
      "from the master that made it, or from a backup, to this path",
      id, file, why.ok() ? "" : fmt::format(" ({})", why.message()));
}

Result<std::shared_ptr<const KeyRing>> Vault::Keep(Result<KeyRing> ring) {
  if (!ring.ok()) return ring.status();
  std::lock_guard lock(mutex_);
  ring_ = std::make_shared<const KeyRing>(*std::move(ring));
  return ring_;
}

Result<std::shared_ptr<const KeyRing>> Vault::RingWith(const std::string& id) {
  {
    std::lock_guard lock(mutex_);
    if (ring_ != nullptr && ring_->Has(id)) return ring_;
  }
  auto read = Keep(ReadKeyFile(files_, file_));
  if (read.ok() && (*read)->Has(id)) return *std::move(read);
  return NoSuchSealKey(id, file_, read.status());
}

Status Vault::Check() {
  GALE_ASSIGN_OR_RETURN(const std::optional<std::string> id,
                        store_.GetSetting(std::string(kSealKeySetting)));
  return id ? RingWith(*id).status() : OkStatus();
}

Result<std::string> Vault::KeyToSealBy() {
  const std::string setting(kSealKeySetting);
  GALE_ASSIGN_OR_RETURN(std::optional<std::string> id, store_.GetSetting(setting));
  if (!id) {
    GALE_ASSIGN_OR_RETURN(const auto ring, Keep(MakeKeyFile(files_, file_)));
    GALE_ASSIGN_OR_RETURN(id, store_.AddSetting(setting, ring->ids().front()));
  }
  GALE_RETURN_IF_ERROR(RingWith(*id).status());
  return *std::move(id);
}

Result<std::string> Vault::Seal(const std::string& id, const SealPlace& place,
                                std::string_view text) {
  GALE_ASSIGN_OR_RETURN(const auto ring, RingWith(id));
  return ring->Seal(id, place, text);
}

Result<std::string> Vault::Open(const std::string& id, const SealPlace& place,
                                std::string_view sealed) {
  GALE_ASSIGN_OR_RETURN(const auto ring, RingWith(id));
  return ring->Open(id, place, sealed);
}

}  // namespace gale
