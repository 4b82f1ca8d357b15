// Which DAG file is read next, and which one has to make room for it. Pure: time is an input.
//
// A file that is new or has changed is tried in one of the `quick` places, the last written first.
// One that isn't done within `budget` while another waits for its place goes aside: it goes on in
// one of the `slow` places, or, if none is free, is ended and waits for one. What was slow the
// last time and hasn't changed since goes there at once. So whatever slow files there are, a quick
// one waits for no more than `budget` times the quick ones before it, divided by `quick`.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "common/base/clock.h"

namespace gale {

class ParseQueue {
 public:
  struct Places {
    size_t quick = 2;
    size_t slow = 4;
    Duration budget = std::chrono::milliseconds(250);
  };
  struct Step {
    enum class What { kStart, kStartAside, kMoveAside, kEnd };
    What what = What::kStart;
    std::string path;
    bool operator==(const Step&) const = default;
  };

  explicit ParseQueue(Places places) : places_(places) {}

  // A file that waits already, or is being read, isn't added again. `changed`: what is known of
  // its last reading says nothing any more.
  void Add(const std::string& path, int64_t mtime_ns, bool changed);
  // A file that is being read, or waits, is no more to be read.
  void Remove(const std::string& path);
  // What is to be done now, in this order; it counts as done.
  std::vector<Step> Steps(MonoTime now);
  // When Steps has something to say although nothing else happened.
  std::optional<MonoTime> wake_at() const;
  void Done(const std::string& path, MonoTime now);
  // All that are being read died with their server, one of them may have killed it: they are read
  // again, each by itself, before anything else. Returns those that were by themselves: they did.
  std::vector<std::string> Died();
  // Nothing can be read: takes out all that wait.
  std::vector<std::string> TakeWaiting();
  // What was known of a file that is gone.
  void Forget(const std::string& path) { were_slow_.erase(path); }

  bool waits() const { return !fresh_.empty() || !slow_.empty() || !suspects_.empty(); }
  size_t size() const { return waiting_.size() + reading_.size(); }

 private:
  struct Reading {
    MonoTime since;
    bool aside = false;
    bool alone = false;
  };
  using Fresh = std::tuple<int64_t, uint64_t, std::string>;  // newest first, then as added

  void Start(const std::string& path, MonoTime now, bool aside, bool alone);
  size_t CountReading(bool aside) const;
  // The one in a quick place that has been there for the longest.
  std::map<std::string, Reading>::iterator OldestQuick();

  const Places places_;
  uint64_t added_ = 0;
  std::set<Fresh> fresh_;
  std::deque<std::string> slow_;
  std::deque<std::string> suspects_;
  std::set<std::string> waiting_;  // in one of the three
  std::map<std::string, Reading> reading_;
  std::set<std::string> were_slow_;
};

}  // namespace gale
