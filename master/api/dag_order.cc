#include "master/api/dag_order.h"

#include <algorithm>
#include <queue>
#include <string_view>
#include <unordered_map>

namespace gale {
namespace {

// Tasks, then groups, then the DAG itself: a tree, whose inner nodes sort what they hold.
class Tree {
 public:
  explicit Tree(const Dag& dag) : dag_(dag), tasks_(static_cast<uint32_t>(dag.size())) {
    const std::vector<TaskGroupSpec>& groups = dag.spec().groups;
    root_ = tasks_ + static_cast<uint32_t>(groups.size());
    parent_.assign(root_ + 1, root_);
    depth_.assign(root_ + 1, 1);
    place_.assign(root_ + 1, UINT32_MAX);
    pass_.assign(root_ + 1, 0);
    depth_[root_] = 0;
    std::unordered_map<std::string_view, uint32_t> by_id;
    for (uint32_t g = 0; g < groups.size(); ++g) {
      by_id.emplace(groups[g].group_id, tasks_ + g);
      PutInto(by_id, groups[g].parent_group_id, tasks_ + g);
    }
    for (uint32_t t = 0; t < tasks_; ++t) {
      PutInto(by_id, dag.task(TaskIndex(t)).task_group_id, t);
      for (uint32_t node = t; node != root_ && place_[node] == UINT32_MAX; node = parent_[node]) {
        place_[node] = t;  // its first task's
      }
    }
  }

  DagOrder Order() {
    Link();
    CountPasses();
    std::vector<std::vector<uint32_t>> children(root_ + 1);
    for (uint32_t node = 0; node < root_; ++node) children[parent_[node]].push_back(node);
    DagOrder order;
    std::vector<uint32_t> stack = {root_};
    while (!stack.empty()) {
      const uint32_t node = stack.back();
      stack.pop_back();
      if (node < tasks_) {
        order.tasks.push_back(TaskIndex(node));
        continue;
      }
      if (node != root_) order.groups.push_back(node - tasks_);
      std::vector<uint32_t>& held = children[node];
      std::ranges::sort(held, [&](uint32_t a, uint32_t b) { return KeyOf(a) > KeyOf(b); });
      stack.insert(stack.end(), held.begin(), held.end());
    }
    return order;
  }

 private:
  using Key = std::tuple<uint32_t, uint32_t, uint32_t>;
  Key KeyOf(uint32_t node) const { return {pass_[node], place_[node], node}; }

  void PutInto(const std::unordered_map<std::string_view, uint32_t>& by_id,
               const std::string& group, uint32_t node) {
    const auto found = by_id.find(group);
    if (group.empty() || found == by_id.end()) return;
    parent_[node] = found->second;
    depth_[node] = depth_[found->second] + 1;
  }

  // An edge between tasks is one between those around them that are in the same group.
  void Link() {
    for (uint32_t t = 0; t < tasks_; ++t) {
      for (const TaskIndex next : dag_.downstream(TaskIndex(t))) {
        uint32_t a = t, b = next.value;
        while (parent_[a] != parent_[b]) {
          const uint32_t deeper = std::max(depth_[a], depth_[b]);
          if (depth_[a] == deeper) a = parent_[a];
          if (depth_[b] == deeper) b = parent_[b];
        }
        edges_.emplace_back(a, b);
      }
    }
    std::ranges::sort(edges_);
    edges_.erase(std::unique(edges_.begin(), edges_.end()), edges_.end());
  }

  // In which pass through those that are left each is taken.
  void CountPasses() {
    std::vector<uint32_t> waits(root_, 0), first(root_ + 1, 0);
    for (const auto& [from, to] : edges_) {
      ++waits[to];
      ++first[from + 1];
    }
    for (uint32_t node = 0; node < root_; ++node) first[node + 1] += first[node];
    std::priority_queue<Key, std::vector<Key>, std::greater<>> ready;
    for (uint32_t node = 0; node < root_; ++node) {
      if (waits[node] == 0) ready.push(KeyOf(node));
    }
    std::vector<bool> taken(root_, false);
    std::vector<uint32_t> by_place;  // made where groups wait for each other
    for (uint32_t left = root_, at = 0, last = 0; left > 0; --left) {
      if (ready.empty()) {
        if (by_place.empty()) by_place = ByPlace();
        while (taken[by_place[at]]) ++at;
        pass_[by_place[at]] = last + 1;
        ready.push(KeyOf(by_place[at]));
      }
      const uint32_t node = std::get<2>(ready.top());
      ready.pop();
      taken[node] = true;
      last = std::max(last, pass_[node]);
      for (uint32_t e = first[node]; e < first[node + 1]; ++e) {
        const uint32_t next = edges_[e].second;
        if (taken[next]) continue;
        pass_[next] = std::max(pass_[next], pass_[node] + (place_[node] < place_[next] ? 0 : 1));
        if (--waits[next] == 0) ready.push(KeyOf(next));
      }
    }
  }

  std::vector<uint32_t> ByPlace() const {
    std::vector<uint32_t> nodes(root_);
    for (uint32_t node = 0; node < root_; ++node) nodes[node] = node;
    std::ranges::stable_sort(nodes, {}, [&](uint32_t node) { return place_[node]; });
    return nodes;
  }

  const Dag& dag_;
  const uint32_t tasks_;
  uint32_t root_ = 0;
  std::vector<uint32_t> parent_, depth_, place_, pass_;
  std::vector<std::pair<uint32_t, uint32_t>> edges_;
};

}  // namespace

DagOrder OrderOf(const Dag& dag) { return Tree(dag).Order(); }

std::string_view LabelIn(std::string_view group_id, std::string_view id) {
  const size_t prefix = group_id.size() + 1;
  if (group_id.empty() || id.size() <= prefix || !id.starts_with(group_id)) return id;
  return id[group_id.size()] == '.' ? id.substr(prefix) : id;
}

}  // namespace gale
