// Where the Python tasks of this host find their worker: <home>/tasks.sock, a listening stream
// socket (0600, in a folder of 0700). A task that loses its line, because the worker was stopped or
// upgraded, connects again, says Hello again, and asks again what was not answered: nothing is kept
// here that a task's life hangs on.
//
// What a task asks is answered here (TaskDesk) or by a master (TaskAsker). One thread of its own does
// the reading and writing; nothing of it ever waits on the worker's thread, nor that on it.
//
// Threads: every method from any.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "worker/tasks/task_asker.h"
#include "worker/tasks/task_desk.h"

namespace gale::worker {

class TaskSocket : public Service {
 public:
  static constexpr Duration kHelloTimeout = std::chrono::seconds(10);
  static constexpr size_t kLinesPerTaskMax = 64;   // a task may fork
  static constexpr size_t kOutBytesMax = 1 << 20;  // unread answers: then nothing more is read
  static constexpr size_t kReadBytes = 256 << 10;
  static constexpr size_t kSmallBytes = 64 << 10;  // frames that may always come in

  TaskSocket(const std::string& home, AttemptFiles files, std::string join_token,
             std::string worker);
  ~TaskSocket() override { Stop(MonoTime()); }

  std::string_view name() const override { return "task socket"; }
  Status Start() override;
  // At once: every line is cut.
  void Stop(MonoTime deadline) override;

  const std::string& path() const { return path_; }
  // Whom to ask; null: nobody, until told.
  void SetChannel(std::shared_ptr<grpc::Channel> channel) { asker_.SetChannel(std::move(channel)); }

 private:
  struct Line {
    int fd = -1;
    MonoTime since;
    std::optional<TaskDesk::Welcomed> who;  // null: its Hello is to come
    FrameReader in;
    std::string out;
    std::map<uint64_t, size_t> asked;  // at a master: the question's id, and what it holds reserved
    size_t reserved = 0;               // for the frame that comes in
    uint32_t events = 0;               // what epoll looks for
    bool closing = false;              // once `out` is written
  };
  struct Answered {
    uint64_t line, question;
    TaskDesk::Answer answer;
  };
  using Lines = std::map<uint64_t, Line>;

  Status Listen();
  void Run();
  void Accept();
  void OnLine(uint64_t number, uint32_t events);
  // False: the line is to be cut.
  bool Read(Line& line);
  bool TakeFrames(uint64_t number, Line& line);
  bool TakeFrame(uint64_t number, Line& line, const std::string& frame, size_t reserved);
  bool TakeHello(Line& line, const Question& hello);
  bool Write(Line& line);
  // Whether the frame that comes next may come in now.
  bool Reserve(Line& line);
  void TakeAnswers();
  void CutTheSilent();
  void FeedTheStarved();
  void Watch(uint64_t number, Line& line);
  void Cut(uint64_t number);

  const std::string path_, worker_;
  TaskDesk desk_;
  TaskAsker asker_;

  // Of the thread alone.
  Lines lines_;
  std::map<AttemptId, size_t> lines_of_;
  uint64_t lines_made_ = 0;
  size_t reserved_ = 0;  // of kTaskFramesBytesMax
  int epoll_fd_ = -1, listen_fd_ = -1, wake_fd_ = -1;
  std::vector<char> buffer_ = std::vector<char>(kReadBytes);
  MonoTime looked_at_;    // for silent lines
  bool starved_ = false;  // somebody waits for room
  bool deaf_ = false;     // no descriptors for another line, for a moment

  std::mutex mutex_;
  std::vector<Answered> answered_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace gale::worker
