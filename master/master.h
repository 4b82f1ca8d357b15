// A master, put together: ledger, queue, engine, DAG processor, gRPC and REST. The only place that
// knows which adapters there are.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "common/base/service.h"
#include "common/config/config.h"

namespace grpc {
class Channel;
}

namespace gale {

// What of a master a process does; by default all.
struct Roles {
  bool scheduler = true;  // leads, if it may, and takes workers
  bool api = true;   // REST. Alone it never leads: it hands on to the leader what only that can.
  bool dags = true;  // reads the DAG files, while it leads

  // Of names, separated by commas. INVALID_ARGUMENT: an unknown one, none, or `dags` without
  // `scheduler`.
  static Result<Roles> Parse(std::string_view names);
  // "scheduler, dags".
  std::string ToString() const;
};

struct MasterOptions {
  // Looked for in this order: GALE_PYTHON and GALE_SDK, what was installed beside the binary, the
  // checkout it was built in.
  std::string python;
  std::string sdk;
  // Called once, from another thread, when the master can't go on (another one leads).
  std::function<void(const Status&)> on_fatal;
  Roles roles = {};
};

class Master : public Service {
 public:
  // Where local clients and workers find it: <home>/run/gale.sock.
  static std::string SocketPath(const std::string& home);

  Master(const Config& config, MasterOptions options);
  ~Master() override;

  std::string_view name() const override { return "master"; }
  // Makes what is missing in the home (folders, database, password, tokens). On an error nothing
  // runs, and the message names what to do. FAILED_PRECONDITION if another master has this home
  // (one with the role `scheduler` and one without may share it), or if only one process can use
  // the database and this one may not lead.
  Status Start() override;
  void Stop(MonoTime deadline) override;

  // Once started; 0 if it has no such listener.
  uint16_t http_port() const;
  uint16_t grpc_port() const;
  // For a worker in this process. Null until it is started.
  std::shared_ptr<grpc::Channel> InProcessChannel() const;
  // True if this start made the user `admin`, and its password.
  bool made_admin() const;
  std::string password_file() const;
  std::string join_token_file() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

// GALE_PYTHON, or the venv of the checkout, or python3; GALE_SDK, or <prefix>/share/gale/sdk beside
// the binary, or the checkout's.
std::string FindPython();
std::string FindSdk();
// The DAGs that come with Gale, installed as the SDK is.
std::string FindExamples();

}  // namespace gale
