// The world around the scheduler, as a test sees it: a ledger that keeps the rows, a queue, and the
// engine's turn in its simplest form. It checks, after every event, all that must hold at any time:
//   - the scheduler's own audit;
//   - the ledger, written only from what the scheduler said changed, knows every task instance as
//     it is;
//   - the queue, moved only by pushes and removes, holds what the scheduler believes it holds;
//   - a scheduler started anew from the ledger stands exactly where this one stands (so normal
//     running and recovery agree, and nothing that could go on was left waiting).
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "master/core/scheduler.h"

namespace gale::core::testing {

class World {
 public:
  // What the ledger has of one run.
  struct Ledger {
    RunRow head;
    DagPtr dag;
    std::map<Inst, TiRow> rows;
  };

  explicit World(TimePoint start = TimePoint(std::chrono::seconds(1'700'000'000))) : now(start) {
    SetPool("default_pool", 128);
  }

  void SetPool(const std::string& name, int32_t slots) {
    pools_[name] = slots;
    scheduler->admission().SetPool(name, slots);
  }
  void DeletePool(const std::string& name) {
    pools_.erase(name);
    scheduler->admission().DeletePool(name);
  }
  void SetDag(DagPtr dag, bool paused) {
    dags_[dag->id()] = {dag, paused};
    scheduler->SetDag(dag, paused);
  }
  void SetPaused(const std::string& dag_id, bool paused) {
    dags_.at(dag_id).paused = paused;
    scheduler->SetPaused(dag_id, paused);
  }
  DagPtr dag(const std::string& id) const { return dags_.at(id).dag; }

  RunId Trigger(const std::string& dag_id, const std::string& name,
                std::optional<TimePoint> logical_date, TimePoint run_after) {
    RunRow head;
    head.id = RunId(static_cast<int64_t>(ledger.size()) + 1);
    head.dag_id = dag_id;
    head.run_id = name;
    head.logical_date = logical_date;
    head.run_after = run_after;
    head.queued_at = now;
    ledger[head.id] = {head, dag(dag_id), {}};
    scheduler->AddRun(head, dag(dag_id));
    return head.id;
  }

  // An event of a run that may have left memory: it is loaded, as the engine would.
  Decision Do(RunId id, const Event& event) {
    Load(id);
    Decision decision = scheduler->Handle(id, event, now);
    if (decision.granted) queue.erase(std::get<Claim>(event).attempt);
    return decision;
  }

  // The rest of the engine's turn: timers, starts and admissions, the run before, the commit.
  void Turn() {
    scheduler->Tick(now);
    for (bool again = true; again;) {
      scheduler->Flow(now);
      Output out = scheduler->TakeOutput();
      again = !out.needs_past.empty();
      for (RunId id : out.needs_past) AnswerPast(*scheduler, id);
      Commit(out);
    }
    std::vector<RunId> all;
    for (const auto& [id, run] : scheduler->runs()) all.push_back(id);
    scheduler->UnloadAtRest(all);
  }

  // The master dies and another takes over from the ledger. The queue survives.
  void Crash() {
    scheduler = Recovered();
    scheduler->TakeOutput();
  }

  // A run as the ledger knows it, live or over.
  Run Recall(RunId id) const {
    const Ledger& l = ledger.at(id);
    std::vector<TiRow> rows;
    for (const auto& [inst, row] : l.rows) rows.push_back(row);
    return Run(l.head, l.dag, rows);
  }
  TiRow Row(RunId id, Inst t) const {
    const Ledger& l = ledger.at(id);
    auto it = l.rows.find(t);
    return it != l.rows.end() ? it->second : Recall(id).ToRow(t);
  }

  // Empty if all is well.
  std::string Check() const {
    if (std::string bad = scheduler->Audit(); !bad.empty()) return "audit: " + bad;
    if (std::string bad = CheckLedger(); !bad.empty()) return "ledger: " + bad;
    std::set<AttemptId> believed;
    for (const QueuedAttempt& q : scheduler->Queued()) believed.insert(q.attempt);
    if (believed != queue) {
      return fmt::format("the queue holds {} attempts, the scheduler believes {}", queue.size(),
                         believed.size());
    }
    return CheckRecovery();
  }

  TimePoint now;
  std::unique_ptr<Scheduler> scheduler = std::make_unique<Scheduler>();
  std::map<RunId, Ledger> ledger;
  std::set<AttemptId> queue;
  // All that came out since it was last emptied.
  Output out;

 private:
  struct Current {
    DagPtr dag;
    bool paused = false;
  };

  static bool Same(const TiRow& a, const TiRow& b) {
    return a.state == b.state && a.try_number == b.try_number && a.max_tries == b.max_tries &&
           a.lost_tries == b.lost_tries && a.scheduled_at == b.scheduled_at &&
           a.queued_at == b.queued_at && a.start_date == b.start_date && a.end_date == b.end_date &&
           a.next_at == b.next_at && a.live == b.live && a.worker == b.worker &&
           a.value_length == b.value_length && a.reschedules == b.reschedules &&
           a.looks == b.looks && a.first_start == b.first_start && a.skips == b.skips;
  }

  void Load(RunId id) {
    if (scheduler->Find(id) != nullptr) return;
    LoadInto(*scheduler, id);
  }
  void LoadInto(Scheduler& s, RunId id) const {
    const Ledger& l = ledger.at(id);
    std::vector<TiRow> rows;
    for (const auto& [inst, row] : l.rows) rows.push_back(row);
    s.LoadRun(l.head, l.dag, rows, now);
  }

  // Memory first, then the ledger; as the engine does.
  void AnswerPast(Scheduler& s, RunId id) const {
    const Run* run = s.Find(id);
    if (run == nullptr) return;
    PastKnown past;
    const RunRow* best = nullptr;
    for (const auto& [other, l] : ledger) {
      if (l.head.dag_id != run->head.dag_id || !l.head.logical_date || !run->head.logical_date)
        continue;
      if (*l.head.logical_date >= *run->head.logical_date) continue;
      if (best == nullptr || *best->logical_date < *l.head.logical_date) best = &l.head;
    }
    if (best != nullptr) {
      past.exists = true;
      past.run = best->id;
      const Run* live = s.Find(best->id);
      const Run recalled = Recall(best->id);
      for (uint32_t i = 0; i < run->size(); ++i) {
        past.ok.push_back(
            Scheduler::PastAllows(live != nullptr ? *live : recalled, run->dag(), TaskIndex(i)));
      }
    }
    s.Handle(id, past, now);
  }

  void Commit(Output& o) {
    for (auto& [id, changed] : o.tis) {
      TiRow row = scheduler->Find(id)->ToRow(changed.inst);
      row.reason = changed.reason;
      ledger.at(id).rows[changed.inst] = row;
    }
    for (RunId id : o.runs) ledger.at(id).head = scheduler->Find(id)->head;
    for (const auto& q : o.removes) queue.erase(q.attempt);
    for (const auto& q : o.pushes) queue.insert(q.attempt);
    auto append = [](auto& to, auto& from) {
      to.insert(to.end(), std::make_move_iterator(from.begin()),
                std::make_move_iterator(from.end()));
    };
    append(out.tis, o.tis);
    out.runs.merge(o.runs);
    append(out.attempts, o.attempts);
    append(out.xcom_drops, o.xcom_drops);
    append(out.pushes, o.pushes);
    append(out.removes, o.removes);
    append(out.cancels, o.cancels);
    append(out.ended, o.ended);
  }

  std::string CheckLedger() const {
    for (const auto& [id, run] : scheduler->runs()) {
      const RunRow& head = ledger.at(id).head;
      if (head.state != run->head.state || head.start_date != run->head.start_date ||
          head.end_date != run->head.end_date || head.reason != run->head.reason ||
          head.clear_number != run->head.clear_number) {
        return fmt::format("run {} changed without a word ({} '{}' -> {} '{}')", id.value,
                           Name(head.state), head.reason, Name(run->head.state), run->head.reason);
      }
      const Run recalled = Recall(id);
      std::string bad;
      run->ForEach([&](Inst t) {
        if (!recalled.has(t)) {
          bad = fmt::format("task '{}' of run {} has no element {} in the ledger",
                            run->dag().task(t.task).task_id, id.value, t.map_index);
        } else if (!Same(recalled.ToRow(t), run->ToRow(t))) {
          bad = fmt::format("task '{}' [{}] of run {} changed without a word ({} -> {})",
                            run->dag().task(t.task).task_id, t.map_index, id.value,
                            Name(recalled.ti(t).state), Name(run->ti(t).state));
        }
      });
      if (!bad.empty()) return bad;
    }
    return "";
  }

  std::unique_ptr<Scheduler> Recovered() const {
    auto fresh = std::make_unique<Scheduler>();
    for (const auto& [name, slots] : pools_) fresh->admission().SetPool(name, slots);
    for (const auto& [id, d] : dags_) fresh->SetDag(d.dag, d.paused);
    for (const auto& [id, l] : ledger) {
      if (scheduler->Find(id) != nullptr) LoadInto(*fresh, id);
    }
    for (RunId id : fresh->TakeOutput().needs_past) AnswerPast(*fresh, id);
    fresh->Flow(now);
    return fresh;
  }

  std::string CheckRecovery() const {
    auto fresh = Recovered();
    if (std::string bad = fresh->Audit(); !bad.empty()) return "audit after recovery: " + bad;
    if (fresh->runs().size() != scheduler->runs().size()) return "recovery: other runs";
    for (const auto& [id, run] : scheduler->runs()) {
      const Run& other = *fresh->Find(id);
      if (other.head.state != run->head.state) {
        return fmt::format("recovery: run {} is {}, was {}", id.value, Name(other.head.state),
                           Name(run->head.state));
      }
      std::string bad;
      run->ForEach([&](Inst t) {
        const bool has = other.has(t);
        if (has && Same(other.ToRow(t), run->ToRow(t))) return;
        bad = fmt::format("recovery: task '{}' [{}] of run {} is {} (try {}), was {} (try {})",
                          run->dag().task(t.task).task_id, t.map_index, id.value,
                          has ? Name(other.ti(t).state) : "gone", has ? other.ti(t).try_number : 0,
                          Name(run->ti(t).state), run->ti(t).try_number);
      });
      if (!bad.empty()) return bad;
    }
    const auto then = fresh->NextWake(), here = scheduler->NextWake();
    if (then && *then > now && (!here || *here > *then)) return "recovery: it would wake earlier";
    return "";
  }

  std::map<std::string, int32_t> pools_;
  std::map<std::string, Current> dags_;
};

}  // namespace gale::core::testing
