// The client of the Python parse server: starts it, keeps it alive, asks and hears. One thread, and
// nothing here blocks: the caller polls fd() for events(), and answers_fd(), until wake_at() and calls
// Step.
//
// The server is asked for as many files as it reads at once (ParseQueue says which); so neither
// side ever has more than a few frames to hold for the other.
#pragma once

#include <sys/types.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.h"
#include "master/dags/parse_answers.h"
#include "master/dags/parse_queue.h"
#include "master/engine/messages.h"

namespace gale {

struct ParseClientOptions {
  std::string python = "python3";
  std::string sdk;  // put before PYTHONPATH
  std::string dags_folder;
  Duration timeout = std::chrono::seconds(30);  // of one file
  int64_t memory_bytes = int64_t{2} << 30;
  ParseQueue::Places places;
  // A server that has said nothing for so long beyond a file's timeout is ended.
  Duration grace = std::chrono::seconds(10);
  Duration restart_delay = std::chrono::seconds(1);
  // What files ask while they are read. Empty: they are told that nobody answers.
  ParseQuestionAnswerer answerer = {};
};

// What one file said. With an error: what is wrong with it, and those of its DAGs that are good.
struct ParsedFile {
  std::string path;
  std::vector<ParsedDag> dags;
  std::string error;
  Duration took{};  // to read it, as the server tells; 0: it doesn't
};

class ParseClient {
 public:
  using Answer = std::function<void(ParsedFile)>;

  // `on_answer` is called by Step; it may call Ask.
  ParseClient(ParseClientOptions options, Answer on_answer);
  ~ParseClient();

  // Starts the server. FAILED_PRECONDITION: there is no such Python.
  Status Start();
  // Ends the server and all that it started, at the latest after a second.
  void Stop();

  // The file is read when its turn comes; see ParseQueue.
  void Ask(const std::string& path, int64_t mtime_ns, bool changed);
  // The file is gone: no answer is wanted.
  void Forget(const std::string& path);

  int fd() const { return fd_; }  // -1: no server runs
  short events() const;
  int answers_fd() const { return answers_ ? answers_->fd() : -1; }  // to read; -1: none
  std::optional<MonoTime> wake_at() const;
  // Reads what has come, answers, ends a server that hangs, starts one that died again, asks for
  // what is next, and writes as much as goes. Takes in a bounded amount, so that its caller comes
  // back to poll.
  void Step();

 private:
  static constexpr int kFailedStartsMax = 2;
  static constexpr Duration kStartTime = std::chrono::seconds(60);  // more, until it is ready

  void Read();
  void TakeFrames();
  void OnFrame(std::string_view frame);
  void OnQuestion(int64_t id, std::string question);
  void OnDeath(std::string_view why);
  void Ask();
  void Send(const std::vector<std::string_view>& pieces);
  void Flush();
  // Closes the socket; waits for the server's end if it was killed or has ended.
  int Reap(bool kill_it);
  std::optional<MonoTime> deadline() const;

  const ParseClientOptions options_;
  const Answer on_answer_;
  ParseQueue queue_;
  pid_t pid_ = -1;
  int fd_ = -1;
  bool ready_ = false;  // it has said so: its start went well
  int failed_starts_ = 0;
  MonoTime start_at_;  // not before
  MonoTime heard_at_;
  std::string in_, out_;
  int64_t next_id_ = 1;
  std::map<int64_t, std::string> asked_;   // id -> path
  std::unique_ptr<ParseAnswers> answers_;  // null: nobody answers
};

// Turns one answer of the parse server into a file's report. Never fails: what can't be read is its
// error, and hides nothing else.
ParsedFile ReadAnswer(const std::string& path, std::string_view frame);

}  // namespace gale
