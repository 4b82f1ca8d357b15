// What a mapped task or group is mapped over: checked here, and how many elements it makes.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/status.h"
#include "common/model/dag_spec.h"

namespace gale {

// Refuses what makes no sense by itself: nothing to expand over, an argument named twice, a literal
// that is neither a list nor an object, sources nested too deep. `operator_name` is of the task,
// whose own arguments may be mapped and no others; empty: of a group.
Status CheckExpand(const ExpandSpec& expand, std::string_view operator_name);

// Calls `visit` with every task whose result it is mapped over, a task as often as it stands there.
void ForEachSourceTask(const ExpandSpec& expand,
                       const std::function<void(const ExpandSource&)>& visit);

// How many elements a literal has; nullopt: it is neither a list nor an object.
std::optional<uint64_t> JsonLength(std::string_view json);

// How many elements `expand` makes. `length_of` tells of a source of kind kXCom; nullopt if one of
// them isn't known yet. At most limits::kMapElementsMax + 1: what is more counts as that.
std::optional<uint64_t> ExpandedLength(
    const ExpandSpec& expand,
    const std::function<std::optional<uint64_t>(const ExpandSource&)>& length_of);

}  // namespace gale
