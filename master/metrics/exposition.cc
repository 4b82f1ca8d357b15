// The only file that knows prometheus-cpp.
#include "master/metrics/exposition.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

namespace gale {
namespace {

prometheus::ClientMetric& Add(std::map<std::string, prometheus::MetricFamily, std::less<>>& to,
                              std::string_view name, std::string_view help,
                              prometheus::MetricType type, MetricSink::Labels&& labels) {
  auto family = to.find(name);
  if (family == to.end()) {
    family = to.emplace(std::string(name), prometheus::MetricFamily{}).first;
    family->second.name = name;
    family->second.help = help;
    family->second.type = type;
  }
  prometheus::ClientMetric& metric = family->second.metric.emplace_back();
  for (auto& [label, value] : labels) {
    metric.label.push_back({std::move(label), std::move(value)});
  }
  return metric;
}

}  // namespace

Exposition::Exposition() = default;
Exposition::~Exposition() = default;

void Exposition::Count(std::string_view name, std::string_view help, uint64_t value,
                       Labels labels) {
  Add(families_, name, help, prometheus::MetricType::Counter, std::move(labels)).counter.value =
      static_cast<double>(value);
}

void Exposition::Level(std::string_view name, std::string_view help, double value, Labels labels) {
  Add(families_, name, help, prometheus::MetricType::Gauge, std::move(labels)).gauge.value = value;
}

void Exposition::Durations(std::string_view name, std::string_view help,
                           const DurationHistogram& histogram, Labels labels) {
  auto& out =
      Add(families_, name, help, prometheus::MetricType::Histogram, std::move(labels)).histogram;
  uint64_t count = 0;  // a bucket of Prometheus has all that is below its bound
  for (size_t i = 0; i < DurationHistogram::kBoundsSeconds.size(); ++i) {
    count += histogram.bucket(i);
    out.bucket.push_back({count, DurationHistogram::kBoundsSeconds[i]});
  }
  out.sample_count = count + histogram.bucket(DurationHistogram::kBoundsSeconds.size());
  out.sample_sum = histogram.sum_seconds();
}

std::string Exposition::Text() const {
  std::vector<prometheus::MetricFamily> families;
  families.reserve(families_.size());
  for (const auto& [name, family] : families_) families.push_back(family);
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace gale
