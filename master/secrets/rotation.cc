#include "master/secrets/rotation.h"

#include <sys/file.h>

#include <fmt/ranges.h>

#include <cerrno>

#include "master/secrets/sealed.h"

namespace gale {
namespace {

constexpr size_t kLeftShownMax = 20;

// Of one who changes the key file. Another process waits, until the object goes.
Result<File> Lock(Files& files, const std::string& file) {
  GALE_ASSIGN_OR_RETURN(File lock, files.Open(file + ".lock", Access::kUpdate));
  while (flock(lock.fd(), LOCK_EX) != 0) {
    if (errno != EINTR) return FileError(errno, "lock", lock.path());
  }
  return lock;
}

struct Keys {
  std::string id;  // that new rows are sealed by
  KeyRing ring;
  std::string newest() const { return ring.ids().front(); }
};

Result<Keys> ReadKeys(Store& store, Files& files, const std::string& file) {
  GALE_ASSIGN_OR_RETURN(const std::optional<std::string> id,
                        store.GetSetting(std::string(kSealKeySetting)));
  if (!id) {
    return FailedPrecondition(
        "there are no variables and connections yet, so there is no key to change");
  }
  Result<KeyRing> ring = ReadKeyFile(files, file);
  if (!ring.ok() || !ring->Has(*id)) return NoSuchSealKey(*id, file, ring.status());
  return Keys{*id, *std::move(ring)};
}

Result<std::string> AddKey(Files& files, const std::string& file, Keys& keys) {
  GALE_ASSIGN_OR_RETURN(keys.ring, keys.ring.WithNewKey());
  GALE_RETURN_IF_ERROR(WriteKeyFile(files, file, keys.ring));
  return keys.newest();
}

Result<bool> AnyNotSealedBy(Store& store, const std::string& id) {
  GALE_ASSIGN_OR_RETURN(const auto variables, store.variables().NotSealedBy(id, "", 1));
  GALE_ASSIGN_OR_RETURN(const auto connections, store.connections().NotSealedBy(id, "", 1));
  return !variables.empty() || !connections.empty();
}

struct Reseal {
  Store& store;
  Vault& vault;
  const std::string& id;
  const std::function<bool()>& step;
  std::vector<std::string>& left;

  template <class Traits>
  Result<uint64_t> All() {
    SecretRows<typename Traits::Row>& table = Traits::Rows(store);
    uint64_t done = 0;
    std::string after;
    for (;;) {
      GALE_ASSIGN_OR_RETURN(const auto rows, table.NotSealedBy(id, after, kRotateRowsMax));
      if (rows.empty()) return done;
      after = Traits::KeyOf(rows.back());
      std::vector<SecretWrite<typename Traits::Row>> writes;
      for (const auto& row : rows) {
        const auto value = OpenRow<Traits>(vault, row);
        if (!value.ok()) {
          if (left.size() < kLeftShownMax) left.emplace_back(value.status().message());
          continue;
        }
        auto& write = writes.emplace_back();
        GALE_ASSIGN_OR_RETURN(write.row, SealRow<Traits>(vault, id, *value));
        write.before = Before::kThis;
        write.seal = SealOf(row);
      }
      GALE_ASSIGN_OR_RETURN(const std::vector<Written> written, table.Write(writes, id));
      done += static_cast<uint64_t>(std::ranges::count(written, Written::kDone));
      if (step && !step()) return Unavailable("the rotation was stopped; call it again to go on");
    }
  }
};

}  // namespace

Result<std::string> PrepareSealKey(Store& store, Files& files, const std::string& file) {
  GALE_ASSIGN_OR_RETURN(const File lock, Lock(files, file));
  GALE_ASSIGN_OR_RETURN(Keys keys, ReadKeys(store, files, file));
  if (keys.newest() != keys.id) return keys.newest();
  return AddKey(files, file, keys);
}

Result<Rotated> RotateSealKey(Store& store, Files& files, const std::string& file,
                              const std::vector<std::string>& others,
                              const std::function<bool()>& step) {
  GALE_ASSIGN_OR_RETURN(const File lock, Lock(files, file));
  GALE_ASSIGN_OR_RETURN(Keys keys, ReadKeys(store, files, file));
  Rotated rotated{.key_id = keys.newest()};
  Vault vault(store, files, file);
  auto reseal_all = [&]() -> Status {
    rotated.left.clear();
    Reseal reseal{store, vault, rotated.key_id, step, rotated.left};
    GALE_ASSIGN_OR_RETURN(rotated.variables, reseal.All<VariableTraits>());
    GALE_ASSIGN_OR_RETURN(rotated.connections, reseal.All<ConnectionTraits>());
    return OkStatus();
  };
  if (keys.newest() == keys.id) {
    // What an interrupted one left; if no key opens it, it holds nobody up.
    GALE_RETURN_IF_ERROR(reseal_all());
    rotated.resumed = rotated.variables + rotated.connections > 0;
    if (rotated.resumed) return rotated;
    if (!others.empty()) {
      return FailedPrecondition(
          "other masters use this database ({}): `gale secrets rotate --prepare` puts a new key "
          "into "
          "'{}'; copy that file to them, then `gale secrets rotate`",
          fmt::join(others, ", "), file);
    }
    GALE_ASSIGN_OR_RETURN(rotated.key_id, AddKey(files, file, keys));
  }
  GALE_RETURN_IF_ERROR(store.PutSetting(std::string(kSealKeySetting), rotated.key_id));
  GALE_RETURN_IF_ERROR(reseal_all());
  return rotated;
}

Result<size_t> ForgetSealKeys(Store& store, Files& files, const std::string& file) {
  GALE_ASSIGN_OR_RETURN(const File lock, Lock(files, file));
  GALE_ASSIGN_OR_RETURN(const Keys keys, ReadKeys(store, files, file));
  GALE_ASSIGN_OR_RETURN(const bool others, AnyNotSealedBy(store, keys.id));
  if (others) {
    return FailedPrecondition(
        "some variables or connections are still sealed by a former key: `gale secrets rotate` "
        "first");
  }
  const size_t before = keys.ring.ids().size();
  if (before > 1) GALE_RETURN_IF_ERROR(WriteKeyFile(files, file, keys.ring.Only(keys.id)));
  return before - 1;
}

Result<std::string> ReplaceLostSealKey(Store& store, Files& files, const std::string& file) {
  GALE_ASSIGN_OR_RETURN(const File lock, Lock(files, file));
  const std::string setting(kSealKeySetting);
  GALE_ASSIGN_OR_RETURN(const std::optional<std::string> lost, store.GetSetting(setting));
  GALE_ASSIGN_OR_RETURN(const KeyRing ring, MakeKeyFile(files, file));
  if (!lost || ring.Has(*lost)) {
    return FailedPrecondition("no key is lost: what is stored can be read with '{}'", file);
  }
  std::string id = ring.ids().front();
  GALE_RETURN_IF_ERROR(store.PutSetting(setting, id));
  return id;
}

}  // namespace gale
