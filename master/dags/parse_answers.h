// Answers what DAG files ask while they are read (variables, connections): a thread of its own, because an
// answer may wait for the database, and the DAG processor's thread waits for nothing.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "common/base/clock.h"

namespace gale {

// The answer's JSON to a question's. Blocks; doesn't throw.
using ParseQuestionAnswerer = std::function<std::string(const std::string& question)>;

class ParseAnswers {
 public:
  // Waiting questions: one a file that is being read, so this is never reached by honest servers.
  static constexpr size_t kWaitingMax = 1024;
  // Then nobody waits for the answer any more: parse_line.py, ANSWER_SECONDS.
  static constexpr Duration kStale = std::chrono::seconds(10);

  struct Answered {
    int64_t file = 0;  // the id that asked
    std::string answer;
  };

  explicit ParseAnswers(ParseQuestionAnswerer answerer);
  ~ParseAnswers();

  // What can't be taken in is dropped: who asked gives up by itself.
  void Ask(int64_t file, std::string question);
  // Readable once there is something to take.
  int fd() const { return fd_; }
  std::vector<Answered> Take();

 private:
  struct Question {
    int64_t file = 0;
    std::string text;
    MonoTime at;
  };
  void Main();

  const ParseQuestionAnswerer answerer_;
  const int fd_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Question> waiting_;  // behind mutex_, as all below
  std::vector<Answered> answered_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace gale
