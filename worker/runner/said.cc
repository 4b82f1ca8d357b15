#include "worker/runner/said.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <nlohmann/json.hpp>

#include "common/base/limits.h"
#include "common/base/text.h"
#include "common/base/text_limits.h"
#include "common/rpc/convert.h"
#include "worker/runner/json_parts.h"

namespace gale::worker {
namespace {

constexpr std::array<std::string_view, 4> kEnds = {"SucceedTask", "TaskState", "RetryTask",
                                                   "RescheduleTask"};
// Of an end: what is kept of it, and how much of each.
constexpr std::array<std::string_view, 7> kKept = {
    "type", "state", "reason", "retry_reason", "reschedule_date", "rendered_map_index", "end_date"};
constexpr size_t kKeptBytesMax = 8 << 10;
static_assert(kKeptBytesMax * 7 <= limits::kTaskEndBytesMax);

void TakeSkips(std::string_view tasks, v1::Finished* out) {
  out->clear_skips();
  const auto items = JsonItems(tasks);
  if (!items) return;
  for (std::string_view item : *items) {
    auto task_id = JsonText(item);
    std::optional<int32_t> map_index;
    if (!task_id) {  // [task_id, map_index]
      const auto pair = JsonItems(item);
      if (!pair || pair->size() != 2) continue;
      task_id = JsonText((*pair)[0]);
      int32_t index = 0;
      const std::string_view digits = (*pair)[1];
      const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), index);
      if (!task_id || read.ec != std::errc()) continue;
      map_index = index;
    }
    v1::TaskSkip& skip = *out->add_skips();
    skip.set_task_id(std::move(*task_id));
    if (map_index) skip.set_map_index(*map_index);
  }
}

void TakeXCom(const JsonFieldsMap& fields, v1::Finished* out) {
  const auto value = fields.find("value");
  if (value == fields.end()) return;
  const std::string key = TextField(fields, "key");
  auto& xcoms = *out->mutable_xcoms();
  auto xcom = std::ranges::find(xcoms, key, [](const v1::XCom& x) { return x.key(); });
  if (xcom == xcoms.end()) xcom = (*out->add_xcoms() = {}, std::prev(xcoms.end()));
  xcom->set_key(key);
  xcom->set_value_json(std::string(value->second));
}

void TakeEnd(std::string_view type, const JsonFieldsMap& fields, v1::Finished* out) {
  std::string reason = TextField(fields, "reason");
  if (reason.empty()) reason = TextField(fields, "retry_reason");
  out->set_rendered_map_index(TextField(fields, "rendered_map_index"));
  if (type == "SucceedTask") {
    out->set_outcome(v1::Finished::SUCCESS);
  } else if (type == "RetryTask") {
    out->set_outcome(v1::Finished::FAILED);
    if (reason.empty()) reason = "the task failed";
  } else if (type == "RescheduleTask") {
    const std::string date = TextField(fields, "reschedule_date");
    if (const auto at = ParseTime(date); at.ok()) {
      out->set_outcome(v1::Finished::RESCHEDULED);
      *out->mutable_reschedule_at() = ToProto(*at);
    } else {
      out->set_outcome(v1::Finished::FAILED);
      reason = fmt::format("it wants to come again at '{}', which is no time", date);
    }
  } else if (TextField(fields, "state") == "skipped") {
    out->set_outcome(v1::Finished::SKIPPED);
    if (reason.empty()) reason = "skipped";
  } else {
    out->set_outcome(v1::Finished::FAILED_NO_RETRY);
    if (reason.empty()) reason = "the task failed";
  }
  out->set_reason(RepairText(reason, limits::kReasonBytesMax));
}

}  // namespace

bool IsEnd(std::string_view type) { return std::ranges::find(kEnds, type) != kEnds.end(); }

std::optional<std::string> EndToKeep(std::string_view message) {
  const auto fields = JsonFields(message);
  if (!fields || !IsEnd(TextField(*fields, "type"))) return std::nullopt;
  nlohmann::json kept = nlohmann::json::object();
  for (std::string_view name : kKept) {
    if (std::string text = TextField(*fields, name); !text.empty()) {
      kept[std::string(name)] = RepairText(text, kKeptBytesMax / 2);  // JSON may escape it
    }
  }
  return kept.dump();
}

bool TakeSaid(const std::vector<std::string>& said, v1::Finished* out) {
  bool ended = false;
  for (const std::string& message : said) {
    const auto fields = JsonFields(message);
    if (!fields) continue;
    const std::string type = TextField(*fields, "type");
    if (type == "SetRenderedFields") {
      const auto rendered = fields->find("rendered_fields");
      if (rendered != fields->end()) {
        out->set_rendered_fields_json(std::string(rendered->second));
      }
    } else if (type == "SkipDownstreamTasks") {
      const auto tasks = fields->find("tasks");
      if (tasks != fields->end()) TakeSkips(tasks->second, out);
    } else if (type == "SetXCom") {
      TakeXCom(*fields, out);
    } else if (IsEnd(type)) {
      ended = true;
      TakeEnd(type, *fields, out);
      break;  // the first counts: what comes behind was told again
    }
  }
  // What a branch passes by is passed by only if it came to its end.
  if (!ended || out->outcome() != v1::Finished::SUCCESS) out->clear_skips();
  return ended;
}

}  // namespace gale::worker
