// Bounds of what is told of how things stand.
#pragma once

#include <cstddef>

namespace gale::limits {

inline constexpr size_t kWaitGroupsMax = 100;  // causes that are told, the most first
inline constexpr size_t kHoldersMax = 1'000;   // task instances of a pool or a worker that are told
inline constexpr size_t kHoldersDefault = 100;
inline constexpr size_t kTimelineRowsMax = 200;  // DAGs on the line of time: those that ran first
inline constexpr size_t kDevicesMax = 64;        // of a worker

}  // namespace gale::limits
