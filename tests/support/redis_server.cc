#include "tests/support/redis_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "common/base/check.h"
#include "common/base/clock.h"
#include "tests/support/program.h"

namespace gale {
namespace {

constexpr auto kStartMax = std::chrono::seconds(20);  // on a machine that is busy building

// A cluster's second port is 10,000 above its first.
constexpr uint16_t kPortMax = 65'535 - 10'000;
constexpr int kPortTries = 5;  // somebody else may take the port before the server does

uint16_t FreePort() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  GALE_CHECK(bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                 getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0,
             "no free port: {}", std::strerror(errno));
  close(fd);
  const uint16_t port = ntohs(address.sin_port);
  return port <= kPortMax ? port : FreePort();
}

std::string MakeDir() {
  const char* parent = std::getenv("TMPDIR");
  std::string dir = std::string(parent ? parent : "/tmp") + "/gale-redis-XXXXXX";
  GALE_CHECK(mkdtemp(dir.data()) != nullptr, "{}: {}", dir, std::strerror(errno));
  return dir;
}

// Reads the server's log until it says that it is up: then it may write into the void. False if it
// ended, or takes too long.
bool AwaitReady(int fd, std::string& log) {
  const MonoTime deadline = Clock::Real().Mono() + kStartMax;
  while (log.find("eady to accept connections") == std::string::npos &&
         log.find("+monitor master") == std::string::npos) {
    const auto left = (deadline - Clock::Real().Mono()) / std::chrono::milliseconds(1);
    pollfd poll_fd{.fd = fd, .events = POLLIN};
    char bytes[4096];
    if (left <= 0 || poll(&poll_fd, 1, static_cast<int>(left)) <= 0) return false;
    const ssize_t got = read(fd, bytes, sizeof bytes);
    if (got <= 0) return false;
    log.append(bytes, static_cast<size_t>(got));
  }
  return true;
}

std::string Program() {
  const char* binary = std::getenv("GALE_TEST_REDIS_SERVER");
  return binary ? binary : "redis-server";
}

}  // namespace

RedisServer::RedisServer(RedisServerOptions options)
    : options_(std::move(options)),
      program_(FindProgram(Program(), "apt-get install redis-server")),
      dir_(MakeDir()),
      port_(FreePort()) {
  if (options_.tls) MakeCertificate();
  std::string log;
  for (int tries = 1; !TryStart(log); ++tries) {
    GALE_CHECK(tries < kPortTries && log.find("in use") != std::string::npos,
               "redis-server did not start: {}", log);
    port_ = FreePort();
  }
}

RedisServer::~RedisServer() {
  Kill();
  std::error_code ignored;
  std::filesystem::remove_all(dir_, ignored);
}

std::string RedisServer::Url(std::string_view credentials) const {
  return fmt::format("{}://{}{}127.0.0.1:{}", options_.tls ? "rediss" : "redis", credentials,
                     credentials.empty() ? "" : "@", port_);
}

void RedisServer::MakeCertificate() const {
  const std::string command = fmt::format(
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
      "-subj /CN=gale-test -addext subjectAltName=IP:127.0.0.1,DNS:localhost "
      "-keyout {0}/key.pem -out {0}/cert.pem >{0}/openssl.log 2>&1",
      dir_);
  GALE_CHECK(std::system(command.c_str()) == 0, "openssl failed: {}/openssl.log", dir_);
}

std::vector<std::string> RedisServer::CommandLine() const {
  std::vector<std::string> line = {program_};
  if (options_.sentinel_of_port != 0) {
    const std::string path = dir_ + "/sentinel.conf";
    std::ofstream(path) << fmt::format(
        "port {}\nbind 127.0.0.1\ndir {}\nsentinel monitor main 127.0.0.1 {} 1\n"
        "sentinel down-after-milliseconds main 500\nsentinel failover-timeout main 3000\n",
        port_, dir_, options_.sentinel_of_port);
    line.insert(line.end(), {path, "--sentinel"});
    return line;
  }
  const std::string port = std::to_string(port_);
  line.insert(line.end(), {"--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", dir_,
                           "--unixsocket", unix_path(), "--port", options_.tls ? "0" : port});
  if (options_.tls) {
    line.insert(line.end(), {"--tls-port", port, "--tls-cert-file", ca_file(), "--tls-key-file",
                             dir_ + "/key.pem", "--tls-auth-clients", "no"});
  }
  line.insert(line.end(), options_.arguments.begin(), options_.arguments.end());
  return line;
}

void RedisServer::Start() {
  std::string log;
  GALE_CHECK(TryStart(log), "redis-server did not start again: {}", log);
}

bool RedisServer::TryStart(std::string& log_text) {
  GALE_CHECK(pid_ < 0);
  log_text.clear();
  std::vector<std::string> line = CommandLine();
  std::vector<char*> argv;
  for (std::string& word : line) argv.push_back(word.data());
  argv.push_back(nullptr);
  int log[2];
  GALE_CHECK(pipe2(log, O_CLOEXEC) == 0, "pipe: {}", std::strerror(errno));
  pid_ = fork();
  GALE_CHECK(pid_ >= 0, "fork: {}", std::strerror(errno));
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(log[1], STDOUT_FILENO);
    dup2(log[1], STDERR_FILENO);
    execvp(argv[0], argv.data());
    _exit(127);
  }
  close(log[1]);
  const bool ready = AwaitReady(log[0], log_text);
  close(log[0]);
  if (!ready) Kill();
  return ready;
}

void RedisServer::Kill() {
  if (pid_ < 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void RedisServer::Pause() {
  kill(pid_, SIGSTOP);
  waitpid(pid_, nullptr, WUNTRACED);
}
void RedisServer::Resume() { kill(pid_, SIGCONT); }

RedisServer& SharedRedis() {
  static RedisServer server;
  return server;
}

std::string NewRedisNamespace() {
  static std::atomic<int> last{0};
  return fmt::format("test-{}", ++last);
}

}  // namespace gale
