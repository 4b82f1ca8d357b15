// The frames on a task's line: 4 bytes of length, big endian, then JSON. The task asks [id, body]
// and is answered [id, body, error].
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/status.h"

namespace gale::worker {

inline constexpr size_t kFrameHeaderBytes = 4;

std::string Frame(std::string_view body);

// Cuts what comes in into frames.
class FrameReader {
 public:
  void Add(std::string_view bytes) { bytes_ += bytes; }
  // How long the frame is that comes next, without its header; nullopt: not known yet.
  std::optional<size_t> Announced() const;
  // The next one, if it is whole.
  std::optional<std::string> Next();

 private:
  std::string bytes_;
};

// A question as it stands in its frame; the views are into it.
struct Question {
  uint64_t id = 0;
  std::string type;       // body's
  std::string_view body;  // a JSON object
};
// kInvalidArgument: it is none.
Result<Question> ParseQuestion(std::string_view frame);

// `error` empty: `body` is the answer; else `detail` belongs to it. body, detail: JSON, empty: null.
std::string AnswerFrame(uint64_t id, std::string_view body, std::string_view error = "",
                        std::string_view detail = "");

// {"type":"OKResponse","ok":true}
inline constexpr std::string_view kOk = R"({"type":"OKResponse","ok":true})";

}  // namespace gale::worker
