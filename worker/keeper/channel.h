// The keeper's end of its socket: one client at a time, the newest that said Hello.
#pragma once

#include <deque>
#include <functional>
#include <set>
#include <string>

#include "worker/keeper/protocol.h"

namespace gale::keeper {

class Channel {
 public:
  static constexpr int kPendingMax = 16;                // connections that have not said Hello
  static constexpr size_t kQueueMessagesMax = 200'000;  // unread by the client; then it is let go
  static constexpr int kReadsAtOnce = 64;               // then timers and exits have their turn

  // Registers its descriptors in `epoll`. Messages go to `on_message`.
  Channel(int epoll, std::function<void(Message&&)> on_message)
      : epoll_(epoll), on_message_(std::move(on_message)) {}
  ~Channel();
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  // Binds `path` (mode 0600) and listens. The caller holds the home's lock: what stood there is
  // stale.
  Status Listen(const std::string& path);
  // To the client, if there is one.
  void Send(const Message& message);
  // For every descriptor that epoll reports: true if it was one of ours.
  bool OnReady(int fd, uint32_t events);
  bool has_client() const { return client_ >= 0; }

 private:
  void Accept();
  void Greet(int fd);
  void ReadClient();
  void Flush();
  void Watch(int fd, int operation, uint32_t events);
  void DropClient(std::string_view why);

  int epoll_;
  std::function<void(Message&&)> on_message_;
  int listener_ = -1;
  int client_ = -1;
  bool watching_out_ = false;
  std::set<int> pending_;
  std::deque<std::string> queue_;  // not empty: epoll tells when the client takes more
};

}  // namespace gale::keeper
