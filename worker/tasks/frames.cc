#include "worker/tasks/frames.h"

#include <charconv>

#include "worker/runner/json_parts.h"
#include "worker/runner/runner.h"

namespace gale::worker {

std::string Frame(std::string_view body) {
  std::string out;
  out.reserve(kFrameHeaderBytes + body.size());
  for (int shift = 24; shift >= 0; shift -= 8) {
    out += static_cast<char>(body.size() >> shift & 0xff);
  }
  out += body;
  return out;
}

std::optional<size_t> FrameReader::Announced() const {
  if (bytes_.size() < kFrameHeaderBytes) return std::nullopt;
  size_t size = 0;
  for (size_t i = 0; i < kFrameHeaderBytes; ++i) size = size << 8 | static_cast<uint8_t>(bytes_[i]);
  return size;
}

std::optional<std::string> FrameReader::Next() {
  const auto size = Announced();
  if (!size || bytes_.size() < kFrameHeaderBytes + *size) return std::nullopt;
  std::string frame = bytes_.substr(kFrameHeaderBytes, *size);
  bytes_.erase(0, kFrameHeaderBytes + *size);
  return frame;
}

Result<Question> ParseQuestion(std::string_view frame) {
  const auto parts = JsonItems(frame);
  if (!parts || parts->size() != 2) return InvalidArgument("a question is [id, body]");
  Question question;
  const std::string_view id = (*parts)[0];
  const auto read = std::from_chars(id.data(), id.data() + id.size(), question.id);
  if (read.ec != std::errc() || read.ptr != id.data() + id.size()) {
    return InvalidArgument("a question's id is a number, not '{}'", id.substr(0, 40));
  }
  question.body = (*parts)[1];
  const auto fields = JsonFields(question.body);
  if (!fields) return InvalidArgument("a question's body is an object");
  question.type = TextField(*fields, "type");
  if (question.type.empty()) return InvalidArgument("a question has a type");
  return question;
}

std::string AnswerFrame(uint64_t id, std::string_view body, std::string_view error,
                        std::string_view detail) {
  const auto or_null = [](std::string_view json) { return json.empty() ? "null" : json; };
  if (error.empty()) return Frame(fmt::format("[{},{},null]", id, or_null(body)));
  return Frame(fmt::format(R"([{},null,{{"error":{},"detail":{}}}])", id, ToJsonString(error),
                           or_null(detail)));
}

}  // namespace gale::worker
