#include "master/api/log_pages.h"

#include <algorithm>
#include <atomic>

#include "common/base/limits.h"

namespace gale {
namespace {

constexpr size_t kBlockBytes = 1 << 20;

uint64_t BeginOf(const TryLog& log, int64_t offset) {
  if (offset >= 0) return static_cast<uint64_t>(offset);
  const uint64_t back = uint64_t{0} - static_cast<uint64_t>(offset);
  return back < log.size ? log.size - back : 0;
}

// Of this process: searches keep a thread and a core each.
class ScanTurn {
 public:
  ScanTurn() : ok_(scans_.fetch_add(1) < limits::kLogScansMax) {}
  ~ScanTurn() { scans_.fetch_sub(1); }
  ScanTurn(const ScanTurn&) = delete;
  ScanTurn& operator=(const ScanTurn&) = delete;
  bool ok() const { return ok_; }

 private:
  static inline std::atomic<uint32_t> scans_{0};
  const bool ok_;
};

}  // namespace

Result<LogRange> ReadLogRange(Control& control, LogQuery query, int64_t offset, uint64_t bytes) {
  LogRange range;
  GALE_ASSIGN_OR_RETURN(range.log, control.FindLog(std::move(query)));
  LogQuery part = range.log.query;
  part.offset = range.offset = BeginOf(range.log, offset);
  part.max_bytes = std::min<uint64_t>(bytes, limits::kLogRangeBytesMax);
  part.with_times = false;
  GALE_ASSIGN_OR_RETURN(LogPage page, control.PageOf(part));
  range.data = std::move(page.data);
  if (!range.data.empty()) {  // it may have grown meanwhile
    range.log.size = std::max(range.log.size, range.offset + range.data.size());
  }
  return range;
}

Result<std::vector<LogTime>> ReadLogTimes(Control& control, LogQuery query, int64_t offset,
                                          uint64_t bytes) {
  GALE_ASSIGN_OR_RETURN(const TryLog log, control.FindLog(std::move(query)));
  const uint64_t begin = BeginOf(log, offset);
  const uint64_t end = begin + std::min(bytes, log.size - std::min(log.size, begin));
  std::vector<LogTime> times;
  uint64_t start_at = 0;
  for (uint32_t start = log.query.first_start; start <= log.query.last_start; ++start) {
    const LogKey key = Control::KeyOf(log.query, start);
    GALE_ASSIGN_OR_RETURN(const uint64_t size, control.logs().Size(key));
    const uint64_t from = std::max(begin, start_at), to = std::min(end, start_at + size);
    if (from < to) {
      GALE_ASSIGN_OR_RETURN(const std::vector<LogTime> part,
                            control.logs().Times(key, from - start_at, to - from));
      for (const LogTime& time : part) {
        if (times.size() < limits::kLogTimesMax)
          times.push_back({time.offset + start_at, time.time});
      }
    }
    start_at += size;
  }
  return times;
}

Result<LogMarks> FindInLog(Control& control, LogQuery query, LogSearchOptions options) {
  if (options.text.size() > limits::kLogSearchBytesMax) {
    return InvalidArgument("the text to search for has {} bytes; at most {} are taken",
                           options.text.size(), limits::kLogSearchBytesMax);
  }
  LogMarks marks;
  GALE_ASSIGN_OR_RETURN(marks.log, control.FindLog(std::move(query)));
  const ScanTurn turn;
  if (!turn.ok()) {
    return ResourceExhausted("{} logs are being searched already: try again in a moment",
                             limits::kLogScansMax);
  }
  const MonoTime until = Clock::Real().Mono() + limits::kLogScanTimeMax;
  const uint64_t end = std::min(marks.log.size, limits::kLogScanBytesMax);
  options.marks_max = limits::kLogMarksMax;
  LogSearch search(std::move(options));
  LogQuery part = marks.log.query;
  part.with_times = false;
  for (part.offset = 0; part.offset < end && Clock::Real().Mono() < until;) {
    part.max_bytes = std::min<uint64_t>(kBlockBytes, end - part.offset);
    GALE_ASSIGN_OR_RETURN(const LogPage page, control.PageOf(part));
    if (page.data.empty()) break;  // it was removed meanwhile
    search.Take(page.data);
    part.offset += page.data.size();
  }
  marks.found = std::move(search).End();
  return marks;
}

}  // namespace gale
