// A small HTTP/1.1 server: one thread that talks to all clients, and a few that run the handler,
// which may block (Lane says who waits for whom). Keep-alive and pipelining (answered in order), limits and timeouts on
// everything:
//   header over limits::kHttpHeaderBytesMax -> 431; body over limits::kHttpBodyBytesMax -> 413,
//   before it is read; connections over limits::kHttpConnectionsMax -> 503; handlers all busy and
//   kWaitingRequestsMax waiting -> 503; answers that go on over limits::kHttpStreamsMax -> 503; a
//   request that dribbles in or an answer that isn't read -> closed.
// With a certificate it is HTTPS (TLS 1.2 or newer), and who comes with plain HTTP is told so.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "common/base/limits.h"
#include "common/base/metrics.h"
#include "common/base/service.h"
#include "master/api/http/http.h"

namespace gale::http {

// Where a request is answered.
enum class Lane : uint8_t {
  kCommon,  // by one of the handler threads
  kLogin,   // by one of a few of its own: passwords are slow to check by design
  kAtOnce,  // by the I/O thread: an answer that waits for nothing (health, metrics)
};

struct ServerOptions {
  std::string host = "127.0.0.1";
  uint16_t port = 0;  // 0: any free one
  // Start takes the address only; who connects is answered from Open on.
  bool open_later = false;
  // PEM, both or none: the certificate with the intermediate ones behind it, its private key.
  std::string cert_pem, key_pem;
  size_t handler_threads = 8;
  size_t waiting_requests_max = 1024;
  size_t login_threads = 2;
  size_t waiting_logins_max = 16;
  size_t connections_max = limits::kHttpConnectionsMax;
  size_t streams_max = limits::kHttpStreamsMax;  // of the connections: answers that go on
  size_t body_bytes_max = limits::kHttpBodyBytesMax;
  Duration idle_timeout = std::chrono::seconds(75);  // between two requests
  Duration request_timeout =
      std::chrono::seconds(30);  // from the first byte of a request to its last
  Duration handshake_timeout = std::chrono::seconds(10);  // of TLS
  Duration write_timeout = std::chrono::seconds(60);      // for an answer to be taken
};

class Server : public Service {
 public:
  // Called on one of the lane's threads, several at a time. Must not throw.
  using Handler = std::function<Response(const Request&)>;
  // Called on the I/O thread. Empty: all is kCommon.
  using Sorter = std::function<Lane(const Request&)>;

  Server(Handler handler, ServerOptions options, Sorter sorter = nullptr);
  ~Server() override;

  std::string_view name() const override { return "http"; }
  // UNAVAILABLE, naming the address, if it can't be listened on; INVALID_ARGUMENT if the
  // certificate can't be used.
  Status Start() override;
  // With open_later, after Start: begins to answer.
  void Open();
  // Takes no more requests; answers those that it has, until `deadline`.
  void Stop(MonoTime deadline) override;
  uint16_t port() const;
  // From any thread.
  void Report(MetricSink& sink) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gale::http
