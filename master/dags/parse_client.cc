#include "master/dags/parse_client.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>
#include <thread>

#include "common/base/limits.h"
#include "common/base/log.h"
#include "common/rpc/convert.h"
#include "master/dags/frames.h"

extern char** environ;

namespace gale {
namespace {

using nlohmann::json;

constexpr size_t kReadBytes = 256 << 10;
constexpr size_t kReadBytesPerStep = 8 << 20;
// parse_server.py: REPLY_BYTES_MAX, and its errors.
constexpr size_t kAnswerBytesMax = limits::kSpecBytesMax + (4 << 20);

std::vector<std::string> ServerEnvironment(const std::string& sdk) {
  std::vector<std::string> env;
  std::string path = sdk;
  // A set of texts is gone through in the same order by every server: else a file that makes tasks
  // of one would make another version at each start.
  if (std::getenv("PYTHONHASHSEED") == nullptr) env.emplace_back("PYTHONHASHSEED=0");
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

// The server on one end of a socket, as its stdin and stdout. An errno, or 0.
int Spawn(std::vector<std::string> args, std::vector<std::string> env, int socket, pid_t* pid) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, socket, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, socket, STDOUT_FILENO);
  posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  // A group of its own: Ctrl-C is the master's to answer, it then ends the server.
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  const int error = posix_spawnp(pid, args[0].c_str(), &actions, &attributes, Pointers(args).data(),
                                 Pointers(env).data());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  return error;
}

void AddError(ParsedFile& file, std::string_view error) {
  if (error.empty()) return;
  if (!file.error.empty()) file.error += "\n";
  file.error += error;
}

std::string Text(const json& object, const char* name) {
  auto it = object.is_object() ? object.find(name) : object.end();
  return object.is_object() && it != object.end() && it->is_string() ? it->get<std::string>() : "";
}

void AddDag(ParsedFile& file, std::string_view text) {
  auto spec = DagSpecFromJson(text);
  if (!spec.ok()) return AddError(file, spec.status().message());
  spec->fileloc = file.path;
  ParsedDag parsed{*std::move(spec), "", ""};
  parsed.bytes = SerializeSpec(parsed.spec);
  if (parsed.bytes.size() > limits::kSpecBytesMax) {
    return AddError(file,
                    fmt::format("DAG '{}' takes {} bytes, at most {} are taken (kSpecBytesMax)",
                                parsed.spec.dag_id, parsed.bytes.size(), limits::kSpecBytesMax));
  }
  parsed.hash = SpecHash(parsed.spec);
  file.dags.push_back(std::move(parsed));
}

constexpr double kSecondsMax = 86'400;  // what a file can be said to have taken

}  // namespace

// Pieces: the server's {"id", "error", "seconds"}; if it has no error, the reply of the process
// that read the file: {"error", "warnings"} and a DagSpec each.
ParsedFile ReadAnswer(const std::string& path, std::string_view frame) {
  ParsedFile file{path, {}, ""};
  const auto pieces = Pieces(frame);
  if (!pieces || pieces->empty()) {
    file.error = fmt::format("{}: the parse server's answer is damaged", path);
    return file;
  }
  for (size_t i = 0; i < pieces->size() && i < 2; ++i) {
    const json head = json::parse((*pieces)[i], nullptr, /*allow_exceptions=*/false);
    if (!head.is_object()) AddError(file, path + ": the parse server's answer is damaged");
    AddError(file, Text(head, "error"));
    if (i == 0 && head.contains("seconds") && head["seconds"].is_number()) {
      file.took = FromSeconds(std::clamp(head["seconds"].get<double>(), 0.0, kSecondsMax));
    }
  }
  for (size_t i = 2; i < pieces->size(); ++i) AddDag(file, (*pieces)[i]);
  return file;
}

ParseClient::ParseClient(ParseClientOptions options, Answer on_answer)
    : options_(std::move(options)), on_answer_(std::move(on_answer)), queue_(options_.places) {
  if (options_.answerer) answers_ = std::make_unique<ParseAnswers>(options_.answerer);
}

ParseClient::~ParseClient() { Stop(); }

Status ParseClient::Start() {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    return Internal("socketpair: {}", std::strerror(errno));
  const int error = Spawn({options_.python, "-m", "gale.parse_server", "--jobs",
                           std::to_string(options_.places.quick + options_.places.slow),
                           "--dags-folder", options_.dags_folder},
                          ServerEnvironment(options_.sdk), ends[1], &pid_);
  close(ends[1]);
  if (error != 0) {
    pid_ = -1;
    close(ends[0]);
    return FailedPrecondition(
        "Python can't be started as '{}': {}; set GALE_PYTHON to a Python 3.11 "
        "that has Jinja2",
        options_.python, std::strerror(error));
  }
  fd_ = ends[0];
  fcntl(fd_, F_SETFL, O_NONBLOCK);
  ready_ = false;
  heard_at_ = Clock::Real().Mono();
  return OkStatus();
}

int ParseClient::Reap(bool kill_it) {
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
  in_.clear();
  out_.clear();
  int status = 0;
  if (pid_ < 0) return status;
  if (kill_it) kill(-pid_, SIGKILL);
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  return status;
}

void ParseClient::Stop() {
  if (pid_ < 0) return;
  close(fd_);  // it ends when its stdin does, and takes its children with it
  fd_ = -1;
  const MonoTime deadline = Clock::Real().Mono() + std::chrono::seconds(1);
  while (waitpid(pid_, nullptr, WNOHANG) == 0) {
    if (Clock::Real().Mono() > deadline) {
      Reap(/*kill_it=*/true);
      return;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  pid_ = -1;
  Reap(/*kill_it=*/false);
}

void ParseClient::Ask(const std::string& path, int64_t mtime_ns, bool changed) {
  queue_.Add(path, mtime_ns, changed);
}

void ParseClient::Forget(const std::string& path) {
  queue_.Forget(path);
  queue_.Remove(path);
  std::erase_if(asked_, [&](const auto& entry) {
    if (entry.second != path) return false;
    Send({json{{"end", entry.first}}.dump()});
    return true;
  });
}

short ParseClient::events() const {
  return static_cast<short>(POLLIN | (out_.empty() ? 0 : POLLOUT));
}

// When a server that goes on being silent has to end: none of the files it reads may take longer.
std::optional<MonoTime> ParseClient::deadline() const {
  if (fd_ < 0 || asked_.empty()) return std::nullopt;
  return heard_at_ + (ready_ ? Duration::zero() : kStartTime) + options_.timeout + options_.grace;
}

std::optional<MonoTime> ParseClient::wake_at() const {
  std::optional<MonoTime> at = deadline();
  if (fd_ < 0 && queue_.waits()) at = start_at_;
  if (const auto next = queue_.wake_at(); fd_ >= 0 && next)
    at = std::min(at.value_or(*next), *next);
  return at;
}

void ParseClient::Step() {
  if (fd_ >= 0) Read();
  if (const auto at = deadline(); at && *at <= Clock::Real().Mono()) {
    OnDeath(fmt::format("said nothing for {:.0f} s", Seconds(options_.timeout + options_.grace)));
  }
  if (answers_) {
    // Of a file that is no more read, or another server's, the server knows nothing; it skips it.
    for (const ParseAnswers::Answered& each : answers_->Take()) {
      if (!asked_.contains(each.file)) continue;
      Send({json{{"answer", each.file}}.dump(), each.answer});
    }
  }
  Ask();
  Flush();
}

void ParseClient::OnQuestion(int64_t id, std::string question) {
  if (!asked_.contains(id)) return;
  if (answers_) return answers_->Ask(id, std::move(question));
  Send({json{{"answer", id}}.dump(),
        R"({"error": "GENERIC_ERROR", "detail": "nobody here knows variables and connections"})"});
}

void ParseClient::Read() {
  std::string chunk(kReadBytes, '\0');
  std::string end;  // why nothing more comes
  for (size_t taken = 0; taken < kReadBytesPerStep && end.empty();) {
    const ssize_t n = recv(fd_, chunk.data(), chunk.size(), 0);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) break;
    if (n < 0) end = fmt::format("can't be read from: {}", strerror(errno));
    if (n == 0) end = "ended";
    if (n <= 0) break;
    heard_at_ = Clock::Real().Mono();
    taken += static_cast<size_t>(n);
    in_.append(chunk, 0, static_cast<size_t>(n));
  }
  TakeFrames();  // what it answered before it ended counts
  if (!end.empty() && fd_ >= 0) OnDeath(end);
}

void ParseClient::TakeFrames() {
  size_t at = 0;
  while (in_.size() - at >= kFrameHeadBytes) {
    const size_t bytes = FrameBytes(std::string_view(in_).substr(at));
    if (bytes > kAnswerBytesMax) return OnDeath("sent something that is no answer");
    if (in_.size() - at - kFrameHeadBytes < bytes) break;
    OnFrame(std::string_view(in_).substr(at + kFrameHeadBytes, bytes));
    at += kFrameHeadBytes + bytes;
  }
  in_.erase(0, at);
}

void ParseClient::OnFrame(std::string_view frame) {
  const auto pieces = Pieces(frame);
  const json head =
      pieces && !pieces->empty() ? json::parse(pieces->front(), nullptr, false) : json();
  if (head.is_object() && head.contains("ready")) {
    ready_ = true;
    failed_starts_ = 0;
    return;
  }
  if (head.is_object() && head.contains("ask") && head["ask"].is_number_integer() &&
      pieces->size() == 2) {
    return OnQuestion(head["ask"].get<int64_t>(), std::string((*pieces)[1]));
  }
  if (!head.is_object() || !head.contains("id") || !head["id"].is_number_integer()) {
    GALE_ERROR("parse server: unexpected answer of {} bytes: {}", frame.size(),
               head.dump(-1, ' ', true, json::error_handler_t::replace).substr(0, 200));
    return;
  }
  auto it = asked_.find(head["id"].get<int64_t>());
  if (it == asked_.end()) return;  // it was ended, and done at the same moment
  const std::string path = it->second;
  asked_.erase(it);
  queue_.Done(path, Clock::Real().Mono());
  Ask();  // before the answer is looked at: the server has something to do meanwhile
  Flush();
  on_answer_(ReadAnswer(path, frame));
}

void ParseClient::OnDeath(std::string_view why) {
  const bool was_ready = ready_;
  Reap(/*kill_it=*/true);
  GALE_WARN("the parse server {}; it is started again ({} files asked)", why, asked_.size());
  asked_.clear();
  start_at_ = Clock::Real().Mono();
  std::vector<std::string> failed;
  std::string reason = "the parse server died while it read this file";
  if (was_ready) {
    failed = queue_.Died();
  } else {
    start_at_ += options_.restart_delay;
    for (const std::string& path : queue_.Died()) queue_.Add(path, 0, true);
    if (++failed_starts_ >= kFailedStartsMax) {
      failed = queue_.TakeWaiting();
      reason = "the parse server can't start, the master's log says why";
    }
  }
  for (const std::string& path : failed) {
    on_answer_({path, {}, fmt::format("{}: {} (Python: '{}')", path, reason, options_.python)});
  }
}

// Asks for what is next.
void ParseClient::Ask() {
  const MonoTime now = Clock::Real().Mono();
  if (fd_ < 0) {
    if (!queue_.waits() || now < start_at_) return;
    if (Status status = Start(); !status.ok()) {
      GALE_ERROR("{}", status.message());
      start_at_ = now + options_.restart_delay;
      for (const std::string& path : queue_.TakeWaiting())
        on_answer_({path, {}, std::string(status.message())});
      return;
    }
  }
  for (const ParseQueue::Step& step : queue_.Steps(now)) {
    using What = ParseQueue::Step::What;
    if (step.what == What::kStart || step.what == What::kStartAside) {
      if (asked_.empty()) heard_at_ = now;
      asked_[next_id_] = step.path;
      const json head = {{"id", next_id_++},
                         {"aside", step.what == What::kStartAside},
                         {"timeout_seconds", Seconds(options_.timeout)},
                         {"memory_bytes", options_.memory_bytes}};
      Send({head.dump(), step.path});
      continue;
    }
    auto asked =
        std::ranges::find(asked_, step.path, &std::pair<const int64_t, std::string>::second);
    if (asked == asked_.end()) continue;
    Send({json{{step.what == What::kEnd ? "end" : "aside", asked->first}}.dump()});
    if (step.what == What::kEnd) asked_.erase(asked);
  }
}

void ParseClient::Send(const std::vector<std::string_view>& pieces) {
  if (fd_ >= 0) out_ += Frame(pieces);
}

void ParseClient::Flush() {
  while (fd_ >= 0 && !out_.empty()) {
    const ssize_t n = send(fd_, out_.data(), out_.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return;  // full; or it died, which Read sees
    out_.erase(0, static_cast<size_t>(n));
  }
}

}  // namespace gale
