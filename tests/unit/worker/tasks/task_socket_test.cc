// The task socket, with a master that answers over gRPC, and tasks that are sockets of the test.
#include "worker/tasks/task_socket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <condition_variable>
#include <filesystem>
#include <set>

#include "common/base/limits.h"
#include "common/rpc/convert.h"
#include "worker/runner/said.h"

namespace gale::worker {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

// Answers each question with itself, or as `next` says.
class Master : public v1::Worker::Service {
 public:
  grpc::Status Ask(grpc::ServerContext* context, const v1::TaskQuestion* question,
                   v1::TaskAnswer* answer) override {
    std::unique_lock lock(mutex_);
    asked.push_back(*question);
    const auto found = context->client_metadata().find("authorization");
    if (found != context->client_metadata().end()) {
      authorization.assign(found->second.data(), found->second.size());
    }
    changed_.notify_all();
    changed_.wait(lock, [&] { return !held; });
    if (!refusals.empty()) {
      const grpc::Status refusal = refusals.front();
      refusals.erase(refusals.begin());
      return refusal;
    }
    *answer = next;
    if (answer->body_json().empty() && answer->error().empty()) {
      answer->set_body_json(question->body_json());
    }
    return grpc::Status::OK;
  }
  void AwaitAsked(size_t n) {
    std::unique_lock lock(mutex_);
    ASSERT_TRUE(changed_.wait_for(lock, 10s, [&] { return asked.size() >= n; }));
  }
  void Hold(bool on) {
    std::lock_guard lock(mutex_);
    held = on;
    changed_.notify_all();
  }

  std::vector<v1::TaskQuestion> asked;
  std::vector<grpc::Status> refusals;
  v1::TaskAnswer next;
  std::string authorization;
  bool held = false;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
};

// A task's end of its line.
class Task {
 public:
  explicit Task(const std::string& path) : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::copy(path.begin(), path.end(), address.sun_path);
    EXPECT_EQ(::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  Task(Task&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), reader_(std::move(other.reader_)) {}
  ~Task() {
    if (fd_ >= 0) ::close(fd_);
  }
  void Send(const std::string& body) { SendBytes(Frame(body)); }
  void SendBytes(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return;
      bytes.remove_prefix(static_cast<size_t>(n));
    }
  }
  // "cut" at the line's end.
  std::string Read() {
    for (;;) {
      if (auto frame = reader_.Next()) return *frame;
      char buffer[65536];
      pollfd ready{.fd = fd_, .events = POLLIN};
      if (::poll(&ready, 1, 10'000) <= 0) return "nothing came";
      const ssize_t n = ::read(fd_, buffer, sizeof buffer);
      if (n <= 0) return "cut";
      reader_.Add({buffer, static_cast<size_t>(n)});
    }
  }
  std::string Ask(const std::string& body) { return Send(body), Read(); }
  bool Silent() {
    pollfd ready{.fd = fd_, .events = POLLIN};
    return ::poll(&ready, 1, 50) == 0;
  }

 private:
  int fd_;
  FrameReader reader_;
};

class TaskSocketTest : public ::testing::Test {
 protected:
  TaskSocketTest() : home(MakeHome()), files(home), socket(home, files, "join", "w1") {
    EXPECT_TRUE(files.Create().ok());
    EXPECT_TRUE(socket.Start().ok());
    StoredGrant stored;
    *stored.grant.mutable_attempt() = ToProto(id);
    stored.grant.set_task_token("token");
    stored.grant.mutable_python();
    stored.grant.mutable_context()->set_dag_id("d");
    stored.grant.mutable_context()->set_run_id("r");
    stored.grant.mutable_context()->set_task_id("t");
    stored.secret = "0123";
    EXPECT_TRUE(files.WriteGrant(id, stored).ok());
    EXPECT_TRUE(files.WriteTask(id, R"({"type":"StartupDetails"})").ok());
    EXPECT_TRUE(files.CreateSaid(id).ok());
  }
  ~TaskSocketTest() override {
    master.Hold(false);
    socket.Stop(MonoTime());
    if (server) server->Shutdown(std::chrono::system_clock::now());
    std::filesystem::remove_all(home);
  }
  static std::string MakeHome() {
    std::string made = testing::TempDir() + "gale-tasks-XXXXXX";
    EXPECT_NE(::mkdtemp(made.data()), nullptr);
    return made;
  }
  void ConnectMaster() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("unix:" + home + "/m", grpc::InsecureServerCredentials());
    builder.RegisterService(&master);
    builder.SetMaxReceiveMessageSize(limits::kGrpcMessageBytesMax);
    server = builder.BuildAndStart();
    grpc::ChannelArguments arguments;  // as the session's
    arguments.SetMaxReceiveMessageSize(limits::kGrpcMessageBytesMax);
    socket.SetChannel(grpc::CreateCustomChannel("unix:" + home + "/m",
                                                grpc::InsecureChannelCredentials(), arguments));
  }
  std::string Hello(const std::string& secret = "0123") {
    return fmt::format(R"([0,{{"type":"Hello","attempt":"{}","secret":"{}"}}])", id.ToString(),
                       secret);
  }
  Task Welcomed() {
    Task task(socket.path());
    EXPECT_EQ(task.Ask(Hello()), R"([0,{"type":"StartupDetails"},null])");
    return task;
  }

  const std::string home;
  const AttemptId id{RunId(12), TaskIndex(3), kUnmapped, 2};
  AttemptFiles files;
  TaskSocket socket;
  Master master;
  std::unique_ptr<grpc::Server> server;
};

const std::string kFine = R"({"type":"OKResponse","ok":true},null])";

TEST_F(TaskSocketTest, WhatBelongsToTheEndIsAnsweredOnceItIsKept) {
  Task task = Welcomed();
  EXPECT_EQ(task.Ask(R"([1,{"type":"SetRenderedFields","rendered_fields":{}}])"), "[1," + kFine);
  EXPECT_EQ(task.Ask(R"([2,{"type":"MaskSecret","value":"hush"}])"), "[2," + kFine);
  EXPECT_EQ(task.Ask(R"([3,{"type":"SetXCom","key":"return_value","value":7,"dag_id":"d",)"
                     R"("run_id":"r","task_id":"t","map_index":-1}])"),
            "[3," + kFine);
  EXPECT_EQ(task.Ask(R"([5,{"type":"GetXCom","key":"return_value","dag_id":"d","run_id":"r",)"
                     R"("task_id":"t","map_index":null}])"),
            R"([5,{"type":"XComResult","key":"return_value","value":7},null])")
      << "its callbacks read it";
  EXPECT_EQ(task.Ask(R"([4,{"type":"SucceedTask","state":"success"}])"), "[4," + kFine);
  const auto said = files.ReadSaid(id);
  ASSERT_TRUE(said.ok());
  ASSERT_EQ(said->size(), 3u) << "no secret is kept";
  v1::Finished out;
  EXPECT_TRUE(TakeSaid(*said, &out));
  EXPECT_EQ(out.outcome(), v1::Finished::SUCCESS);
  EXPECT_EQ(out.xcoms(0).value_json(), "7");
}

TEST_F(TaskSocketTest, WhoHasNoSecretIsRefusedAndSoIsWhoSaysNoHello) {
  Task liar(socket.path());
  EXPECT_THAT(liar.Ask(Hello("0124")), HasSubstr("has another secret"));
  EXPECT_EQ(liar.Read(), "cut");
  Task stranger(socket.path());
  EXPECT_THAT(stranger.Ask(R"([0,{"type":"Hello","attempt":"1.2.-1.3","secret":"0123"}])"),
              HasSubstr("\"error\":\"REFUSED\""));
  Task rude(socket.path());
  EXPECT_THAT(rude.Ask(R"([1,{"type":"GetVariable"}])"), HasSubstr("first word is Hello"));
  Task noise(socket.path());
  EXPECT_EQ(noise.Ask("what"), "cut");
}

TEST_F(TaskSocketTest, AllElseIsAMastersToAnswerWordForWord) {
  ConnectMaster();
  Task task = Welcomed();
  const std::string own = R"({"type":"SetXCom","key":"k","value":12345678901234567890123})";
  EXPECT_EQ(task.Ask("[7," + own + "]"), "[7," + own + ",null]");
  ASSERT_EQ(master.asked.size(), 1u);
  EXPECT_EQ(master.asked[0].token(), "token");
  EXPECT_EQ(master.asked[0].worker(), "w1");
  EXPECT_EQ(FromProto(master.asked[0].attempt()), id);
  EXPECT_EQ(master.authorization, "Bearer join");
  master.next.set_error("XCOM_NOT_FOUND");
  master.next.set_detail_json(R"({"key":"k"})");
  EXPECT_EQ(task.Ask(R"([8,{"type":"GetXCom"}])"),
            R"([8,null,{"error":"XCOM_NOT_FOUND","detail":{"key":"k"}}])");
  // Another task's return_value, and one too large to go with the end.
  const std::string other = R"([9,{"type":"SetXCom","key":"return_value","task_id":"u"}])";
  EXPECT_THAT(task.Ask(other), HasSubstr("XCOM_NOT_FOUND"));
  EXPECT_TRUE(files.ReadSaid(id)->empty());
}

TEST_F(TaskSocketTest, AQuestionWaitsForAMasterAndAnotherTaskForNobody) {
  Task task = Welcomed();
  task.Send(R"([1,{"type":"GetVariable","key":"k"}])");
  Task other = Welcomed();
  EXPECT_EQ(other.Ask(R"([1,{"type":"SucceedTask"}])"), "[1," + kFine);
  EXPECT_TRUE(task.Silent());
  for (const auto code :
       {grpc::StatusCode::UNAVAILABLE, grpc::StatusCode::ABORTED, grpc::StatusCode::UNKNOWN}) {
    master.refusals.emplace_back(code, "not now");
  }
  ConnectMaster();
  EXPECT_EQ(task.Read(), R"([1,{"type":"GetVariable","key":"k"},null])");
  EXPECT_EQ(master.asked.size(), 4u);
  master.refusals.emplace_back(grpc::StatusCode::PERMISSION_DENIED, "another's token");
  EXPECT_THAT(task.Ask(R"([2,{"type":"GetVariable","key":"k"}])"), HasSubstr("another's token"));
}

TEST_F(TaskSocketTest, ALineHasABoundOfQuestionsAndTheyAreAnsweredInTheEnd) {
  ConnectMaster();
  master.Hold(true);
  Task task = Welcomed();
  const size_t n = 2 * limits::kTaskLineQuestionsMax;
  for (size_t i = 1; i <= n; ++i) task.Send(fmt::format(R"([{},{{"type":"GetVariable"}}])", i));
  master.AwaitAsked(limits::kTaskLineQuestionsMax);
  EXPECT_TRUE(task.Silent());
  EXPECT_EQ(master.asked.size(), limits::kTaskLineQuestionsMax);
  master.Hold(false);
  std::set<std::string> answers;
  for (size_t i = 1; i <= n; ++i) answers.insert(task.Read());
  EXPECT_EQ(answers.size(), n);
}

TEST_F(TaskSocketTest, AFrameThatIsTooLargeCostsItsLineAndALargeOneCostsNothing) {
  ConnectMaster();
  Task greedy = Welcomed();
  greedy.SendBytes("\x7f\xff\xff\xff");
  EXPECT_EQ(greedy.Read(), "cut");
  Task large = Welcomed();
  const std::string value(4 << 20, 'x');
  const std::string own = fmt::format(R"({{"type":"SetXCom","key":"k","value":"{}"}})", value);
  EXPECT_TRUE(large.Ask("[1," + own + "]") == "[1," + own + ",null]");
}

TEST_F(TaskSocketTest, ALineThatGoesTakesItsQuestionsWithIt) {
  {
    Task task = Welcomed();
    task.Send(R"([1,{"type":"GetVariable","key":"gone"}])");
    EXPECT_TRUE(task.Silent());
  }
  Task next = Welcomed();
  EXPECT_EQ(next.Ask(R"([1,{"type":"MaskSecret"}])"), "[1," + kFine);
  ConnectMaster();
  EXPECT_EQ(next.Ask(R"([2,{"type":"GetVariable","key":"k"}])"),
            R"([2,{"type":"GetVariable","key":"k"},null])");
  ASSERT_EQ(master.asked.size(), 1u);
}

TEST_F(TaskSocketTest, TheNextWorkersSocketIsFoundByTheSamePath) {
  Task task = Welcomed();
  socket.Stop(MonoTime());
  EXPECT_EQ(task.Read(), "cut");
  TaskSocket next(home, files, "join", "w1");
  ASSERT_TRUE(next.Start().ok());
  EXPECT_EQ(next.path(), socket.path());
  Task again(next.path());
  EXPECT_EQ(again.Ask(Hello()), R"([0,{"type":"StartupDetails"},null])");
}

TEST(TaskSocketPath, OneThatIsTooLongIsRefusedByName) {
  const std::string home = testing::TempDir() + std::string(120, 'x');
  TaskSocket socket(home, AttemptFiles(home), "join", "w1");
  const Status started = socket.Start();
  EXPECT_EQ(started.code(), Code::kInvalidArgument);
  EXPECT_THAT(std::string(started.message()), HasSubstr(home));
}

}  // namespace
}  // namespace gale::worker
