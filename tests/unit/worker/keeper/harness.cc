#include "harness.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "worker/keeper/proc.h"

namespace gale::keeper {

Listener::Listener(const std::string& home) {
  KeeperEvents events{.on_event =
                          [this](const KeeperEvent& event) {
                            std::lock_guard lock(mutex_);
                            events_.push_back(event);
                            changed_.notify_all();
                          },
                      .on_closed =
                          [this](const Status&) {
                            std::lock_guard lock(mutex_);
                            closed_ = true;
                            changed_.notify_all();
                          }};
  auto client = KeeperClient::Connect(SocketPath(home), std::move(events));
  GALE_CHECK(client.ok(), "{}", client.status().ToString());
  client_ = std::move(*client);
}

template <class T>
T Listener::Await(const std::string& key) {
  std::unique_lock lock(mutex_);
  std::optional<T> found;
  changed_.wait_for(lock, kPatience, [&] {
    for (const KeeperEvent& e : events_) {
      if (auto* t = std::get_if<T>(&e); t != nullptr && t->key == key) found = *t;
    }
    return found.has_value();
  });
  GALE_CHECK(found.has_value(), "the keeper did not tell what was awaited of '{}'", key);
  return *found;
}

Started Listener::AwaitStarted(const std::string& key) { return Await<Started>(key); }
StartFailed Listener::AwaitStartFailed(const std::string& key) { return Await<StartFailed>(key); }
Exited Listener::AwaitExited(const std::string& key) { return Await<Exited>(key); }

void Listener::AwaitClosed() {
  std::unique_lock lock(mutex_);
  GALE_CHECK(changed_.wait_for(lock, kPatience, [&] { return closed_; }), "not closed");
}

size_t Listener::Count(const std::function<bool(const KeeperEvent&)>& which) {
  std::lock_guard lock(mutex_);
  return static_cast<size_t>(std::count_if(events_.begin(), events_.end(), which));
}

void KeeperTest::SetUp() {
  char dir[] = "/tmp/gale-keeper-XXXXXX";
  ASSERT_NE(mkdtemp(dir), nullptr);
  home_ = dir;
}

void KeeperTest::TearDown() {
  auto client = KeeperClient::Connect(SocketPath(home_), {});
  if (client.ok()) {
    EXPECT_TRUE((*client)->Shutdown(true, kPatience).ok());
  }
  if (HasFailure()) std::cerr << ReadFile(home_ + "/keeper.log");
  std::error_code ignored;
  std::filesystem::remove_all(home_, ignored);
}

void KeeperTest::Start(Duration idle_exit) {
  // This program again, as a keeper: see main.cc.
  Status status = StartKeeper({.home = home_,
                               .argv = {"/proc/self/exe", "keeper", "--home", home_, "--idle-us",
                                        std::to_string(idle_exit.count())}});
  ASSERT_TRUE(status.ok()) << status.ToString();
}

SpawnRequest KeeperTest::Sh(const std::string& key, const std::string& command) const {
  return {.key = key,
          .argv = {"sh", "-c", command},
          .env = {"PATH=/usr/bin:/bin"},
          .cwd = home_,
          .log_path = Log(key)};
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

size_t Entries(const std::string& dir) {
  size_t n = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(dir)) ++n;
  return n;
}

std::string AwaitFile(const std::string& path, const std::string& text) {
  int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  std::string dir = std::filesystem::path(path).parent_path();
  inotify_add_watch(fd, dir.c_str(), IN_MODIFY | IN_CREATE);
  std::string now;
  int64_t until = BootNowUs() + kPatience.count();
  while ((now = ReadFile(path)).find(text) == std::string::npos && BootNowUs() < until) {
    pollfd p{.fd = fd, .events = POLLIN};
    poll(&p, 1, static_cast<int>((until - BootNowUs()) / 1000));
    char buffer[4096];
    while (read(fd, buffer, sizeof buffer) > 0) {
    }
  }
  close(fd);
  return now;
}

bool AwaitDeath(pid_t pid) {
  int fd = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  if (fd < 0) return true;
  pollfd p{.fd = fd, .events = POLLIN};
  int n = poll(&p, 1, static_cast<int>(kPatience.count() / 1000));
  close(fd);
  return n == 1;
}

bool Alive(pid_t pid) {
  auto process = ReadProcess(pid);
  return process && process->alive();
}

}  // namespace gale::keeper
