// A client of the HTTP server that may be as rude as it likes.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <string_view>

namespace gale::http {

class Client {
 public:
  explicit Client(uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    timeval patience{30, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  ~Client() { ::close(fd_); }
  bool connected() const { return connected_; }

  void Send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t n = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
      if (n <= 0) return;
      text.remove_prefix(static_cast<size_t>(n));
    }
  }
  // One answer: its header, and as much body as it says.
  std::string Answer() {
    for (;;) {
      const size_t header_end = buffer_.find("\r\n\r\n");
      if (header_end != std::string::npos) {
        const size_t at = buffer_.find("Content-Length: ");
        const size_t length = at < header_end ? std::stoul(buffer_.substr(at + 16)) : 0;
        if (buffer_.size() >= header_end + 4 + length) {
          std::string answer = buffer_.substr(0, header_end + 4 + length);
          buffer_.erase(0, answer.size());
          return answer;
        }
      }
      if (!Receive()) return buffer_;
    }
  }
  // All up to `end` and it, however it is cut; what came until the server closed, if it doesn't come.
  std::string Until(std::string_view end) {
    for (;;) {
      const size_t at = buffer_.find(end);
      if (at != std::string::npos) {
        std::string text = buffer_.substr(0, at + end.size());
        buffer_.erase(0, text.size());
        return text;
      }
      if (!Receive()) return buffer_;
    }
  }
  // Waits for the server to close.
  bool Closed() {
    while (Receive()) {
    }
    return last_ == 0 || errno == ECONNRESET;
  }

 private:
  bool Receive() {
    char chunk[65536];
    last_ = ::recv(fd_, chunk, sizeof chunk, 0);
    if (last_ <= 0) return false;
    buffer_.append(chunk, static_cast<size_t>(last_));
    return true;
  }
  int fd_;
  bool connected_ = false;
  ssize_t last_ = 0;
  std::string buffer_;
};

}  // namespace gale::http
