// What running tasks ask of a master (Worker.Ask): XComs, runs and task instances of others; and
// whatever is handed in by type (variables and connections). The messages are Airflow's, of its
// supervisor's schema; sdk/python/gale/local_supervisor.py shows each.
//
// A question counts with the token of its attempt's grant, while that attempt runs. Reads are
// answered by any master, from the ledger. Writes go through the engine of the master that leads,
// and are committed when they are answered; UNAVAILABLE elsewhere. Any question may come twice.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "gale/v1/worker.pb.h"
#include "master/api/control.h"
#include "master/api/json.h"
#include "master/api/task_tokens.h"

namespace gale {

class Secrets;

// One question, read and found to be of an attempt that runs.
struct TaskAsk {
  AttemptId attempt;
  TiRow ti;         // of the attempt
  RunViewPtr run;   // its run
  Json body;        // an object
  std::string raw;  // the same, as it came
  const TaskSpec& task() const { return run->version->dag->task(attempt.task); }
};

// An answer's body, JSON; or what is refused, by Airflow's name for it.
struct TaskReply {
  std::string body;
  std::string error = {};  // "XCOM_NOT_FOUND", ...
  Json detail = nullptr;   // of the error
};
TaskReply Refuse(std::string error, Json detail);
// {"type": "OKResponse", "ok": true}
TaskReply Done(bool ok = true);

// Thread-safe; blocks on the ledger and the engine.
class TaskCalls {
 public:
  // A status that isn't OK: UNAVAILABLE is asked again by the worker; the text of any other is the
  // task's error.
  using Answerer = std::function<Result<TaskReply>(const TaskAsk&)>;

  // All must outlive it.
  TaskCalls(Control& control, Engine& engine, Store& store);

  // Of a type that isn't known here. Before the first Answer.
  void Add(const std::string& type, Answerer answerer) { answerers_[type] = std::move(answerer); }
  // Reads the installation's secret, or makes it.
  Status Prepare() { return tokens_.Prepare(store_); }
  const TaskTokens& tokens() const { return tokens_; }

  // UNAVAILABLE: ask again. UNAUTHENTICATED: the token isn't the attempt's. FAILED_PRECONDITION: the
  // attempt doesn't run (any more).
  Result<v1::TaskAnswer> Answer(const v1::TaskQuestion& question);

 private:
  Result<TaskAsk> Read(const v1::TaskQuestion& question);

  Control& control_;
  Engine& engine_;
  Store& store_;
  TaskTokens tokens_;
  std::map<std::string, Answerer> answerers_;
};

// Whom each file answers, and what it needs.
struct TaskWorld {
  Control& control;
  Engine& engine;
  Reads& reads;
};
void AddXComCalls(TaskCalls& calls, TaskWorld world);  // task_xcoms.cc
void AddRunCalls(TaskCalls& calls, TaskWorld world);   // task_runs.cc
// Of variables and connections; `secrets` must outlive it. task_secrets.cc, for GrpcOptions::more_calls.
void AddSecretsCalls(TaskCalls& calls, Secrets& secrets);

// Reads members of a question. INVALID_ARGUMENT names the member.
class TaskFields {
 public:
  explicit TaskFields(const Json& body) : body_(body) {}

  Result<std::string> Text(const char* name) const;
  // nullopt: it is absent, or null.
  Result<std::optional<std::string>> MaybeText(const char* name) const;
  Result<std::optional<int64_t>> MaybeInt(const char* name) const;
  Result<bool> Flag(const char* name) const;
  Result<std::optional<TimePoint>> MaybeTime(const char* name) const;
  // A text, or a list of texts (null in it: ""); nullopt as above. At most kAskNamesMax.
  Result<std::optional<std::vector<std::string>>> MaybeTexts(const char* name) const;

 private:
  const Json* Find(const char* name) const;
  const Json& body_;
};

}  // namespace gale
