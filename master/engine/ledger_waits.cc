#include "master/engine/ledger_waits.h"

#include <algorithm>

namespace gale {

void LedgerWaits::Need(LedgerNeed need, Then then, DueRuns due) {
  Waiting& asked = asked_[need.key];
  if (then) {
    asked.then.push_back(std::move(then));
    ++requests_asked_;
  }
  if (asked.need.number != 0) return;
  need.term = term_;
  need.number = ++numbers_;
  asked.need = std::move(need);
  asked.due = std::move(due);
}

const LedgerWaits::Waiting* LedgerWaits::Find(const Key& key) const {
  if (auto asked = asked_.find(key); asked != asked_.end()) return &asked->second;
  auto it = waiting_.find(key);
  return it == waiting_.end() || answered_.contains(key) ? nullptr : &it->second;
}

std::optional<LedgerWaits::Waiting> LedgerWaits::Take(const LedgerAnswer& answer) {
  const Key& key = answer.need.key;
  auto it = waiting_.find(key);
  if (answer.need.term != term_ || it == waiting_.end() || answered_.contains(key) ||
      answer.need.number != it->second.need.number) {
    return std::nullopt;
  }
  if (Outdated(answer)) {
    needs_.push_back(it->second.need);
    return std::nullopt;
  }
  Waiting taken = it->second;  // a copy: the turn may be taken back
  answered_.insert(key);
  if (auto asked = asked_.extract(key)) {
    std::ranges::move(asked.mapped().then, std::back_inserter(taken.then));
  }
  return taken;
}

void LedgerWaits::AskAgain() {
  for (LedgerNeed& need : std::exchange(postponed_, {})) {
    auto it = waiting_.find(need.key);
    if (it != waiting_.end() && it->second.need.number == need.number) {
      needs_.push_back(std::move(need));
    }
  }
}

void LedgerWaits::OnUnload(const core::Run& run, uint64_t turn) {
  if (waiting_.empty()) return;  // whatever is asked from now on is read after this turn
  if (left_.size() >= kLeftRunsMax) {
    left_.clear();
    left_from_ = turn;
  }
  left_[run.id()] = {turn, run.head.dag_id, run.head.logical_date};
}

void LedgerWaits::OnCommitted() {
  if (asked_.empty() && answered_.empty()) return;
  for (const Key& key : answered_) waiting_.erase(key);
  answered_.clear();
  for (auto& [key, asked] : asked_) {
    auto [it, fresh] = waiting_.try_emplace(key, asked);
    if (fresh) {
      needs_.push_back(asked.need);
    } else {
      std::ranges::move(asked.then, std::back_inserter(it->second.then));
    }
  }
  asked_.clear();
  requests_ = requests_asked_ = 0;
  for (const auto& [key, waiting] : waiting_) requests_ += waiting.then.size();
  if (waiting_.empty()) left_.clear();
}

void LedgerWaits::OnTakenBack() {
  // Most are heard again at once. One whose own turn is refused is dropped, and asked for again.
  for (const Key& key : answered_) Postpone(waiting_.at(key).need);
  asked_.clear();
  answered_.clear();
  requests_asked_ = 0;
}

void LedgerWaits::Forget() {
  const uint64_t term = term_ + 1, numbers = numbers_;
  *this = LedgerWaits();
  term_ = term;
  numbers_ = numbers;
}

std::vector<LedgerNeed> LedgerWaits::TakeNeeds(uint64_t turn) {
  for (LedgerNeed& need : needs_) need.turn = turn;
  return std::exchange(needs_, {});
}

bool LedgerWaits::Outdated(const LedgerAnswer& answer) const {
  const LedgerNeed& need = answer.need;
  if (need.turn < left_from_) return true;
  if (need.key.kind == LedgerNeed::Kind::kPast || need.key.kind == LedgerNeed::Kind::kSuccess) {
    const RunRow* found = answer.run ? &answer.run->row : nullptr;
    if (answer.success) found = &*answer.success;
    return std::ranges::any_of(left_, [&](const auto& entry) {
      const LeftRun& left = entry.second;
      return left.turn > need.turn && left.dag_id == need.key.dag_id && left.logical_date &&
             *left.logical_date < need.before &&
             (found == nullptr || *left.logical_date >= *found->logical_date);
    });
  }
  if (!answer.run) return false;
  auto left = left_.find(answer.run->row.id);
  return left != left_.end() && left->second.turn > need.turn;
}

}  // namespace gale
