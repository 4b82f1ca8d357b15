// Which template a start is forked from, which templates there are, and which go. Decides only:
// events in, steps out; templates.cc does them. Time is CLOCK_BOOTTIME in microseconds.
//
// A start names the templates that it can be forked from, the most special first (the DAG file's,
// then the SDK's). A special one is started only by the second start that names it; the last of the
// list at once. One that can't be forked from, dies or hangs is refused for a while, and costs
// nothing but itself: a start that it owes is done without a template.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/base/clock.h"

namespace gale::keeper {

class TemplatePool {
 public:
  static constexpr Duration kSecondStartWithin = std::chrono::minutes(10);
  static constexpr Duration kIdleMax = std::chrono::minutes(10);
  static constexpr Duration kRefusedFor = std::chrono::minutes(10);
  static constexpr Duration kAnswerMax = std::chrono::seconds(10);  // for the next of its forks
  static constexpr size_t kAskedAtOnce = 4;        // of one template: so many lie in its socket
  static constexpr int kStaleMax = 3;              // of one start; then its files change too often
  static constexpr size_t kRememberedMax = 1'000;  // ids: of starts, and of refusals

  struct Wanted {
    std::string id;
    Duration import_max;
  };
  struct Bounds {
    size_t number_max = 0;
    int64_t bytes_max = 0;
  };
  enum class Do {
    kStart,  // the template `serial` of `id`; the start `key` has its spec, and shows its output
    kAsk,    // `serial`, to fork for `key`
    kEnd,    // `serial`, at once; `why` is empty if there is nothing to say
    kFresh,  // `key`, without a template; `why` is empty if there is nothing to say
  };
  struct Step {
    Do what;
    uint64_t serial = 0;
    std::string id = {}, key = {}, why = {};
  };
  using Steps = std::vector<Step>;

  // A start wants to be forked. The bounds hold from now on.
  Steps Want(const std::string& key, std::vector<Wanted> wanted, Bounds bounds, int64_t now);
  // It was forked; it couldn't be by the template that was asked; nobody wants it any more.
  Steps Forked(const std::string& key, int64_t now);
  Steps NotForked(const std::string& key, const std::string& why, int64_t now);
  Steps Dropped(const std::string& key, int64_t now);

  // What a template says: it has imported all and holds so much memory of its own, it can't be
  // forked from, its files have changed. And that it is gone.
  Steps Ready(uint64_t serial, int64_t bytes, int64_t now);
  Steps Unforkable(uint64_t serial, const std::string& why, int64_t now);
  Steps Stale(uint64_t serial, int64_t now);
  Steps Gone(uint64_t serial, const std::string& why, int64_t now);
  // One of these is to come: nothing more is asked of it.
  void Closing(uint64_t serial);

  Steps OnTime(int64_t now);
  int64_t next() const;  // when OnTime is to be called; INT64_MAX: never
  size_t size() const { return templates_.size(); }

 private:
  struct Template {
    uint64_t serial = 0;
    std::string id;
    bool base = false;  // many kinds of starts can use it: it goes last
    bool ready = false;
    bool closing = false;
    int64_t bytes = 0;
    int64_t used_at = 0;
    int64_t answer_by = INT64_MAX;  // the import, or the next fork
    Duration import_max{0};
    std::deque<std::string> waiting;
    std::set<std::string> asked;
    bool idle() const { return ready && waiting.empty() && asked.empty(); }
  };
  struct Start {
    std::vector<Wanted> wanted;
    uint64_t serial = 0;
    int stales = 0;
  };

  void Route(const std::string& key, int64_t now, Steps& out);
  void Enter(Template& t, const std::string& key, int64_t now, Steps& out);
  Template* Find(const std::string& id);
  Template* Make(const Wanted& wanted, const std::string& key, bool base, int64_t now, Steps& out);
  void Pump(Template& t, int64_t now, Steps& out);
  void Fresh(const std::string& key, const std::string& why, Steps& out);
  void Remove(const std::string& key, int64_t now, Steps& out);
  // Its starts are done without a template.
  void Fail(uint64_t serial, const std::string& why, bool refuse, int64_t now, Steps& out);
  std::vector<std::string> End(uint64_t serial, const std::string& why, Steps& out);
  bool EndLeastUsed(Steps& out);
  void FitMemory(uint64_t but, Steps& out);
  void Refuse(const std::string& id, int64_t now);
  bool SeenBefore(const std::string& id, int64_t now);

  Bounds bounds_;
  uint64_t last_serial_ = 0;
  std::map<uint64_t, Template> templates_;
  std::map<std::string, Start> starts_;
  std::map<std::string, int64_t> seen_;     // id -> the last start that named it
  std::map<std::string, int64_t> refused_;  // id -> until when
};

}  // namespace gale::keeper
