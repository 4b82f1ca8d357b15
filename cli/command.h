// What a command of `gale` is: a row of a table, with its arguments and the function that does it.
// parser.cc reads command lines by this table; help, completion and the tests walk it.
#pragma once

#include <iosfwd>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/client.h"
#include "cli/table.h"
#include "common/base/status.h"
#include "common/config/config.h"

namespace gale::cli {

struct Arg {
  enum class Kind : uint8_t {
    kOne,       // a word that must stand there
    kOptional,  // a word that may stand there
    kMany,      // one word or more
    kFlag,
    kValue,
    kValues,  // an option that may be given several times
  };
  Kind kind;
  std::string_view names;  // "dag_id"; for options "-e,--logical-date"
  std::string_view help;
  std::string_view value = {};  // what stands for an option's value in the help: "JSON"

  bool positional() const { return kind <= Kind::kMany; }
  // By what Args knows it: "dag_id", "logical-date".
  std::string_view key() const;
};

// What many commands are about.
inline constexpr Arg kDagId = {Arg::Kind::kOne, "dag_id", "the DAG"};
inline constexpr Arg kRunId = {Arg::Kind::kOne, "run_id", "the run"};
inline constexpr Arg kTaskId = {Arg::Kind::kOne, "task_id", "the task"};
inline constexpr Arg kMapIndex = {Arg::Kind::kValue, "--map-index", "of a mapped task", "N"};

// The arguments that were given, by Arg::key().
class Args {
 public:
  bool Has(std::string_view key) const { return !All(key).empty(); }
  // The first; empty if there is none.
  const std::string& Get(std::string_view key) const;
  const std::vector<std::string>& All(std::string_view key) const;
  // `otherwise` if not given. INVALID_ARGUMENT names the argument and the bounds.
  Result<int64_t> Int(std::string_view key, int64_t otherwise, int64_t min, int64_t max) const;

  void Set(std::string_view key, std::vector<std::string> values);

 private:
  std::vector<std::pair<std::string, std::vector<std::string>>> given_;
};

// The process's surroundings; tests give their own.
struct Io {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  bool in_terminal = false;
  bool out_terminal = false;
  Environment env = {};

  // Empty if not set.
  std::string_view Variable(std::string_view name) const;
};

struct Globals {
  std::string home;  // absolute; need not exist
  std::string config_file;
  std::string server;  // empty: the home's socket
  std::string token_file;
  std::string tls_ca;  // of `server`; empty: as [tls] ca says
  Format format = Format::kTable;
};

// One invocation. One thread.
class Context {
 public:
  Context(Io& io_in, Globals globals_in, Args args_in)
      : io(io_in), globals(std::move(globals_in)), args(std::move(args_in)) {}

  // NOT_FOUND, with what to do, if the home isn't there.
  Status CheckHome() const;
  // Makes it, and its gale.cfg unless --config names another file.
  Status MakeHome() const;
  Result<Config> LoadConfig() const;
  // The master that is meant; connects at the first call.
  Result<Client*> Connect();
  void Print(const Table& table) const;
  void PrintRecord(const Table& table) const;  // of one row

  Io& io;
  const Globals globals;
  const Args args;
  int exit_code = 0;  // of a command that returned OK

 private:
  std::unique_ptr<Client> client_;
};

struct Command {
  std::string_view path;  // "dags trigger"
  std::string_view help;  // one line
  std::vector<Arg> args;
  std::string_view examples;  // lines
  Status (*run)(Context&);
  bool hidden = false;  // gale's own
};

// In the order of the help. Each lives in the file of its group.
std::vector<Command> DagCommands();
std::vector<Command> RunCommands();  // `gale dags ...` that are about runs
std::vector<Command> TaskCommands();
std::vector<Command> ValueCommands();  // `gale tasks ...` that are about values
std::vector<Command> PoolCommands();
std::vector<Command> UserCommands();    // and tokens
std::vector<Command> WorkerCommands();  // and queues
std::vector<Command> LocalCommands();
std::vector<Command> VariableCommands();
std::vector<Command> ConnectionCommands();
std::vector<Command> DbCommands();
std::vector<Command> SecretsCommands();  // the key of variables and connections
std::vector<Command> ServerCommands();
const std::vector<Command>& AllCommands();

struct Group {
  std::string_view name;
  std::string_view help;
};
std::span<const Group> Groups();

}  // namespace gale::cli
