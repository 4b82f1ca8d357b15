// What all tasks of a run have printed, as one text in the order of time.
//
// A line's time is when its end came to the master; of a last line without an end, when its task's try
// ended. So a line has its place for good once it is shown: pages follow one another by the place where
// the last one stopped, while the run goes on, and nothing is kept between them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "master/api/control.h"

namespace gale {

struct OutputLine {
  std::string task_id;
  int32_t map_index = kUnmapped;
  uint32_t try_number = 0;        // as people count them
  std::optional<TimePoint> time;  // absent: of a version of gale that kept no times
  std::string text;               // UTF-8; limits::kOutputLineBytesMax of it
};
struct RunOutput {
  std::vector<OutputLine> lines;  // limits::kOutputLinesMax, limits::kOutputBytesMax
  std::string next;               // `after` of the next page; empty: this was the last
  bool complete = false;          // the run has ended, and there is no more
  uint64_t logs_left_out = 0;     // beyond limits::kOutputLogsMax, of those that started last
};

// INVALID_ARGUMENT: `after` is no place that another page named. Of a run that goes on, the last
// moments are left to the next page: lines of several logs may still be on their way.
Result<RunOutput> ReadRunOutput(Control& control, const std::string& dag_id,
                                const std::string& run_id, const std::string& after);

}  // namespace gale
