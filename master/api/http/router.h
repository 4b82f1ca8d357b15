// From a method and a path to a handler.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/metrics.h"
#include "master/api/auth.h"
#include "master/api/control.h"
#include "master/api/http/http_server.h"

namespace gale::http {

// What a handler gets.
struct Call {
  const Request& request;
  std::vector<std::string> args;  // the values of the route's {}s, in order
  Control& control;
  Auth& auth;
  Identity identity;  // of a route without a permission: empty
  Actor actor() const { return {identity.name, "rest_api"}; }
};
using HandlerFn = std::function<Response(const Call&)>;

struct Route {
  std::string method;
  std::string pattern;  // "/api/v2/dags/{}/dagRuns"; {} is one segment
  HandlerFn handler;
  bool open = false;  // needs no token
  Permission permission = Permission::kRead;
  Lane lane = Lane::kCommon;
};

// What a route's requests came to, by the hundreds of their status.
struct RouteMetrics {
  std::array<Counter, 6> answers;
  DurationHistogram took;
};

// Fixed once built; thread-safe then.
class Router {
 public:
  void Add(Route route);
  struct Match {
    const Route* route = nullptr;  // nullptr: none
    RouteMetrics* metrics = nullptr;
    std::vector<std::string> args;
    std::vector<std::string> allowed;  // not empty: the path is known, the method isn't (405)
  };
  // A fixed segment wins over a {} at the same place.
  Match Find(const Request& request) const;
  void Report(MetricSink& sink) const;

 private:
  struct Entry {
    Route route;
    std::vector<std::string> segments;  // "{}" for any
    std::unique_ptr<RouteMetrics> metrics;
  };
  std::vector<Entry> entries_;
};

}  // namespace gale::http
