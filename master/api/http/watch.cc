#include "master/api/http/watch.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <vector>

#include "common/base/limits.h"
#include "common/base/text.h"
#include "master/api/http/http.h"

namespace gale::http {
namespace {

struct Form {
  std::string_view name;
  Watch::Kind kind;
  std::string_view parts;  // behind the colon; empty: there is none
  size_t count;
};
constexpr std::array<Form, 8> kForms = {{
    {"dags", Watch::Kind::kDags, "", 0},
    {"runs", Watch::Kind::kRuns, "", 0},
    {"dag", Watch::Kind::kDag, "DAG", 1},
    {"run", Watch::Kind::kRun, "DAG/RUN", 2},
    {"files", Watch::Kind::kFiles, "", 0},
    {"pools", Watch::Kind::kPools, "", 0},
    {"workers", Watch::Kind::kWorkers, "", 0},
    {"log", Watch::Kind::kLog, "DAG/RUN/TASK/MAP/TRY", 5},
}};

// Of ids: each is a text that an id can be.
std::optional<std::vector<std::string>> Split(std::string_view text) {
  std::vector<std::string> parts;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find('/', begin), text.size());
    std::string& part = parts.emplace_back();
    if (!PercentDecode(text.substr(begin, end - begin), false, part) || part.empty() ||
        part.size() > limits::kIdBytesMax || FindBadUtf8(part) != std::string_view::npos) {
      return std::nullopt;
    }
    begin = end + 1;
  }
  return parts;
}

template <class Number>
bool Read(const std::string& text, Number min, Number& out) {
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, out);
  return error == std::errc() && rest == end && out >= min;
}

}  // namespace

Result<Watch> ParseWatch(std::string_view text) {
  const size_t colon = std::min(text.find(':'), text.size());
  const auto form = std::ranges::find(kForms, text.substr(0, colon), &Form::name);
  if (form == kForms.end()) {
    return InvalidArgument(
        "watch={}: it is one of dags, runs, dag:DAG, run:DAG/RUN, files, pools, workers, "
        "log:DAG/RUN/TASK/MAP/TRY",
        text);
  }
  const auto wrong = [&] {
    return form->count == 0 ? InvalidArgument("watch={}: nothing follows '{}'", text, form->name)
                            : InvalidArgument("watch={}: expected {}:{}, each part percent-encoded",
                                              text, form->name, form->parts);
  };
  Watch watch{form->kind};
  if (form->count == 0) return colon == text.size() ? Result<Watch>(watch) : wrong();
  if (colon == text.size()) return wrong();
  const auto parts = Split(text.substr(colon + 1));
  if (!parts || parts->size() != form->count) return wrong();
  watch.dag_id = (*parts)[0];
  if (form->count > 1) watch.run_id = (*parts)[1];
  if (form->count < 5) return watch;
  watch.task_id = (*parts)[2];
  if (!Read((*parts)[3], kUnmapped, watch.map_index) || !Read((*parts)[4], 1U, watch.try_number)) {
    return InvalidArgument("watch={}: MAP is a map index (-1: none) and TRY a try's number from 1",
                           text);
  }
  return watch;
}

}  // namespace gale::http
