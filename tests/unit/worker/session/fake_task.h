// What `python -m gale.task_runner` is to a worker, without Python: the tests' program is it when it
// is started with `-m`. It asks one question of a master, gives its answer as its result, and tells its end; a
// line that breaks is made again, as the SDK does.
#pragma once

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>

#include "worker/tasks/frames.h"

namespace gale::worker {

class FakeTask {
 public:
  // $RAN_FOLDER/ran-<attempt> gets a line for each process.
  static int Run() {
    const std::string key = Env("GALE_TASK_KEY");
    std::ofstream(Env("RAN_FOLDER") + "/ran-" + key, std::ios::app) << "ran\n";
    (void)!::write(1, "out\n", 4);
    FakeTask task;
    const std::string answer = task.Ask(R"({"type":"GetVariable","key":"k"})");
    if (answer.find("\"error\"") != std::string::npos) return 3;
    (void)task.Ask(
        R"({"type":"SetXCom","key":"return_value","value":7,"dag_id":"","run_id":"","task_id":""})");
    (void)task.Ask(R"({"type":"SucceedTask","state":"success"})");
    return 0;
  }

 private:
  static std::string Env(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
  }
  std::string Ask(const std::string& body) {
    for (;;) {
      if (fd_ < 0) Connect();
      if (fd_ >= 0) {
        if (auto answer = Exchange(fmt::format("[{},{}]", ++last_, body))) return *answer;
        ::close(std::exchange(fd_, -1));
      }
      ::poll(nullptr, 0, 5);
    }
  }
  void Connect() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, Env("GALE_TASK_SOCKET").c_str(), sizeof address.sun_path - 1);
    fd_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    reader_ = FrameReader();
    const bool connected =
        ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    const std::string hello = fmt::format(R"([0,{{"type":"Hello","attempt":"{}","secret":"{}"}}])",
                                          Env("GALE_TASK_KEY"), Env("GALE_TASK_SECRET"));
    if (!connected || !Exchange(hello)) ::close(std::exchange(fd_, -1));
  }
  std::optional<std::string> Exchange(const std::string& frame) {
    const std::string bytes = Frame(frame);
    if (::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) < 0) return std::nullopt;
    for (;;) {
      if (auto answer = reader_.Next()) return answer;
      char buffer[4096];
      const ssize_t n = ::read(fd_, buffer, sizeof buffer);
      if (n <= 0) return std::nullopt;
      reader_.Add({buffer, static_cast<size_t>(n)});
    }
  }

  int fd_ = -1;
  int last_ = 0;
  FrameReader reader_;
};

}  // namespace gale::worker
