// What the worker's machine does: of what /proc and a command for its devices print. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gale/v1/worker.pb.h"

namespace gale::worker {

// Of /proc/stat's first line, in ticks since the machine's start; and how many cores it names.
struct CpuTicks {
  uint64_t busy = 0, all = 0;
  uint32_t cores = 0;
};
std::optional<CpuTicks> ParseStat(std::string_view proc_stat);
// Cores that were in use between two looks.
double CoresInUse(const CpuTicks& before, const CpuTicks& after);

struct Memory {
  uint64_t bytes = 0, used_bytes = 0;  // used: not available to anybody else
};
std::optional<Memory> ParseMeminfo(std::string_view proc_meminfo);

// A line for each: "index, model, load in percent, MiB used, MiB in all, degrees"; of what isn't a
// number ("[N/A]") nothing is known. A line that isn't of this form is passed over; at most
// kDevicesMax are taken.
std::vector<v1::Device> ParseDevices(std::string_view output);

}  // namespace gale::worker
