// A real redis-server (or sentinel) for a test: on a free loopback port, in a folder of its own,
// saving nothing, dead at the latest with the test. The binary is $GALE_TEST_REDIS_SERVER or
// redis-server.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace gale {

struct RedisServerOptions {
  std::vector<std::string> arguments;  // redis-server's: {"--requirepass", "secret"}
  bool tls = false;                    // only TLS, with the certificate at ca_file()
  // A sentinel instead, watching this master under the name "main".
  uint16_t sentinel_of_port = 0;
};

// One thread. Without a redis-server the test fails and says so (program.h); what else can't be done
// (no port) ends the test program with the reason.
class RedisServer {
 public:
  explicit RedisServer(RedisServerOptions options = {});
  ~RedisServer();
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  uint16_t port() const { return port_; }
  // "redis://<credentials>@127.0.0.1:port"; credentials such as "user:password".
  std::string Url(std::string_view credentials = "") const;
  std::string unix_path() const { return dir_ + "/redis.sock"; }  // every server listens there too
  const std::string& dir() const { return dir_; }
  std::string ca_file() const { return dir_ + "/cert.pem"; }

  void Kill();   // SIGKILL, and reaped
  void Start();  // after Kill: on the same port, empty; returns when it takes connections
  void Restart() { Kill(), Start(); }
  void Pause();  // SIGSTOP: connections stay, nothing answers
  void Resume();

 private:
  bool TryStart(std::string& log_text);  // else `log_text` says why not
  std::vector<std::string> CommandLine() const;
  void MakeCertificate() const;

  const RedisServerOptions options_;
  const std::string program_;
  std::string dir_;
  uint16_t port_ = 0;
  pid_t pid_ = -1;
};

// One that all tests of a program share, each under a namespace of its own; started when first
// asked for.
RedisServer& SharedRedis();
std::string NewRedisNamespace();

}  // namespace gale
