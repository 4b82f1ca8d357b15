// The ledger that the configuration names.
#pragma once

#include <memory>
#include <string>

#include "common/config/config.h"
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

}  // namespace gale
