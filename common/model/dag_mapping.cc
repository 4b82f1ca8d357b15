// Task groups and mapped tasks of a DAG: checked and laid out.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/base/limits.h"
#include "common/base/text_limits.h"
#include "common/model/dag.h"
#include "common/model/expand.h"
#include "common/model/references.h"

namespace gale {
namespace {

using Json = nlohmann::json;

constexpr size_t kGroupsDepthMax = 50;

bool HasFunction(const ExpandSource& source) {
  return source.kind == ExpandSource::Kind::kMap ||
         std::ranges::any_of(source.parts, [](const auto& part) { return HasFunction(part); });
}

void ForEachLiteral(const ExpandSource& source,
                    const std::function<void(const ExpandSource&)>& visit) {
  if (source.kind == ExpandSource::Kind::kLiteral) visit(source);
  for (const ExpandSource& part : source.parts) ForEachLiteral(part, visit);
}

}  // namespace

std::span<const uint32_t> Dag::mapping(TaskIndex t) const {
  if (mappings_.empty()) return {};
  return mappings_[t.value];
}

bool Dag::in_mapped_group_directly(TaskIndex t) const {
  const std::string& group = task(t).task_group_id;
  return !group.empty() && spec_.groups[group_by_id_.at(group)].expand.has_value();
}

size_t Dag::SharedMappedGroups(TaskIndex a, TaskIndex b) const {
  const auto of_a = mapping(a), of_b = mapping(b);
  // What a task expands by itself stands in its own mapping only.
  const auto [first, second] = std::ranges::mismatch(of_a, of_b);
  return static_cast<size_t>(first - of_a.begin());
}

Status Dag::LayOutGroups() {
  if (spec_.groups.size() > limits::kTasksPerDagMax) {
    return ResourceExhausted("task_groups: {} are over the limit kTasksPerDagMax = {}",
                             spec_.groups.size(), limits::kTasksPerDagMax);
  }
  group_mapping_.resize(spec_.groups.size());
  std::vector<size_t> depth(spec_.groups.size());
  for (uint32_t i = 0; i < spec_.groups.size(); ++i) {
    const TaskGroupSpec& group = spec_.groups[i];
    GALE_RETURN_IF_ERROR(CheckId("group_id", group.group_id));
    auto refused = [&](std::string_view why) {
      return InvalidArgument("task group '{}': {}", group.group_id, why);
    };
    if (Find(group.group_id)) return refused("group_id: a task has this id, too");
    if (!group.parent_group_id.empty()) {
      auto parent = group_by_id_.find(group.parent_group_id);
      if (parent == group_by_id_.end()) {
        return refused(fmt::format("parent_group_id: '{}' is no group that stands before it",
                                   group.parent_group_id));
      }
      depth[i] = depth[parent->second] + 1;
      group_mapping_[i] = group_mapping_[parent->second];
    }
    if (depth[i] > kGroupsDepthMax) return refused(fmt::format("over {} deep", kGroupsDepthMax));
    if (!group_by_id_.emplace(group.group_id, i).second) return refused("group_id: used twice");
    if (!group.expand) continue;
    if (Status bad = CheckExpand(*group.expand, ""); !bad.ok()) {
      return bad.WithContext(fmt::format("task group '{}': expand", group.group_id));
    }
    group_mapping_[i].push_back(static_cast<uint32_t>(expands_.size()));
    AddExpand(*group.expand, group.group_id);
  }
  return OkStatus();
}

void Dag::AddExpand(const ExpandSpec& expand, const std::string& group) {
  expands_.push_back(&expand);
  group_of_expand_.push_back(group);
  for (const ExpandArgument& argument : expand.arguments) {
    maps_by_function_ |= HasFunction(argument.source);
    ForEachLiteral(argument.source, [&](const ExpandSource& source) {
      if (auto elements = JsonElements::Parse(source.json)) {
        literals_.emplace(&source, *std::move(elements));
      }
    });
  }
}

// A source's task must be upstream of who reads it, or the reader could start before it has ended.
Status Dag::CheckSources(const ExpandSpec& expand, TaskIndex reader) const {
  Status status;
  ForEachSourceTask(expand, [&](const ExpandSource& source) {
    if (!status.ok()) return;
    const auto found = Find(source.task_id);
    if (!found) {
      status = InvalidArgument("'{}' is no task of this DAG", source.task_id);
    } else if (std::ranges::find(upstream(reader), *found) == upstream(reader).end()) {
      status = InvalidArgument("task '{}' is not upstream of task '{}'", source.task_id,
                               task(reader).task_id);
    }
  });
  return status;
}

Status Dag::CheckArguments(TaskIndex t) {
  if (task(t).arguments_json.empty()) return OkStatus();
  const Json arguments = Json::parse(task(t).arguments_json, nullptr, /*allow_exceptions=*/false);
  if (!arguments.is_object()) return InvalidArgument("arguments_json: expected a JSON object");
  Status status;
  ForEachReference(arguments, [&](const Json& reference) {
    const std::string type = reference["__type"];
    if (type == "xcomref") {
      const auto found = Find(ReferenceField(reference, "task_id"));
      if (!found) {
        status = InvalidArgument("arguments_json: '{}' is no task of this DAG",
                                 ReferenceField(reference, "task_id"));
        return;
      }
      keeps_value_.resize(size());
      keeps_value_[found->value] = true;
    }
    if (type == "group_argument" && !group_by_id_.contains(ReferenceField(reference, "group_id"))) {
      status = InvalidArgument("arguments_json: '{}' is no task group of this DAG",
                               ReferenceField(reference, "group_id"));
    }
  });
  return status;
}

Status Dag::LayOutMapping() {
  for (uint32_t i = 0; i < size(); ++i) {
    const TaskSpec& spec = spec_.tasks[i];
    auto within = [&](const Status& status) {
      return status.ok() ? status : status.WithContext(fmt::format("task '{}'", spec.task_id));
    };
    std::vector<uint32_t> mapping;
    if (!spec.task_group_id.empty()) {
      auto group = group_by_id_.find(spec.task_group_id);
      if (group == group_by_id_.end()) {
        return within(InvalidArgument("task_group_id: '{}' is no task group of this DAG",
                                      spec.task_group_id));
      }
      mapping = group_mapping_[group->second];
    }
    GALE_RETURN_IF_ERROR(within(CheckArguments(TaskIndex(i))));
    if (spec.expand) {
      if (!mapping.empty()) {  // as in Airflow
        return within(InvalidArgument("expand: it is in a mapped task group: it can't be mapped"));
      }
      Status bad = CheckExpand(*spec.expand, spec.operator_name);
      if (bad.ok()) bad = CheckSources(*spec.expand, TaskIndex(i));
      if (!bad.ok()) return within(bad.WithContext("expand"));
      mapping.push_back(static_cast<uint32_t>(expands_.size()));
      AddExpand(*spec.expand, "");
    }
    if (mapping.empty() && mappings_.empty()) continue;
    mappings_.resize(size());
    mappings_[i] = std::move(mapping);
  }
  for (const TaskGroupSpec& group : spec_.groups) {
    if (!group.expand) continue;
    Status status;
    ForEachSourceTask(*group.expand, [&](const ExpandSource& source) {
      if (!Find(source.task_id)) {
        status = InvalidArgument("task group '{}': expand: '{}' is no task of this DAG",
                                 group.group_id, source.task_id);
      }
    });
    GALE_RETURN_IF_ERROR(status);
  }
  for (const ExpandSpec* expand : expands_) {
    map_source_.resize(size());
    keeps_value_.resize(size());
    ForEachSourceTask(*expand, [&](const ExpandSource& source) {
      const TaskIndex task = *Find(source.task_id);
      map_source_[task.value] = keeps_value_[task.value] = true;
    });
  }
  for (uint32_t i = 0; i < size(); ++i) {  // the first ones of a mapped group wait for its sources
    const TaskIndex t(i);
    for (const uint32_t m : mapping(t)) {
      if (task(t).expand && &*task(t).expand == expands_[m]) continue;
      const bool first = std::ranges::none_of(upstream(t), [&](TaskIndex u) {
        return std::ranges::find(mapping(u), m) != mapping(u).end();
      });
      if (!first) continue;
      if (Status bad = CheckSources(*expands_[m], t); !bad.ok()) {
        return bad.WithContext(
            fmt::format("task '{}': the mapped group around it", task(t).task_id));
      }
    }
  }
  return OkStatus();
}

}  // namespace gale
