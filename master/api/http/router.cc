#include "master/api/http/router.h"

#include <algorithm>

namespace gale::http {
namespace {

bool IsAny(const std::string& segment) { return segment.starts_with('{'); }

bool Matches(const std::vector<std::string>& pattern, const std::vector<std::string>& path) {
  if (pattern.size() != path.size()) return false;
  for (size_t i = 0; i < path.size(); ++i) {
    if (IsAny(pattern[i]) ? path[i].empty() : pattern[i] != path[i]) return false;
  }
  return true;
}

// Whether `a` has a fixed segment where `b`, for the first time they differ, has {}.
bool MoreFixed(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  for (size_t i = 0; i < a.size(); ++i) {
    if (IsAny(a[i]) != IsAny(b[i])) return IsAny(b[i]);
  }
  return false;
}

}  // namespace

void Router::Add(std::string method, std::string pattern) {
  Request request;
  GALE_CHECK(request.SetTarget(pattern), "route {}", pattern);
  entries_.push_back({std::move(method), std::move(pattern), std::move(request.segments),
                      std::make_unique<RouteMetrics>()});
}

Router::Match Router::Find(const Request& request) const {
  Match match;
  const Entry* best = nullptr;
  for (const Entry& entry : entries_) {
    if (!Matches(entry.segments, request.segments)) continue;
    if (entry.method != request.method) {
      match.allowed.push_back(entry.method);
    } else if (best == nullptr || MoreFixed(entry.segments, best->segments)) {
      best = &entry;
    }
  }
  if (best == nullptr) return match;
  match.allowed.clear();
  match.index = static_cast<size_t>(best - entries_.data());
  match.metrics = best->metrics.get();
  for (size_t i = 0; i < best->segments.size(); ++i) {
    if (IsAny(best->segments[i])) match.args.push_back(request.segments[i]);
  }
  return match;
}

void Router::Report(MetricSink& sink) const {
  constexpr std::array<std::string_view, 6> kClasses = {"", "1xx", "2xx", "3xx", "4xx", "5xx"};
  for (const Entry& entry : entries_) {
    bool asked = false;
    for (size_t i = 1; i < kClasses.size(); ++i) {
      const uint64_t answers = entry.metrics->answers[i].value();
      if (answers == 0) continue;
      asked = true;
      sink.Count("gale_http_requests_total", "Answers by operation and status.", answers,
                 {{"method", entry.method},
                  {"path", entry.pattern},
                  {"status", std::string(kClasses[i])}});
    }
    if (!asked) continue;
    sink.Durations("gale_http_request_seconds", "From the request's last byte to its answer.",
                   entry.metrics->took, {{"method", entry.method}, {"path", entry.pattern}});
  }
}

}  // namespace gale::http
