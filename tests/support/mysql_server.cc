#include "tests/support/mysql_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

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

namespace fs = std::filesystem;

constexpr auto kStartMax = std::chrono::seconds(60);  // on a machine that is busy building
constexpr char kMariaDb[] = "/usr/sbin/mariadbd";
constexpr char kMariaDbSql[] = "/usr/share/mysql";

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
  return ntohs(address.sin_port);
}

// In memory where there is such a place: thousands of flushes to a busy disk would take minutes.
std::string MakeDir() {
  const char* parent = std::getenv("TMPDIR");
  std::string base = parent ? parent : access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
  std::string dir = base + "/gale-mysql-XXXXXX";
  GALE_CHECK(mkdtemp(dir.data()) != nullptr, "{}: {}", dir, std::strerror(errno));
  return dir;
}

// Starts a program that dies with us, its output going to `out` and its input coming from `in` (a
// path).
pid_t Spawn(std::vector<std::string> line, int out, const char* in) {
  std::vector<char*> argv;
  for (std::string& word : line) argv.push_back(word.data());
  argv.push_back(nullptr);
  const pid_t pid = fork();
  GALE_CHECK(pid >= 0, "fork: {}", std::strerror(errno));
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int input = open(in, O_RDONLY);
    if (input < 0) _exit(126);
    dup2(input, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
    execvp(argv[0], argv.data());
    _exit(127);
  }
  return pid;
}

// Reads the server's log until it says that it is up; then it may write into the void.
void AwaitReady(int fd, const std::string& what) {
  const MonoTime deadline = Clock::Real().Mono() + kStartMax;
  std::string log;
  while (log.find("ready for connections") == std::string::npos) {
    const auto left = (deadline - Clock::Real().Mono()) / std::chrono::milliseconds(1);
    pollfd poll_fd{.fd = fd, .events = POLLIN};
    char bytes[4096];
    ssize_t got = 0;
    if (left > 0 && poll(&poll_fd, 1, static_cast<int>(left)) > 0) {
      got = read(fd, bytes, sizeof bytes);
    }
    GALE_CHECK(got > 0, "{} did not start: {}", what, log);
    log.append(bytes, static_cast<size_t>(got));
  }
}

}  // namespace

MySqlServer::MySqlServer(MySqlServerOptions options)
    : options_(std::move(options)),
      program_(options_.mysql_root.empty()
                   ? FindProgram(kMariaDb, "apt-get install mariadb-server-core")
                   : FindProgram(options_.mysql_root + "/usr/sbin/mysqld",
                                 "tests/support/fetch_mysql.sh unpacks Debian's mysql-server-core "
                                 "into build/mysql; another folder is named by "
                                 "GALE_TEST_MYSQL_ROOT")),
      dir_(MakeDir()),
      port_(FreePort()) {
  if (options_.tls) MakeCertificate();
  MakeData();
  Start();
}

MySqlServer::~MySqlServer() {
  Kill();
  std::error_code ignored;
  fs::remove_all(dir_, ignored);
}

std::vector<std::string> MySqlServer::CommandLine() const {
  const std::string& root = options_.mysql_root;
  std::vector<std::string> line = {program_, "--no-defaults"};
  if (!root.empty()) {  // by its own loader: it was built for a newer Debian
    line = {root + "/usr/lib64/ld-linux-x86-64.so.2",
            "--library-path",
            root + "/usr/lib/x86_64-linux-gnu:" + root + "/usr/lib/mysql/private",
            program_,
            "--no-defaults",
            "--lc-messages-dir=" + root + "/usr/share/mysql",
            "--plugin-dir=" + root + "/usr/lib/mysql/plugin",
            "--secure-file-priv=",
            "--mysqlx=OFF"};
  } else {
    line.push_back("--innodb-log-file-size=48M");
  }
  line.insert(line.end(), {"--datadir=" + dir_ + "/data", "--skip-log-bin",
                           "--innodb-flush-log-at-trx-commit=1", "--innodb-buffer-pool-size=96M"});
  if (geteuid() == 0) line.push_back("--user=root");
  return line;
}

void MySqlServer::MakeCertificate() const {
  const std::string command = fmt::format(
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
      "-subj /CN=gale-test -addext subjectAltName=IP:127.0.0.1,DNS:localhost "
      "-keyout {0}/key.pem -out {0}/cert.pem >{0}/openssl.log 2>&1",
      dir_);
  GALE_CHECK(std::system(command.c_str()) == 0, "openssl failed: {}/openssl.log", dir_);
}

void MySqlServer::MakeData() const {
  fs::create_directories(dir_ + (options_.mysql_root.empty() ? "/data/mysql" : "/data"));
  std::vector<std::string> line = CommandLine();
  const std::string log = dir_ + "/make.log";
  std::string input = "/dev/null";
  if (options_.mysql_root.empty()) {
    line.push_back("--bootstrap");
    input = dir_ + "/make.sql";
    std::ofstream sql(input);
    sql << "USE mysql;\nSET @auth_root_socket = NULL;\n";
    for (const char* file : {"mysql_system_tables.sql", "mysql_system_tables_data.sql"}) {
      const std::string path = std::string(kMariaDbSql) + "/" + file;
      GALE_CHECK(fs::exists(path), "{} is missing: install Debian's mariadb-server-core", path);
      sql << std::ifstream(path).rdbuf();
    }
  } else {
    line.push_back("--initialize-insecure");
  }
  const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  const pid_t pid = Spawn(std::move(line), out, input.c_str());
  close(out);
  int status = 0;
  waitpid(pid, &status, 0);
  std::ifstream said(log);
  GALE_CHECK(status == 0, "the database server could not make its data: {}",
             std::string(std::istreambuf_iterator<char>(said), {}));
}

void MySqlServer::Start() {
  GALE_CHECK(pid_ < 0);
  std::vector<std::string> line = CommandLine();
  line.insert(line.end(), {"--bind-address=127.0.0.1", "--port=" + std::to_string(port_),
                           "--socket=" + dir_ + "/s.sock", "--pid-file=" + dir_ + "/pid"});
  if (options_.tls) {
    line.insert(line.end(), {"--ssl-cert=" + ca_file(), "--ssl-key=" + dir_ + "/key.pem"});
  }
  line.insert(line.end(), options_.arguments.begin(), options_.arguments.end());
  int log[2];
  GALE_CHECK(pipe2(log, O_CLOEXEC) == 0, "pipe: {}", std::strerror(errno));
  pid_ = Spawn(line, log[1], "/dev/null");
  close(log[1]);
  AwaitReady(log[0], line[0]);
  close(log[0]);
}

void MySqlServer::Kill() {
  if (pid_ < 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void MySqlServer::Pause() {
  kill(pid_, SIGSTOP);
  waitpid(pid_, nullptr, WUNTRACED);
}
void MySqlServer::Resume() { kill(pid_, SIGCONT); }

}  // namespace gale
