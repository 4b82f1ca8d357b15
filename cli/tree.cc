#include "cli/tree.h"

#include <fmt/format.h>

#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace gale::cli {
namespace {

struct Branch {
  const v1::TaskSpec* task;
  std::string indent;  // of the lines under it
  std::string lead;    // of its own line
};

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
  while (!stack.empty()) {
    const Branch branch = std::move(stack.back());
    stack.pop_back();
    const auto& next = branch.task->downstream_task_ids();
    const bool again = !drawn.insert(branch.task->task_id()).second;
    out += fmt::format("{}{}{}{}\n", branch.lead, branch.task->task_id(),
                       branch.task->operator_name().empty()
                           ? ""
                           : fmt::format(" <{}>", branch.task->operator_name()),
                       again && !next.empty() ? " ..." : "");
    if (again) continue;
    for (int i = next.size(); i-- > 0;) {
      const auto found = by_id.find(next[i]);
      if (found == by_id.end()) continue;
      const bool last = i + 1 == next.size();
      stack.push_back({found->second, branch.indent + (last ? "    " : "|   "),
                       branch.indent + (last ? "`-- " : "|-- ")});
    }
  }
  return out;
}

}  // namespace gale::cli
