// A ledger in memory and a key file on the disk, for tests of secrets.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <string>

#include "master/secrets/secrets.h"

namespace gale {

class SecretsWorld : public testing::Test {
 protected:
  SecretsWorld() {
    std::string name = testing::TempDir() + "gale-secrets-XXXXXX";
    GALE_CHECK(mkdtemp(name.data()) != nullptr);
    home_ = name;
    store_ = OpenSqliteStore({.path = ":memory:"}).value();
    GALE_CHECK(store_->Migrate().ok());
  }
  ~SecretsWorld() override { (void)files_.RemoveTree(home_); }

  std::string key_file() const { return home_ + "/secrets.key"; }
  // A master on this ledger, with that key file.
  std::unique_ptr<Secrets> Master(const std::string& file) {
    return std::make_unique<Secrets>(*store_, files_, clock_, SecretsOptions{.key_file = file});
  }
  std::unique_ptr<Secrets> Master() { return Master(key_file()); }

  Files& files_ = Files::Real();
  std::string home_;
  ManualClock clock_;
  std::unique_ptr<Store> store_;
};

}  // namespace gale
