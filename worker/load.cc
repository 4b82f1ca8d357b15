#include "worker/load.h"

#include <charconv>

#include "common/base/limits.h"
#include "common/base/limits_standing.h"

namespace gale::worker {
namespace {

std::string_view Trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return "";
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

std::vector<std::string_view> Split(std::string_view text, char by) {
  std::vector<std::string_view> out;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(by, begin), text.size());
    out.push_back(Trimmed(text.substr(begin, end - begin)));
    begin = end + 1;
  }
  return out;
}

template <class Number>
std::optional<Number> ToNumber(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// "MemTotal:       16316412 kB"
std::optional<uint64_t> Kilobytes(std::string_view meminfo, std::string_view name) {
  for (std::string_view line : Split(meminfo, '\n')) {
    if (!line.starts_with(name)) continue;
    line = Trimmed(line.substr(name.size()));
    return ToNumber<uint64_t>(line.substr(0, std::min(line.find(' '), line.size())));
  }
  return std::nullopt;
}

}  // namespace

std::optional<CpuTicks> ParseStat(std::string_view proc_stat) {
  CpuTicks out;
  for (std::string_view line : Split(proc_stat, '\n')) {
    if (!line.starts_with("cpu")) break;
    if (!line.starts_with("cpu ")) {
      ++out.cores;
      continue;
    }
    size_t column = 0;
    // user nice system idle iowait irq softirq steal; guests' are in user's already.
    for (std::string_view field : Split(line.substr(4), ' ')) {
      const auto ticks = ToNumber<uint64_t>(field);
      if (!ticks) continue;  // of two spaces
      if (column < 8) out.all += *ticks;
      if (column < 8 && column != 3 && column != 4) out.busy += *ticks;
      ++column;
    }
  }
  if (out.all == 0 || out.cores == 0) return std::nullopt;
  return out;
}

double CoresInUse(const CpuTicks& before, const CpuTicks& after) {
  if (after.all <= before.all || after.busy < before.busy) return 0;
  return static_cast<double>(after.busy - before.busy) /
         static_cast<double>(after.all - before.all) * after.cores;
}

std::optional<Memory> ParseMeminfo(std::string_view proc_meminfo) {
  const auto total = Kilobytes(proc_meminfo, "MemTotal:");
  const auto available = Kilobytes(proc_meminfo, "MemAvailable:");
  if (!total || !available || *available > *total) return std::nullopt;
  return Memory{*total << 10, (*total - *available) << 10};
}

std::vector<v1::Device> ParseDevices(std::string_view output) {
  std::vector<v1::Device> out;
  for (std::string_view line : Split(output, '\n')) {
    if (out.size() == limits::kDevicesMax) break;
    const std::vector<std::string_view> fields = Split(line, ',');
    if (fields.size() != 6) continue;
    const auto index = ToNumber<uint32_t>(fields[0]);
    const auto total = ToNumber<uint64_t>(fields[4]);
    if (!index || !total) continue;
    v1::Device& device = out.emplace_back();
    device.set_index(*index);
    device.set_model(std::string(fields[1].substr(0, limits::kIdBytesMax)));
    if (const auto load = ToNumber<double>(fields[2])) device.set_load(*load / 100);
    device.set_memory_used_bytes(ToNumber<uint64_t>(fields[3]).value_or(0) << 20);
    device.set_memory_bytes(*total << 20);
    if (const auto degrees = ToNumber<double>(fields[5])) device.set_temperature(*degrees);
  }
  return out;
}

}  // namespace gale::worker
