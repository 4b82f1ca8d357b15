#include "master/dags/parse_client.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <thread>

#include "common/base/limits.h"
#include "common/base/log.h"
#include "common/rpc/convert.h"

extern char** environ;

namespace gale {
namespace {

using nlohmann::json;

constexpr size_t kReadBytes = 64 << 10;

std::vector<std::string> ServerEnvironment(const std::string& sdk) {
  std::vector<std::string> env;
  std::string path = sdk;
  for (char** e = environ; *e != nullptr; ++e) {
    if (std::strncmp(*e, "PYTHONPATH=", 11) == 0) {
      if ((*e)[11] != '\0') path += ":" + std::string(*e + 11);
    } else {
      env.emplace_back(*e);
    }
  }
  env.push_back("PYTHONPATH=" + path);
  return env;
}

std::vector<char*> Pointers(std::vector<std::string>& strings) {
  std::vector<char*> out;
  for (std::string& s : strings) out.push_back(s.data());
  out.push_back(nullptr);
  return out;
}

}  // namespace

ParsedFile ReadAnswer(const std::string& text) {
  ParsedFile file;
  json answer = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!answer.is_object() || !answer.contains("path") || !answer["path"].is_string()) {
    file.error = "the parse server answered with something else than JSON";
    return file;
  }
  file.path = answer["path"];
  if (answer.contains("error") && answer["error"].is_string()) file.error = answer["error"];
  if (!file.error.empty() || !answer.contains("dags")) return file;
  for (const json& dag : answer["dags"]) {
    auto spec = DagSpecFromJson(dag.dump(-1, ' ', false, json::error_handler_t::replace));
    if (!spec.ok()) {
      file.error += fmt::format("{}\n", spec.status().message());
      continue;
    }
    spec->fileloc = file.path;
    ParsedDag parsed{*spec, SpecHash(*spec), SerializeSpec(*spec)};
    if (parsed.bytes.size() > limits::kSpecBytesMax) {
      file.error += fmt::format("DAG '{}' takes {} bytes, at most {} are taken\n", spec->dag_id,
                                parsed.bytes.size(), limits::kSpecBytesMax);
      continue;
    }
    file.dags.push_back(std::move(parsed));
  }
  return file;
}

ParseClient::ParseClient(ParseClientOptions options, Answer on_answer)
    : options_(std::move(options)), on_answer_(std::move(on_answer)) {}

ParseClient::~ParseClient() { Stop(); }

Status ParseClient::Start() {
  int in[2], out[2];
  if (pipe2(in, O_CLOEXEC) != 0) return Internal("pipe: {}", std::strerror(errno));
  if (pipe2(out, O_CLOEXEC) != 0) {
    close(in[0]), close(in[1]);
    return Internal("pipe: {}", std::strerror(errno));
  }
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
  posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  // A group of its own: Ctrl-C is the master's to answer, it then ends the server.
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  std::vector<std::string> args = {options_.python, "-m", "gale.parse_server", "--jobs",
                                   std::to_string(options_.jobs)};
  std::vector<std::string> env = ServerEnvironment(options_.sdk);
  const int error = posix_spawnp(&pid_, args[0].c_str(), &actions, &attributes,
                                 Pointers(args).data(), Pointers(env).data());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  close(in[0]);
  close(out[1]);
  if (error != 0) {
    pid_ = -1;
    close(in[1]), close(out[0]);
    return FailedPrecondition(
        "Python can't be started as '{}': {}; set GALE_PYTHON to a Python 3.11 "
        "that has Jinja2",
        options_.python, std::strerror(error));
  }
  in_fd_ = in[1];
  out_fd_ = out[0];
  fcntl(out_fd_, F_SETFL, O_NONBLOCK);
  return OkStatus();
}

void ParseClient::Reap(bool force) {
  if (in_fd_ >= 0) close(in_fd_);
  if (out_fd_ >= 0) close(out_fd_);
  in_fd_ = out_fd_ = -1;
  buffer_.clear();
  if (pid_ < 0) return;
  if (force) kill(-pid_, SIGKILL);
  while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
}

void ParseClient::Stop() {
  if (pid_ < 0) return;
  close(in_fd_);  // it ends when its stdin does, and takes its children with it
  in_fd_ = -1;
  const MonoTime deadline = Clock::Real().Mono() + std::chrono::seconds(1);
  while (waitpid(pid_, nullptr, WNOHANG) == 0) {
    if (Clock::Real().Mono() > deadline) return Reap(/*force=*/true);
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  pid_ = -1;
  Reap(false);
}

void ParseClient::Ask(const std::string& path) {
  if (pid_ < 0) {
    if (Status status = Start(); !status.ok()) {
      on_answer_({path, {}, std::string(status.message())});
      return;
    }
  }
  Send(path);
}

void ParseClient::Send(const std::string& path) {
  const int64_t id = next_id_++;
  asked_[id] = path;
  json request = {{"id", id},
                  {"path", path},
                  {"dags_folder", options_.dags_folder},
                  {"timeout_seconds", Seconds(options_.timeout)},
                  {"memory_bytes", options_.memory_bytes}};
  std::string line = request.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
  // The server reads requests whenever it has nothing else to do: this blocks for moments at most.
  for (std::string_view rest = line; !rest.empty();) {
    const ssize_t n = write(in_fd_, rest.data(), rest.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return;  // it died: OnReadable sees that, and asks again
    rest.remove_prefix(static_cast<size_t>(n));
  }
}

void ParseClient::OnReadable() {
  char chunk[kReadBytes];
  for (;;) {
    const ssize_t n = read(out_fd_, chunk, sizeof chunk);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return;
    if (n == 0) return OnDeath();
    buffer_.append(chunk, static_cast<size_t>(n));
    size_t start = 0;
    for (size_t end; (end = buffer_.find('\n', start)) != std::string::npos; start = end + 1) {
      OnLine(buffer_.substr(start, end - start));
    }
    buffer_.erase(0, start);
  }
}

void ParseClient::OnLine(const std::string& line) {
  json head = json::parse(line, nullptr, false);
  if (!head.is_object() || !head.contains("id") || !head["id"].is_number_integer()) {
    GALE_ERROR("parse server: unexpected answer: {}", line.substr(0, 200));
    return;
  }
  auto it = asked_.find(head["id"].get<int64_t>());
  if (it == asked_.end()) return;
  const std::string path = it->second;
  asked_.erase(it);
  deaths_.erase(path);
  ParsedFile file = ReadAnswer(line);
  file.path = path;
  on_answer_(std::move(file));
}

void ParseClient::OnDeath() {
  Reap(/*force=*/true);
  std::map<int64_t, std::string> asked = std::exchange(asked_, {});
  GALE_WARN("the parse server ended; it is started again ({} files asked)", asked.size());
  for (const auto& [id, path] : asked) {
    if (++deaths_[path] < kDeathsMax) {
      Ask(path);
    } else {
      deaths_.erase(path);
      on_answer_({path,
                  {},
                  fmt::format("{}: the parse server died while it read this file (Python: "
                              "'{}')",
                              path, options_.python)});
    }
  }
}

}  // namespace gale
