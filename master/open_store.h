// The ledger that the configuration names.
#pragma once

#include <memory>
#include <string>

#include "common/config/config.h"
#include "master/secrets/secrets.h"
#include "master/store/store.h"

namespace gale {

struct OpenedStore {
  std::unique_ptr<Store> store;
  std::string name;     // "MySQL at db1:3306/gale", "/home/u/.gale/gale.db"; holds no password
  bool shared = false;  // a server that several masters may use
};

// Of [database] sql_alchemy_conn; a server is connected to when it is first used. Says in the log
// which options of the URL mean nothing to Gale.
Result<OpenedStore> OpenStore(const Config& config);

// The variables and connections in it, by the settings of [core]. A master that hasn't their key says so
// in the log, and runs all the same: most tasks need none. The store must outlive them.
std::unique_ptr<Secrets> OpenSecrets(const Config& config, Store& store);

}  // namespace gale
