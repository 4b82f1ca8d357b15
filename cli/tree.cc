#include "cli/tree.h"

#include <fmt/format.h>

#include <deque>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace gale::cli {
namespace {

constexpr size_t kLevelsMax = 12;  // beyond, a branch is drawn further below, from the margin

struct Branch {
  const v1::TaskSpec* task;
  std::string indent;  // of the lines under it
  std::string lead;    // of its own line
  size_t level = 0;
};

std::string Line(const Branch& branch, bool more) {
  const v1::TaskSpec& task = *branch.task;
  const std::string operator_name =
      task.operator_name().empty() ? "" : fmt::format(" <{}>", task.operator_name());
  return fmt::format("{}{}{}{}\n", branch.lead, task.task_id(), operator_name, more ? " ..." : "");
}

}  // namespace

std::string DrawTree(const v1::DagSpec& spec) {
  std::unordered_map<std::string_view, const v1::TaskSpec*> by_id;
  std::unordered_set<std::string_view> waiting;
  for (const v1::TaskSpec& task : spec.tasks()) {
    by_id[task.task_id()] = &task;
    for (const std::string& id : task.downstream_task_ids()) waiting.insert(id);
  }
  std::string out = fmt::format("{}: {} task{}\n", spec.dag_id(), spec.tasks_size(),
                                spec.tasks_size() == 1 ? "" : "s");
  std::vector<Branch> stack;  // not recursive: a DAG may be 100,000 tasks deep
  for (int i = spec.tasks_size(); i-- > 0;) {
    if (!waiting.contains(spec.tasks(i).task_id())) stack.push_back({&spec.tasks(i), "", ""});
  }
  std::unordered_set<std::string_view> drawn;
  std::deque<const v1::TaskSpec*> below;
  while (!stack.empty() || !below.empty()) {
    if (stack.empty()) {
      if (!drawn.contains(below.front()->task_id())) stack.push_back({below.front(), "", ""});
      below.pop_front();
      continue;
    }
    const Branch branch = std::move(stack.back());
    stack.pop_back();
    std::vector<const v1::TaskSpec*> next;
    for (const std::string& id : branch.task->downstream_task_ids()) {
      if (const auto found = by_id.find(id); found != by_id.end()) next.push_back(found->second);
    }
    const bool again = drawn.contains(branch.task->task_id());
    const bool too_deep = branch.level >= kLevelsMax && next.size() > 1;
    out += Line(branch, (again || too_deep) && !next.empty());
    if (too_deep && !again) below.push_back(branch.task);
    if (again || too_deep) continue;
    drawn.insert(branch.task->task_id());
    if (next.size() == 1) {  // goes on in the same column: a chain is as long as it likes
      stack.push_back({next[0], branch.indent, branch.indent + "> ", branch.level});
      continue;
    }
    for (size_t i = next.size(); i-- > 0;) {
      const bool last = i + 1 == next.size();
      stack.push_back({next[i], branch.indent + (last ? "    " : "|   "),
                       branch.indent + (last ? "`-- " : "|-- "), branch.level + 1});
    }
  }
  return out;
}

}  // namespace gale::cli
