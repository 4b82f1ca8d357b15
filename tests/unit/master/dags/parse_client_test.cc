// The client against servers that do what they shouldn't, and what it makes of answers.
#include "master/dags/parse_client.h"

#include <poll.h>

#include <future>

#include "common/base/limits.h"
#include "master/dags/frames.h"
#include "scripted_server.h"

namespace gale {
namespace {

using namespace std::chrono_literals;

class ParseClientTest : public ::testing::Test {
 protected:
  void Begin(const std::string& script) {
    options_.python = ScriptedServer(folder_, script);
    client_.emplace(options_, [this](ParsedFile file) { answers_[file.path] = std::move(file); });
    ASSERT_TRUE(client_->Start().ok());
  }
  void Ask(const std::string& path) { client_->Ask(path, 0, true); }
  // As the processor does, until so many files were answered.
  void Until(size_t answers) {
    const MonoTime deadline = Clock::Real().Mono() + 60s;
    while (answers_.size() < answers && Clock::Real().Mono() < deadline) {
      client_->Step();
      pollfd fds[] = {{client_->fd(), client_->events(), 0}, {client_->answers_fd(), POLLIN, 0}};
      const Duration wait = client_->wake_at().value_or(deadline) - Clock::Real().Mono();
      if (answers_.size() < answers) {
        poll(fds, 2, static_cast<int>(std::clamp<int64_t>(wait / 1ms + 1, 0, 1000)));
      }
    }
    ASSERT_EQ(answers_.size(), answers);
  }
  std::string Dags(const std::string& path) {
    std::string out;
    for (const ParsedDag& dag : answers_.at(path).dags) out += dag.spec.dag_id + ";";
    return out;
  }

  TempFolder folder_;
  ParseClientOptions options_;
  std::optional<ParseClient> client_;
  std::map<std::string, ParsedFile> answers_;
};

TEST_F(ParseClientTest, EachFileIsAnsweredAndTheServerIsAskedForNoMoreThanItReads) {
  options_.places = {.quick = 3, .slow = 1, .budget = 1h};
  Begin(R"py(
ready()
while True:
    asked = [request() for _ in range(3)]
    os.set_blocking(0, False)
    try:
        more = os.read(0, 1)
    except BlockingIOError:
        more = b""
    os.set_blocking(0, True)
    for head, path in asked:
        answer(head["id"], dag("d" + path[1:]), dag(f"more{len(more)}"))
)py");
  for (int i = 0; i < 300; ++i) Ask("/" + std::to_string(i));
  Until(300);
  EXPECT_EQ(Dags("/7"), "d7;more0;");
  EXPECT_EQ(answers_["/7"].dags[0].spec.fileloc, "/7");
}

// A file that asks (parse_line.py) is answered beside the processor's thread, which goes on meanwhile.
TEST_F(ParseClientTest, WhatAFileAsksIsAnsweredWhileOthersAreRead) {
  options_.places = {.quick = 2, .slow = 1, .budget = 1h};
  std::promise<void> other_done;
  options_.answerer = [&](const std::string& question) {
    other_done.get_future().wait();
    return question + "!";
  };
  Begin(R"py(
ready()
asks, _ = request()
send(json.dumps({"ask": asks["id"]}).encode(), b'"x"')
send(json.dumps({"ask": 999}).encode(), b'"of nobody"')
other, _ = request()
answer(other["id"], dag("other"))
head, text = request()
assert head == {"answer": asks["id"]}, head
answer(asks["id"], dag(text.strip('"!')))
)py");
  Ask("/asks");
  Ask("/other");
  Until(1);
  EXPECT_EQ(Dags("/other"), "other;");
  other_done.set_value();
  Until(2);
  EXPECT_EQ(Dags("/asks"), "x;");
}

TEST_F(ParseClientTest, WhereNobodyAnswersAFileIsToldSo) {
  Begin(R"py(
ready()
asks, _ = request()
send(json.dumps({"ask": asks["id"]}).encode(), b"{}")
head, text = request()
answer(asks["id"], dag(json.loads(text)["error"].lower()))
)py");
  Ask("/asks");
  Until(1);
  EXPECT_EQ(Dags("/asks"), "generic_error;");
}

// Found in review: the server wrote, the client wrote, and nobody read.
TEST_F(ParseClientTest, AServerThatWritesMuchBeforeItReadsIsServed) {
  options_.places = {.quick = 1000, .slow = 1, .budget = 1h};
  Begin(R"py(
ready()
head, path = request()
answer(head["id"], *[dag(f"d{number}" + "x" * 200) for number in range(40000)])
while True:
    head, path = request()
    answer(head["id"])
)py");
  const std::string deep(3000, 'x');
  for (int i = 0; i < 1000; ++i) Ask("/" + deep + std::to_string(i));
  Until(1000);
  EXPECT_EQ(answers_.at("/" + deep + "0").dags.size(), 40'000u);
}

TEST_F(ParseClientTest, AFileThatKillsTheServerIsNamedAndTheOthersAreRead) {
  Begin(R"py(
ready()
held = []
while True:
    head, path = request()
    if path == "/killer":
        os._exit(1)
    answer(head["id"], dag("d" + path[1:]))
)py");
  for (const char* path : {"/1", "/killer", "/2", "/3"}) Ask(path);
  Until(4);
  EXPECT_NE(answers_["/killer"].error.find("the parse server died while it read this file"),
            std::string::npos);
  EXPECT_EQ(Dags("/1") + Dags("/2") + Dags("/3"), "d1;d2;d3;");
}

TEST_F(ParseClientTest, AServerThatGoesSilentIsEnded) {
  options_.timeout = 500ms;
  options_.grace = 1s;
  Begin(R"py(
ready()
while True:
    head, path = request()
    if path == "/hangs":
        signal.pause()
    answer(head["id"], dag("d"))
)py");
  Ask("/hangs");
  Ask("/good");
  Until(2);
  EXPECT_NE(answers_["/hangs"].error.find("died while it read"), std::string::npos);
  EXPECT_EQ(Dags("/good"), "d;");
}

TEST_F(ParseClientTest, AServerThatCannotStartIsSaidOfEachFile) {
  options_.restart_delay = 1ms;
  Begin("sys.exit(1)");
  for (const char* path : {"/1", "/2", "/3"}) Ask(path);
  Until(3);
  for (const auto& [path, file] : answers_) {
    EXPECT_NE(file.error.find("can't start"), std::string::npos) << file.error;
    EXPECT_NE(file.error.find(options_.python), std::string::npos) << file.error;
  }
}

TEST_F(ParseClientTest, AnAnswerThatIsNoneEndsTheServer) {
  Begin(R"py(
ready()
request()
os.write(1, b"\xff" * 100)
signal.pause()
)py");
  Ask("/f");
  Until(1);
  EXPECT_NE(answers_["/f"].error.find("died while it read"), std::string::npos);
}

TEST_F(ParseClientTest, AFileThatIsForgottenIsNotAnsweredAndItsReadingEnds) {
  options_.places = {.quick = 1, .slow = 1, .budget = 1h};
  Begin(R"py(
ready()
first, path = request()
end, path = request()
assert end == {"end": first["id"]}
answer(first["id"], dag("late"))
head, path = request()
answer(head["id"], dag("d"))
)py");
  Ask("/gone");
  client_->Step();
  client_->Forget("/gone");
  Ask("/f");
  Until(1);
  EXPECT_EQ(Dags("/f"), "d;");
}

TEST_F(ParseClientTest, StopDoesNotWaitForAServerThatDoesNot) {
  Begin("ready()\nsignal.pause()");
  Ask("/f");
  client_->Step();
  const MonoTime begun = Clock::Real().Mono();
  client_->Stop();
  EXPECT_LT(Clock::Real().Mono() - begun, 20s);
  EXPECT_EQ(client_->fd(), -1);
}

TEST(ParseClientStart, APythonThatIsNotThereIsRefusedByName) {
  ParseClient client({.python = "/no/such/python"}, [](ParsedFile) {});
  const Status status = client.Start();
  EXPECT_EQ(status.code(), Code::kFailedPrecondition);
  EXPECT_NE(status.message().find("/no/such/python"), std::string::npos);
}

// What an answer's body says.
std::string Body(const std::vector<std::string_view>& pieces) {
  return Frame(pieces).substr(kFrameHeadBytes);
}
constexpr char kGood[] = R"({"dag_id":"good","tasks":[{"task_id":"t","empty":{}}]})";

TEST(ReadAnswerTest, AnErrorHidesNoGoodDag) {
  const ParsedFile file = ReadAnswer(
      "/f.py", Body({R"({"id":1,"error":""})", R"({"error":"DAG 'x': no","warnings":[]})", kGood}));
  EXPECT_EQ(file.path, "/f.py");
  EXPECT_EQ(file.error, "DAG 'x': no");
  ASSERT_EQ(file.dags.size(), 1u);
  EXPECT_EQ(file.dags[0].spec.dag_id, "good");
  EXPECT_EQ(file.dags[0].spec.fileloc, "/f.py");
}

TEST(ReadAnswerTest, ADagThatCannotBeReadIsAnErrorAndTheOthersAreThere) {
  const ParsedFile file = ReadAnswer("/f.py", Body({R"({"id":1,"error":""})", R"({"error":""})",
                                                    R"({"dag_id":7, "nonsense":[})", kGood}));
  EXPECT_NE(file.error, "");
  ASSERT_EQ(file.dags.size(), 1u);
}

TEST(ReadAnswerTest, WhatTheServerSaysOfADeathIsTheError) {
  const ParsedFile file = ReadAnswer("/f.py", Body({R"({"id":1,"error":"/f.py: killed"})"}));
  EXPECT_EQ(file.error, "/f.py: killed");
  EXPECT_TRUE(file.dags.empty());
}

TEST(ReadAnswerTest, NoBytesMakeItFail) {
  const std::string whole = Body({R"({"id":1})", R"({"error":""})", kGood});
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_NE(ReadAnswer("/f.py", whole.substr(0, size)).error + "x", "") << size;
  }
  EXPECT_NE(ReadAnswer("/f.py", Body({"{}", "\xff\xfe", kGood})).error, "");
  EXPECT_NE(ReadAnswer("/f.py", Body({"[]"})).error, "");
  EXPECT_NE(ReadAnswer("/f.py", "").error, "");
}

}  // namespace
}  // namespace gale
