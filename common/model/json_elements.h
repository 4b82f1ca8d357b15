// The elements of a JSON list or object, found once and cut out when asked for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gale {

class JsonElements {
 public:
  // nullopt: `json` is neither a list nor an object, or no JSON at all.
  static std::optional<JsonElements> Parse(std::string json);

  size_t size() const { return spans_.size(); }
  // JSON. Of an object: [name, value].
  std::string at(size_t index) const;
  const std::string& text() const { return text_; }

 private:
  struct Span {
    uint32_t begin, end;
  };
  std::string text_;
  bool is_object_ = false;
  std::vector<Span> spans_;
};

}  // namespace gale
