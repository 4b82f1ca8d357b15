#include "master/core/waits.h"

namespace gale::core {
namespace {

std::optional<TimePoint> Earlier(std::optional<TimePoint> a, std::optional<TimePoint> b) {
  if (!a) return b;
  return b ? std::min(*a, *b) : a;
}

Check CheckOf(WaitBook::Place place, const std::string& queue, bool served) {
  Check check;
  check.met = false;
  switch (place) {
    case WaitBook::Place::kQueue:
      check.kind = served ? CheckKind::kQueue : CheckKind::kNoWorker;
      check.subject = queue;
      break;
    case WaitBook::Place::kRetry: check.kind = CheckKind::kRetryAt; break;
    case WaitBook::Place::kReschedule: check.kind = CheckKind::kRescheduleAt; break;
    case WaitBook::Place::kTrigger: check.kind = CheckKind::kTrigger; break;
    case WaitBook::Place::kNowhere:
    case WaitBook::Place::kRuns: break;
  }
  return check;
}

}  // namespace

WaitGroup& WaitGroups::Add(const Check& check, const std::string& dag_id, uint64_t count,
                           std::optional<TimePoint> oldest) {
  WaitGroup& group = groups_[{check.kind, check.subject, check.of.value_or(0)}];
  if (group.count == 0 || check.have > group.check.have) group.check = check;
  group.count += count;
  count_ += count;
  group.oldest = Earlier(group.oldest, oldest);
  group.dags[dag_id] += count;
  return group;
}

std::vector<WaitGroup> WaitGroups::Take() {
  std::vector<WaitGroup> out;
  for (auto& [key, group] : groups_) out.push_back(std::move(group));
  groups_.clear();
  std::stable_sort(out.begin(), out.end(),
                   [](const WaitGroup& a, const WaitGroup& b) { return a.count > b.count; });
  return out;
}

void WaitBook::Set(TiRef ref, Place place, const std::string& queue, const std::string& dag_id,
                   TimePoint since) {
  auto known = at_.find(ref);
  if (known != at_.end()) {
    const auto group = known->second.group;
    group->second.erase({known->second.since, ref});
    if (group->second.empty()) groups_.erase(group);
    if (place == Place::kNowhere) {
      at_.erase(known);
      return;
    }
  }
  if (place == Place::kNowhere) return;
  const bool of_queue = place == Place::kQueue || place == Place::kRuns;
  const auto group = groups_.try_emplace({place, of_queue ? queue : "", dag_id}).first;
  const int64_t at = since.time_since_epoch().count();
  group->second.insert({at, ref});
  at_[ref] = {group, at};
}

std::map<std::string, WaitBook::Queue> WaitBook::Queues() const {
  std::map<std::string, Queue> out;
  for (const auto& [key, members] : groups_) {
    const auto& [place, queue, dag] = key;
    if (place == Place::kRuns) out[queue].running += members.size();
    if (place != Place::kQueue) continue;
    Queue& of = out[queue];
    of.queued += members.size();
    of.oldest = Earlier(of.oldest, TimePoint(Duration(members.begin()->first)));
  }
  return out;
}

void WaitBook::AddTo(WaitGroups& groups, const std::string& dag_id,
                     const std::function<bool(const std::string&)>& served) const {
  for (const auto& [key, members] : groups_) {
    const auto& [place, queue, dag] = key;
    if (place == Place::kRuns || (!dag_id.empty() && dag != dag_id)) continue;
    const Check check = CheckOf(place, queue, place == Place::kQueue && served(queue));
    WaitGroup& group =
        groups.Add(check, dag, members.size(), TimePoint(Duration(members.begin()->first)));
    for (const auto& [since, ref] : members) {
      if (group.examples.size() == WaitGroup::kExamplesMax) break;
      group.examples.push_back(ref);
    }
  }
}

std::map<WaitBook::Place, uint64_t> WaitBook::Counts() const {
  std::map<Place, uint64_t> out;
  for (const auto& [key, members] : groups_) out[std::get<0>(key)] += members.size();
  return out;
}

}  // namespace gale::core
