// The page /metrics: what parts told, as Prometheus reads it. Made anew for every request.
#pragma once

#include <map>
#include <string>

#include "common/base/metrics.h"

namespace prometheus {
struct MetricFamily;
}

namespace gale {

class Exposition : public MetricSink {
 public:
  Exposition();
  ~Exposition() override;
  void Count(std::string_view name, std::string_view help, uint64_t value, Labels labels) override;
  void Level(std::string_view name, std::string_view help, double value, Labels labels) override;
  void Durations(std::string_view name, std::string_view help, const DurationHistogram& histogram,
                 Labels labels) override;
  // By name.
  std::string Text() const;

 private:
  std::map<std::string, prometheus::MetricFamily, std::less<>> families_;
};

}  // namespace gale
