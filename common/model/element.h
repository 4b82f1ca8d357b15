// What one instance of a mapped task has for its arguments.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/model/dag.h"
#include "common/model/json_elements.h"

namespace gale {

// The result of a task: of one that isn't mapped its elements; of a mapped one what its instances
// returned, in the order of their indexes, without those that returned nothing.
struct TaskValue {
  std::shared_ptr<const JsonElements> whole;  // nullptr: of a mapped one
  std::vector<std::string> each;
  size_t size() const { return whole ? whole->size() : each.size(); }
  std::string at(size_t i) const { return whole ? whole->at(i) : each[i]; }
};
using ValueOf = std::function<TaskValue(TaskIndex task)>;

// The arguments of the element, those that it has from mapped groups among them: a JSON object.
// INTERNAL: a value isn't there. UNIMPLEMENTED: only Python could tell.
Result<std::string> ElementArguments(const Dag& dag, TaskIndex task, int32_t map_index,
                                     const ValueOf& value_of);

}  // namespace gale
