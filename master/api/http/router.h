// From a method and a path to one of the operations that were added.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/metrics.h"
#include "master/api/http/http.h"

namespace gale::http {

// What an operation's requests came to, by the hundreds of their status.
struct RouteMetrics {
  std::array<Counter, 6> answers;
  DurationHistogram took;
};

// Fixed once built; thread-safe then.
class Router {
 public:
  // "/api/v2/dags/{dag_id}/dagRuns"; {...} is one segment.
  void Add(std::string method, std::string pattern);
  struct Match {
    static constexpr size_t kNone = SIZE_MAX;
    size_t index = kNone;  // of those added, in order
    RouteMetrics* metrics = nullptr;
    std::vector<std::string> args;     // the values of the {}s, in order
    std::vector<std::string> allowed;  // not empty: the path is known, the method isn't (405)
  };
  // A fixed segment wins over a {} at the same place.
  Match Find(const Request& request) const;
  void Report(MetricSink& sink) const;

 private:
  struct Entry {
    std::string method, pattern;
    std::vector<std::string> segments;
    std::unique_ptr<RouteMetrics> metrics;
  };
  std::vector<Entry> entries_;
};

}  // namespace gale::http
