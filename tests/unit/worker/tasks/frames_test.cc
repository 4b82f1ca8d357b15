#include "worker/tasks/frames.h"

#include <gtest/gtest.h>

namespace gale::worker {
namespace {

using namespace std::string_literals;

TEST(Frames, ComeOutWholeHoweverTheyCameIn) {
  const std::string bytes = Frame("[1,{}]") + Frame("") + Frame(std::string(70'000, 'x'));
  EXPECT_EQ(bytes.substr(0, 4), "\0\0\0\x06"s);
  FrameReader reader;
  std::vector<std::string> frames;
  for (char byte : bytes) {
    reader.Add({&byte, 1});
    while (auto frame = reader.Next()) frames.push_back(std::move(*frame));
  }
  ASSERT_EQ(frames.size(), 3u);
  EXPECT_EQ(frames[0], "[1,{}]");
  EXPECT_EQ(frames[2].size(), 70'000u);
  EXPECT_FALSE(reader.Announced());
  reader.Add("\0\x01\x11\x70x"s);
  EXPECT_EQ(reader.Announced(), 70'000u);
}

TEST(Frames, AQuestionIsAnIdAndAnObjectWithAType) {
  const std::string frame = R"([ 12 , {"key":"k","type":"GetXCom","value":12345678901234567890} ])";
  const auto question = ParseQuestion(frame);
  ASSERT_TRUE(question.ok());
  EXPECT_EQ(question->id, 12u);
  EXPECT_EQ(question->type, "GetXCom");
  EXPECT_EQ(question->body, R"({"key":"k","type":"GetXCom","value":12345678901234567890})");
  for (const char* bad : {"", "[]", "[1]", "[1,{}]", "[-1,{\"type\":\"a\"}]",
                          "[1.5,{\"type\":\"a\"}]", "[1,[\"type\"]]", "[1,{\"type\":7}]",
                          "[1,{\"type\":\"a\"},2]", "[99999999999999999999,{\"type\":\"a\"}]"}) {
    EXPECT_EQ(ParseQuestion(bad).status().code(), Code::kInvalidArgument) << bad;
  }
}

TEST(Frames, AnAnswerHoldsTheMastersJsonAsItCame) {
  EXPECT_EQ(AnswerFrame(3, R"({"value":1e400})").substr(4), R"([3,{"value":1e400},null])");
  EXPECT_EQ(AnswerFrame(3, "").substr(4), "[3,null,null]");
  EXPECT_EQ(AnswerFrame(3, "", "XCOM_NOT_FOUND", R"({"key":"k"})").substr(4),
            R"([3,null,{"error":"XCOM_NOT_FOUND","detail":{"key":"k"}}])");
}

}  // namespace
}  // namespace gale::worker
