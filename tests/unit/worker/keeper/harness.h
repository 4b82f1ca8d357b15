// A keeper of its own for each test, in a fresh home, and a client that remembers what it heard.
#pragma once

#include <gtest/gtest.h>
#include <sys/types.h>

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "worker/keeper/keeper.h"
#include "worker/keeper/keeper_client.h"

namespace gale::keeper {

inline constexpr Duration kPatience = std::chrono::seconds(20);  // of a test, on a loaded machine

// A client and what it heard, in order.
class Listener {
 public:
  explicit Listener(const std::string& home);
  KeeperClient& operator*() { return *client_; }
  KeeperClient* operator->() { return client_.get(); }
  void Disconnect() { client_.reset(); }

  // Wait for what the keeper says about `key`; a fatal test failure if it does not come.
  Started AwaitStarted(const std::string& key);
  StartFailed AwaitStartFailed(const std::string& key);
  Exited AwaitExited(const std::string& key);
  void AwaitClosed();
  size_t Count(const std::function<bool(const KeeperEvent&)>& which);

 private:
  template <class T>
  T Await(const std::string& key);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<KeeperEvent> events_;
  bool closed_ = false;
  std::unique_ptr<KeeperClient> client_;
};

class KeeperTest : public testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  void Start(Duration idle_exit = std::chrono::seconds(30));
  std::string Home() const { return home_; }
  std::string Log(const std::string& key) const { return home_ + "/" + key + ".log"; }
  SpawnRequest Sh(const std::string& key, const std::string& command) const;

  std::string home_;
};

std::string ReadFile(const std::string& path);
size_t Entries(const std::string& dir);
// Waits until the file has `text`. Inotify, no polling.
std::string AwaitFile(const std::string& path, const std::string& text);
// Waits until the process has ended (a zombie counts): at most kPatience.
bool AwaitDeath(pid_t pid);
bool Alive(pid_t pid);

}  // namespace gale::keeper
