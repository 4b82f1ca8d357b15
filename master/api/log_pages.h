// Parts of task instances' logs: bytes from anywhere, when they came, what is found in them.
#pragma once

#include "master/api/control.h"
#include "master/logs/log_search.h"

namespace gale {

struct LogRange {
  TryLog log;
  uint64_t offset = 0;  // of data's first byte
  std::string data;
};

// Up to `bytes` (kLogRangeBytesMax) from `offset` on; of a negative one, as many before the end.
// Costs what it returns, however long the log is. `query.offset` doesn't count.
Result<LogRange> ReadLogRange(Control& control, LogQuery query, int64_t offset, uint64_t bytes);

// When these bytes came; kLogTimesMax of them.
Result<std::vector<LogTime>> ReadLogTimes(Control& control, LogQuery query, int64_t offset,
                                          uint64_t bytes);

struct LogMarks {
  TryLog log;
  LogFound found;
};
// Looks through the log from its beginning, for kLogScanTimeMax and kLogScanBytesMax: found.bytes
// says how far. RESOURCE_EXHAUSTED: kLogScansMax others are being looked through.
Result<LogMarks> FindInLog(Control& control, LogQuery query, LogSearchOptions options);

}  // namespace gale
