// Stories as text: the language of tests/scenarios/*.txt. See README.md there.
#pragma once

#include <string>
#include <vector>

#include "tests/scenarios/world.h"

namespace gale::core::testing {

struct Line {
  int number = 0;
  std::string text;
};
struct Story {
  std::string file;  // without its folder
  std::string title;
  std::vector<Line> lines;
};

// Every story of every *.txt in `folder`, in order.
std::vector<Story> ReadStories(const std::string& folder);

// Tells one story. Throws std::runtime_error with what went wrong; line() says where.
class Teller {
 public:
  void Tell(const Story& story);
  int line() const { return line_; }

 private:
  struct Words {
    std::string verb;
    std::vector<std::string> plain;
    std::vector<std::pair<std::string, std::string>> options;  // key=value
    const std::string& at(size_t i) const;
  };
  struct Ref {
    RunId run;
    Inst task;
    uint32_t try_number = 0;  // 0: the current one
  };

  static Words Split(const std::string& command);
  void Command(const Words& w);
  void DeclareDag(const Words& w);
  void DeclareGroup(const Words& w);
  void DeclareTasks(const Words& w);
  void BuildDag();
  void Act(const Words& w);
  bool ActOnAttempt(const Words& w);
  bool ActByHand(const Words& w);
  void TriggerRun(const Words& w);
  void Finish(const Words& w, Outcome outcome);
  void Expect(const Words& w);
  void ExpectState(TiState state, const Words& w);
  void ExpectRun(const Words& w);
  void ExpectEffects(const std::string& what, std::vector<std::string> wanted);
  void ExpectWhy(const Words& w);
  void ExpectPool(const Words& w);
  void ExpectWake(const Words& w);

  RunId FindRun(const std::string& name) const;
  Ref FindTask(const std::string& text) const;
  std::vector<Inst> FindTasks(const Words& w, size_t from, RunId* run) const;
  AttemptId Attempt(const Ref& ref) const;
  std::string Call(const AttemptId& id) const;  // "r1/a#2"

  World world_;
  int line_ = 0;
  DagSpec dag_;
  bool paused_ = false;
  bool building_ = false;
  int64_t versions_ = 0;
  std::string current_dag_;
  RunId current_run_;
  TimePoint acted_at_;
  std::string refusal_;
};

}  // namespace gale::core::testing
