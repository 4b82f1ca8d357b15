// The client of the Python parse server: starts it, keeps it alive, asks and hears. One thread; the
// caller polls fd() and calls OnReadable.
#pragma once

#include <sys/types.h>

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "master/engine/messages.h"

namespace gale {

struct ParseClientOptions {
  std::string python = "python3";
  std::string sdk;  // put before PYTHONPATH
  std::string dags_folder;
  Duration timeout = std::chrono::seconds(30);  // of one file
  int64_t memory_bytes = int64_t{2} << 30;
  int jobs = 2;
};

// What one file said, or why it couldn't be read.
struct ParsedFile {
  std::string path;
  std::vector<ParsedDag> dags;
  std::string error;
};

class ParseClient {
 public:
  using Answer = std::function<void(ParsedFile)>;

  ParseClient(ParseClientOptions options, Answer on_answer);
  ~ParseClient();

  // Starts the server. Also called to start it again.
  Status Start();
  // Ends the server and all that it started, at the latest after a second.
  void Stop();

  // Asks for `path`; the answer comes from OnReadable. A server that died is started again.
  void Ask(const std::string& path);
  // -1: no server runs.
  int fd() const { return out_fd_; }
  void OnReadable();

 private:
  // A file that killed the server so often is answered with that.
  static constexpr int kDeathsMax = 2;

  void Send(const std::string& path);
  void OnLine(const std::string& line);
  void OnDeath();
  void Reap(bool force);

  const ParseClientOptions options_;
  const Answer on_answer_;
  pid_t pid_ = -1;
  int in_fd_ = -1;   // the server's stdin
  int out_fd_ = -1;  // the server's stdout
  std::string buffer_;
  int64_t next_id_ = 1;
  std::map<int64_t, std::string> asked_;
  std::map<std::string, int> deaths_;
};

// Turns one answer of the parse server into a file's report. Never fails: what can't be read is its
// error.
ParsedFile ReadAnswer(const std::string& json);

}  // namespace gale
