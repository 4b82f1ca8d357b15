// What a story expects: states, effects, reasons.
#include "tests/scenarios/story.h"

#include <algorithm>

#include "tests/scenarios/story_text.h"

namespace gale::core::testing {

void Teller::Expect(const Words& w) {
  const std::string& what = w.at(0);
  const std::vector<std::string> rest(w.plain.begin() + 1, w.plain.end());
  if (auto state = ParseTiState(what)) return ExpectState(*state, w);
  if (what == "run") return ExpectRun(w);
  if (what == "why") return ExpectWhy(w);
  if (what == "pool") return ExpectPool(w);
  if (what == "wake") return ExpectWake(w);
  if (what == "nothing") {
    for (const char* effect :
         {"pushed", "dequeued", "cancelled", "dropped", "attempts", "changed"}) {
      ExpectEffects(effect, {});
    }
    return;
  }
  ExpectEffects(what, rest);
}

void Teller::ExpectState(TiState state, const Words& w) {
  if (w.plain.size() < 2) Wrong("expect {}: which task?", Name(state));
  for (size_t i = 1; i < w.plain.size(); ++i) {
    const Ref ref = FindTask(w.plain[i]);
    const Run run = world_.Recall(ref.run);
    if (!run.has(ref.task)) Wrong("there is no instance '{}'", w.plain[i]);
    const TiRow row = world_.Row(ref.run, ref.task);
    if (row.state != state || (ref.try_number != 0 && ref.try_number != row.try_number)) {
      Wrong("{} is {} (try {}), not {}: {}", w.plain[i], Name(row.state), row.try_number,
            Name(state), row.reason);
    }
  }
}

void Teller::ExpectRun(const Words& w) {
  const RunRow& head = world_.ledger.at(FindRun(w.at(1))).head;
  const std::string state(Name(head.state));
  if (state != w.at(2)) Wrong("run {} is {} ({})", w.at(1), state, head.reason);
  if (w.plain.size() > 3 && head.reason.find(w.at(3)) == std::string::npos) {
    Wrong("run {}: its reason is '{}'", w.at(1), head.reason);
  }
}

void Teller::ExpectEffects(const std::string& what, std::vector<std::string> wanted) {
  std::vector<std::string> got;
  if (what == "pushed") {
    for (const auto& q : world_.out.pushes) got.push_back(Call(q.attempt));
  } else if (what == "dequeued") {
    for (const auto& q : world_.out.removes) got.push_back(Call(q.attempt));
  } else if (what == "cancelled") {
    for (const auto& c : world_.out.cancels) got.push_back(Call(c.attempt) + ":" + c.reason);
  } else if (what == "dropped") {
    for (const auto& ref : world_.out.xcom_drops)
      got.push_back(Call({ref.run, ref.inst.task, ref.inst.map_index, 1}));
  } else if (what == "attempts") {
    for (const auto& a : world_.out.attempts)
      got.push_back(fmt::format("{}:{}", Call(a.id), Name(a.state)));
  } else if (what == "ended") {
    for (RunId id : world_.out.ended) got.push_back(world_.ledger.at(id).head.run_id);
  } else if (what == "changed") {
    for (const auto& [id, c] : world_.out.tis)
      got.push_back(Call({id, c.inst.task, c.inst.map_index, 1}));
  } else {
    Wrong("nothing called '{}' can be expected", what);
  }
  if (what != "pushed") {  // of the others the order says nothing
    std::sort(got.begin(), got.end());
    std::sort(wanted.begin(), wanted.end());
  }
  bool same = got.size() == wanted.size();
  for (size_t i = 0; same && i < got.size(); ++i) {
    // "a" stands for "a:whatever"; of a reason its beginning is enough.
    same = got[i] == wanted[i] || got[i].starts_with(wanted[i] + ":") ||
           (wanted[i].find(':') != std::string::npos && got[i].starts_with(wanted[i]));
  }
  if (!same) Wrong("{}: {}, wanted {}", what, Join(got), Join(wanted));
}

// Of a task, or of a run if there is one of that name.
void Teller::ExpectWhy(const Words& w) {
  const std::string& name = w.at(1);
  bool is_run = false;
  for (const auto& [id, l] : world_.ledger) is_run |= l.head.run_id == name;
  const RunId id = is_run ? FindRun(name) : FindTask(name).run;
  const Run run = world_.Recall(id);
  const Run* live = world_.scheduler->Find(id);
  const Run& told = live != nullptr ? *live : run;
  const auto why = is_run ? world_.scheduler->ExplainRun(told, world_.now)
                          : world_.scheduler->Explain(told, FindTask(name).task, world_.now);
  const std::string all = fmt::format("{}", fmt::join(Sentences(why, world_.now), "; "));
  if (all.find(w.at(2)) == std::string::npos) Wrong("{}: it says '{}'", name, all);
}

void Teller::ExpectPool(const Words& w) {
  const auto usage = world_.scheduler->admission().Usage(w.at(1));
  for (const auto& [key, value] : w.options) {
    const uint64_t got = key == "held" ? usage.held : usage.waiting;
    if (std::to_string(got) != value) Wrong("pool {}: {} {}", w.at(1), got, key);
  }
}

// From the time of the last act.
void Teller::ExpectWake(const Words& w) {
  const auto wake = world_.scheduler->NextWake();
  if (w.at(1) == "never") {
    if (wake) Wrong("it wakes at +{} s", Seconds(*wake - world_.now));
    return;
  }
  if (!wake || *wake - world_.now != ParseDuration(w.at(1))) {
    Wrong("it wakes {}", wake ? fmt::format("at +{} s", Seconds(*wake - world_.now)) : "never");
  }
}

}  // namespace gale::core::testing
