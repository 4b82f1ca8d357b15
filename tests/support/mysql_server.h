// A real MariaDB or MySQL server for a test: on a free loopback port, with a data folder of its own
// in memory, dead at the latest with the test. Any user may start one.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace gale {

struct MySqlServerOptions {
  // Empty: Debian's MariaDB (mariadb-server-core). Else the folder into which fetch_mysql.sh
  // unpacked MySQL.
  std::string mysql_root = "";
  std::vector<std::string> arguments = {};  // the server's: {"--max-connections=3"}
  bool tls = false;                         // with the certificate at ca_file()
};

// Its administrator is root, without a password. One thread. Without such a server the test fails and
// says so (program.h); what else can't be done (no port) ends the test program with the reason.
class MySqlServer {
 public:
  explicit MySqlServer(MySqlServerOptions options = {});
  ~MySqlServer();
  MySqlServer(const MySqlServer&) = delete;
  MySqlServer& operator=(const MySqlServer&) = delete;

  uint16_t port() const { return port_; }
  const std::string& dir() const { return dir_; }
  std::string ca_file() const { return dir_ + "/cert.pem"; }

  void Kill();  // SIGKILL, and reaped
  void
  Start();  // after Kill: on the same port, with the same data; returns when it takes connections
  void Restart() { Kill(), Start(); }
  void Pause();  // SIGSTOP: connections stay, nothing answers
  void Resume();

 private:
  std::vector<std::string> CommandLine() const;
  void MakeData() const;
  void MakeCertificate() const;

  const MySqlServerOptions options_;
  const std::string program_;
  std::string dir_;
  uint16_t port_ = 0;
  pid_t pid_ = -1;
};

}  // namespace gale
