#include "tests/scenarios/story.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>

#include "tests/scenarios/story_text.h"

namespace gale::core::testing {
namespace {

// At `mark` outside quotes.
std::vector<std::string> SplitAt(const std::string& text, char mark) {
  std::vector<std::string> parts(1);
  bool quoted = false;
  for (char c : text) {
    if (c == '"') quoted = !quoted;
    if (c == mark && !quoted) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

// "w{1..3}" is w1 w2 w3.
void AppendExpanded(const std::string& word, std::vector<std::string>& out) {
  const size_t open = word.find('{'), dots = word.find(".."), close = word.find('}');
  if (open == std::string::npos || dots == std::string::npos || close == std::string::npos) {
    out.push_back(word);
    return;
  }
  const int from = std::stoi(word.substr(open + 1, dots - open - 1));
  const int to = std::stoi(word.substr(dots + 2, close - dots - 2));
  for (int i = from; i <= to; ++i) {
    out.push_back(word.substr(0, open) + std::to_string(i) + word.substr(close + 1));
  }
}

void SetTaskFlag(TaskSpec& task, const std::string& flag) {
  if (flag == "+empty")
    task.work = EmptyWork{};
  else if (flag == "+setup")
    task.is_setup = true;
  else if (flag == "+teardown")
    task.is_teardown = true, task.trigger_rule = "all_done_setup_success";
  else if (flag == "+fail_dagrun")
    task.on_failure_fail_dagrun = true;
  else if (flag == "+depends_on_past")
    task.depends_on_past = true;
  else if (flag == "+wait_for_downstream")
    task.depends_on_past = task.wait_for_downstream = true;
  else
    Wrong("unknown flag {}", flag);
}

// "a,3": the cross product of what task a returned and of 3 elements.
ExpandSpec ParseExpand(const std::string& text) {
  ExpandSpec expand;
  size_t begin = 0;
  while (begin <= text.size()) {
    const size_t end = std::min(text.find(',', begin), text.size());
    const std::string one = text.substr(begin, end - begin);
    ExpandSource source;
    if (std::isdigit(static_cast<unsigned char>(one[0]))) {
      source.json = "[";
      for (int i = 0; i < std::stoi(one); ++i) source.json += i > 0 ? ", 0" : "0";
      source.json += "]";
    } else {
      source.kind = ExpandSource::Kind::kXCom;
      source.task_id = one;
    }
    expand.arguments.push_back({fmt::format("x{}", expand.arguments.size()), source});
    begin = end + 1;
  }
  return expand;
}

void SetTaskOption(TaskSpec& task, const std::string& key, const std::string& value) {
  auto number = [&] { return static_cast<uint32_t>(std::stoul(value)); };
  if (key == "rule")
    task.trigger_rule = value;
  else if (key == "retries")
    task.retries = number();
  else if (key == "lost_retries")
    task.lost_retries = number();
  else if (key == "retry_delay")
    task.retry_delay = ParseDuration(value);
  else if (key == "max_retry_delay")
    task.max_retry_delay = ParseDuration(value);
  else if (key == "backoff")
    task.retry_backoff = std::stod(value);
  else if (key == "timeout")
    task.execution_timeout = ParseDuration(value);
  else if (key == "pool")
    task.pool = value;
  else if (key == "slots")
    task.pool_slots = number();
  else if (key == "weight")
    task.priority_weight = std::stoi(value);
  else if (key == "weight_rule")
    task.weight_rule = value;
  else if (key == "per_dag")
    task.max_active_tis_per_dag = number();
  else if (key == "per_run")
    task.max_active_tis_per_dagrun = number();
  else if (key == "queue")
    task.queue = value;
  else if (key == "over")
    task.expand = ParseExpand(value);
  else if (key == "in")
    task.task_group_id = value;
  else
    Wrong("unknown task option {}", key);
}

}  // namespace

std::vector<Story> ReadStories(const std::string& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".txt") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::vector<Story> stories;
  for (const auto& file : files) {
    std::ifstream in(file);
    std::string text;
    for (int number = 1; std::getline(in, text); ++number) {
      if (text.starts_with("== ")) {
        stories.push_back({file.filename().string(), text.substr(3), {}});
        continue;
      }
      const std::string code = text.starts_with("#") ? "" : text.substr(0, text.find(" #"));
      if (code.find_first_not_of(" \t") == std::string::npos) continue;
      if (stories.empty() || stories.back().file != file.filename()) {
        stories.push_back({file.filename().string(), "(a line before the first title)", {}});
      }
      stories.back().lines.push_back({number, code});
    }
  }
  return stories;
}

const std::string& Teller::Words::at(size_t i) const {
  if (i >= plain.size()) Wrong("'{}' needs more words", verb);
  return plain[i];
}

Teller::Words Teller::Split(const std::string& command) {
  Words out;
  for (const std::string& word : SplitAt(command, ' ')) {
    if (word.empty()) continue;
    const size_t equals = word.find('=');
    if (word[0] == '"') {
      out.plain.push_back(word.substr(1, word.size() - 2));
    } else if (out.verb.empty()) {
      out.verb = word;
    } else if (equals != std::string::npos) {
      out.options.emplace_back(word.substr(0, equals), word.substr(equals + 1));
    } else {
      AppendExpanded(word, out.plain);
    }
  }
  return out;
}

void Teller::Tell(const Story& story) {
  for (const Line& line : story.lines) {
    line_ = line.number;
    bool fresh = true;
    for (const std::string& command : SplitAt(line.text, ';')) {
      const Words words = Split(command);
      if (words.verb.empty()) continue;
      if (words.verb == "dag" || words.verb == "group" || words.verb == "task") {
        Command(words);
        continue;
      }
      if (building_) BuildDag();
      if (words.verb != "expect" && fresh) {
        world_.out = {};
        acted_at_ = world_.now;
        fresh = false;
      }
      Command(words);
      if (words.verb == "expect") continue;
      world_.Turn();
      if (std::string bad = world_.Check(); !bad.empty()) Wrong("{}", bad);
    }
  }
}

void Teller::Command(const Words& w) {
  if (w.verb == "dag") return DeclareDag(w);
  if (w.verb == "group") return DeclareGroup(w);
  if (w.verb == "task") return DeclareTasks(w);
  if (w.verb == "expect") return Expect(w);
  Act(w);
}

void Teller::DeclareDag(const Words& w) {
  if (building_) BuildDag();
  dag_ = {};
  dag_.dag_id = w.at(0);
  paused_ = false;
  building_ = true;
  for (size_t i = 1; i < w.plain.size(); ++i) {
    if (w.plain[i] == "+paused")
      paused_ = true;
    else if (w.plain[i] == "+fail_fast")
      dag_.fail_fast = true;
    else
      Wrong("unknown flag {}", w.plain[i]);
  }
  for (const auto& [key, value] : w.options) {
    if (key == "max_active_runs")
      dag_.max_active_runs = static_cast<uint32_t>(std::stoul(value));
    else if (key == "max_active_tasks")
      dag_.max_active_tasks = static_cast<uint32_t>(std::stoul(value));
    else if (key == "dagrun_timeout")
      dag_.dagrun_timeout = ParseDuration(value);
    else
      Wrong("unknown dag option {}", key);
  }
}

// group g over=a,3 in=outer: mapped over what a returned, and over 3 elements.
void Teller::DeclareGroup(const Words& w) {
  TaskGroupSpec group{.group_id = w.at(0)};
  for (const auto& [key, value] : w.options) {
    if (key == "over") {
      group.expand = ParseExpand(value);
    } else if (key == "in") {
      group.parent_group_id = value;
    } else {
      Wrong("unknown group option {}", key);
    }
  }
  dag_.groups.push_back(std::move(group));
}

// task a >> b c >> d: groups; every task of a group is upstream of every task of the next.
void Teller::DeclareTasks(const Words& w) {
  std::vector<std::vector<size_t>> groups(1);
  std::vector<std::string> flags;
  for (const std::string& word : w.plain) {
    if (word == ">>") {
      groups.emplace_back();
    } else if (word[0] == '+') {
      flags.push_back(word);
    } else {
      auto it = std::find_if(dag_.tasks.begin(), dag_.tasks.end(),
                             [&](const TaskSpec& t) { return t.task_id == word; });
      groups.back().push_back(static_cast<size_t>(it - dag_.tasks.begin()));
      if (it != dag_.tasks.end()) continue;
      TaskSpec task;
      task.task_id = word;
      task.work = BashWork{"true"};
      dag_.tasks.push_back(task);
    }
  }
  for (size_t g = 0; g < groups.size(); ++g) {
    for (size_t t : groups[g]) {
      for (const std::string& flag : flags) SetTaskFlag(dag_.tasks[t], flag);
      for (const auto& [key, value] : w.options) SetTaskOption(dag_.tasks[t], key, value);
      if (g + 1 == groups.size()) continue;
      for (size_t down : groups[g + 1]) {
        if (std::ranges::count(dag_.tasks[t].downstream_task_ids, dag_.tasks[down].task_id) == 0) {
          dag_.tasks[t].downstream_task_ids.push_back(dag_.tasks[down].task_id);
        }
      }
    }
  }
}

void Teller::BuildDag() {
  building_ = false;
  current_dag_ = dag_.dag_id;
  auto dag = Dag::Make(dag_, ++versions_);
  if (!dag.ok()) Wrong("{}", dag.status().ToString());
  world_.SetDag(*dag, paused_);
}

void Teller::Act(const Words& w) {
  if (ActOnAttempt(w) || ActByHand(w)) return;
  if (w.verb == "trigger") return TriggerRun(w);
  if (w.verb == "pool") return world_.SetPool(w.at(0), std::stoi(w.at(1)));
  if (w.verb == "drop-pool") return world_.DeletePool(w.at(0));
  if (w.verb == "pause" || w.verb == "unpause") {
    return world_.SetPaused(w.plain.empty() ? current_dag_ : w.at(0), w.verb == "pause");
  }
  if (w.verb == "crash") return world_.Crash();
  if (w.verb == "use") {
    current_run_ = FindRun(w.at(0));
  } else if (w.verb == "advance") {
    world_.now += ParseDuration(w.at(0));
  } else {
    Wrong("unknown command '{}'", w.verb);
  }
}

bool Teller::ActOnAttempt(const Words& w) {
  if (w.verb == "claim" || w.verb == "cannot-claim") {
    const bool may = w.verb == "claim";
    for (size_t i = 0; i < (may ? w.plain.size() : 1); ++i) {
      const Ref ref = FindTask(w.at(i));
      const Decision d = world_.Do(ref.run, Claim{Attempt(ref), "worker1"});
      if (d.granted != may) Wrong("claim of {}: {}", w.plain[i], may ? d.refusal : "granted");
      refusal_ = d.refusal;
    }
    if (!may && refusal_.find(w.at(1)) == std::string::npos) Wrong("refused: {}", refusal_);
  } else if (w.verb == "start") {
    const Ref ref = FindTask(w.at(0));
    world_.Do(ref.run, AttemptStarted{Attempt(ref), 4711});
  } else if (w.verb == "succeed" || w.verb == "run") {
    Finish(w, Outcome::kSuccess);
  } else if (w.verb == "fail" || w.verb == "run-and-fail") {
    Finish(w, Outcome::kFailed);
  } else if (w.verb == "fail-for-good") {
    Finish(w, Outcome::kFailedNoRetry);
  } else if (w.verb == "skip" || w.verb == "run-and-skip") {
    Finish(w, Outcome::kSkipped);
  } else if (w.verb == "reschedule" || w.verb == "run-and-reschedule") {
    Finish(w, Outcome::kRescheduled);
  } else if (w.verb == "lose") {
    Finish(w, Outcome::kLost);
  } else if (w.verb == "hand-back") {
    Finish(w, Outcome::kUnstarted);
  } else {
    return false;
  }
  return true;
}

void Teller::Finish(const Words& w, Outcome outcome) {
  for (const std::string& name : w.plain) {
    const Ref ref = FindTask(name);
    AttemptFinished done;
    done.attempt = Attempt(ref);
    done.outcome = outcome;
    done.exit_code = outcome == Outcome::kSuccess ? 0 : 1;
    for (const auto& [key, value] : w.options) {
      if (key == "returns") {
        done.value_length = static_cast<uint32_t>(std::stoul(value));
      } else if (key == "skips") {
        for (const std::string& skipped : SplitAt(value, ',')) {
          const Inst inst = FindTask(skipped).task;
          done.skips.push_back({inst.task, inst.map_index < 0 ? std::nullopt
                                                              : std::optional(inst.map_index)});
        }
      } else if (key == "in") {
        done.next_at = world_.now + ParseDuration(value);
      } else {
        Wrong("unknown option {}", key);
      }
    }
    if (w.verb.starts_with("run")) {
      const Decision d = world_.Do(ref.run, Claim{done.attempt, "worker1"});
      if (!d.granted) Wrong("claim of {}: {}", name, d.refusal);
    }
    world_.Do(ref.run, done);
    world_.Turn();  // what this one lets go may be the next of the list
  }
}

bool Teller::ActByHand(const Words& w) {
  RunId run;
  if (w.verb == "clear") {
    ClearTasks e{FindTasks(w, 0, &run)};
    world_.Do(run, e);
  } else if (w.verb == "mark") {
    const auto state = ParseTiState(w.at(0));
    if (!state) Wrong("'{}' is no state", w.at(0));
    SetTasks e{FindTasks(w, 1, &run), *state};
    world_.Do(run, e);
  } else if (w.verb == "mark-run") {
    const auto state = ParseRunState(w.at(1));
    if (!state) Wrong("'{}' is no state of a run", w.at(1));
    world_.Do(FindRun(w.at(0)), SetRun{*state});
  } else {
    return false;
  }
  return true;
}

void Teller::TriggerRun(const Words& w) {
  std::string dag = current_dag_;
  double day = static_cast<double>(world_.ledger.size() + 1);
  TimePoint after = world_.now;
  for (const auto& [key, value] : w.options) {
    if (key == "dag")
      dag = value;
    else if (key == "day")
      day = std::stod(value);
    else if (key == "after")
      after += ParseDuration(value);
    else
      Wrong("unknown option {}", key);
  }
  std::optional<TimePoint> date =
      TimePoint(std::chrono::seconds(1'600'000'000)) + FromSeconds(day * 86400);
  if (w.plain.size() > 1 && w.plain[1] == "+nodate") date.reset();
  current_run_ = world_.Trigger(dag, w.at(0), date, after);
}

RunId Teller::FindRun(const std::string& name) const {
  for (const auto& [id, l] : world_.ledger) {
    if (l.head.run_id == name) return id;
  }
  Wrong("there is no run '{}'", name);
}

Teller::Ref Teller::FindTask(const std::string& text) const {
  Ref ref;
  ref.run = current_run_;
  std::string name = text;
  if (size_t slash = name.find('/'); slash != std::string::npos) {
    ref.run = FindRun(name.substr(0, slash));
    name = name.substr(slash + 1);
  }
  if (size_t hash = name.find('#'); hash != std::string::npos) {
    ref.try_number = static_cast<uint32_t>(std::stoul(name.substr(hash + 1)));
    name = name.substr(0, hash);
  }
  int32_t index = kUnmapped;
  if (size_t bracket = name.find('['); bracket != std::string::npos) {
    index = std::stoi(name.substr(bracket + 1));
    name = name.substr(0, bracket);
  }
  if (!world_.ledger.contains(ref.run)) Wrong("no run was triggered");
  const auto task = world_.ledger.at(ref.run).dag->Find(name);
  if (!task) Wrong("there is no task '{}'", name);
  ref.task = {*task, index};
  return ref;
}

// "a" is all of the task, "a[1]" one element, "a.." all of it and everything downstream.
std::vector<Inst> Teller::FindTasks(const Words& w, size_t from, RunId* run) const {
  std::vector<Inst> tasks;
  for (size_t i = from; i < w.plain.size(); ++i) {
    const bool down = w.plain[i].ends_with("..");
    const Ref ref = FindTask(down ? w.plain[i].substr(0, w.plain[i].size() - 2) : w.plain[i]);
    *run = ref.run;
    if (ref.task.map_index >= 0) {
      tasks.push_back(ref.task);
      continue;
    }
    std::vector<TaskIndex> all{ref.task.task};
    if (down) all = world_.ledger.at(ref.run).dag->Closure(all, true);
    const Run recalled = world_.Recall(ref.run);
    for (TaskIndex t : all) recalled.ForEachOf(t, [&](Inst each) { tasks.push_back(each); });
  }
  return tasks;
}

AttemptId Teller::Attempt(const Ref& ref) const {
  const uint32_t current = world_.Row(ref.run, ref.task).try_number;
  return {ref.run, ref.task.task, ref.task.map_index,
          ref.try_number > 0 ? ref.try_number : current};
}

std::string Teller::Call(const AttemptId& id) const {
  const auto& l = world_.ledger.at(id.run);
  const std::string& task = l.dag->task(id.task).task_id;
  std::string name = id.run == current_run_ ? task : l.head.run_id + "/" + task;
  if (id.map_index >= 0) name += fmt::format("[{}]", id.map_index);
  return id.try_number > 1 ? fmt::format("{}#{}", name, id.try_number) : name;
}

}  // namespace gale::core::testing
