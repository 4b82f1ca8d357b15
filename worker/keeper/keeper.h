// The keeper: the small single-threaded process that owns every child of a worker (README.md).
#pragma once

#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/files.h"
#include "common/base/status.h"

namespace gale::keeper {

struct KeeperOptions {
  std::string home;  // made with mode 0700; holds keeper.sock, .lock, .log, running/, exits/, tmp/
  // With no client, no children and no fence ahead the keeper ends itself after this.
  Duration idle_exit = std::chrono::seconds(10);
  Files* files = nullptr;  // the disk; null: the machine's
};

// Is the keeper: returns when it has ended. Call it from a process that has one thread and that
// exists for nothing else: it takes over its signals and its log. kAlreadyExists: the home has a
// living keeper.
Status RunKeeper(const KeeperOptions& options);

struct StartOptions {
  std::string home;
  // The keeper's command line; empty: {"/proc/self/exe", "keeper", "--home", home}.
  std::vector<std::string> argv;
  Duration timeout = std::chrono::seconds(15);  // for a predecessor's orphans to be killed, too
};

// Returns when a keeper listens in `home`, at once if one did. It is nobody's child (double fork)
// and in a session of its own: neither Ctrl-C nor the end of the caller reaches it. Callable with
// threads running. kDeadlineExceeded names keeper.log, where the keeper says what was wrong.
Status StartKeeper(const StartOptions& options);

// <home>/keeper.sock.
std::string SocketPath(const std::string& home);

}  // namespace gale::keeper
