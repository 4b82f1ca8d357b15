// Verbs: what a page shows of a DAG, in one answer.
#include <optional>

#include "master/api/dag_order.h"
#include "master/api/verbs.h"
#include "master/api/views.h"

namespace gale::verbs {
namespace {

void AddGroup(const TaskGroupSpec& group, v1::DagStructure& answer) {
  v1::StructureGroup& out = *answer.add_groups();
  out.set_group_id(group.group_id);
  out.set_label(group.display_name.empty()
                    ? std::string(LabelIn(group.parent_group_id, group.group_id))
                    : group.display_name);
  out.set_parent_id(group.parent_group_id);
  out.set_tooltip(group.tooltip);
  out.set_is_mapped(group.expand.has_value());
}

void AddTask(const Dag& dag, TaskIndex index, const UsualTimes& usual, v1::DagStructure& answer) {
  const TaskSpec& task = dag.task(index);
  v1::StructureTask& out = *answer.add_tasks();
  out.set_task_id(task.task_id);
  out.set_label(task.display_name.empty() ? std::string(LabelIn(task.task_group_id, task.task_id))
                                          : task.display_name);
  out.set_group_id(task.task_group_id);
  out.set_operator_name(task.operator_name);
  out.set_trigger_rule(task.trigger_rule);
  out.set_is_mapped(dag.is_mapped(index));
  out.set_is_setup(task.is_setup);
  out.set_is_teardown(task.is_teardown);
  out.set_retries(task.retries);
  out.set_pool(task.pool);
  out.set_queue(task.queue);
  out.set_doc_md(task.doc_md);
  if (const auto seconds = usual.Of(task.task_id)) out.set_usual_seconds(*seconds);
  for (const TaskIndex next : dag.downstream(index)) {
    v1::StructureEdge& edge = *answer.add_edges();
    edge.set_upstream(task.task_id);
    edge.set_downstream(dag.task(next).task_id);
    const auto label = task.edge_labels.find(dag.task(next).task_id);
    if (label != task.edge_labels.end()) edge.set_label(label->second);
  }
}

}  // namespace

Result<v1::DagStructure> GetDagStructure(Control& control,
                                         const v1::GetDagStructureRequest& request, const Actor&) {
  v1::DagStructure answer;
  answer.set_at(control.feed().at().ToString());
  GALE_ASSIGN_OR_RETURN(const int64_t current, control.CurrentVersion(request.dag_id()));
  const int64_t number = request.has_version_number() ? request.version_number() : current;
  GALE_ASSIGN_OR_RETURN(const DagVersionPtr version,
                        control.GetDagVersion(request.dag_id(), number));
  GALE_ASSIGN_OR_RETURN(const UsualTimesPtr usual, control.usual_times().Get(request.dag_id()));
  const Dag& dag = *version->dag;
  answer.set_dag_id(request.dag_id());
  answer.set_version_number(number);
  const DagOrder order = OrderOf(dag);
  for (const uint32_t group : order.groups) AddGroup(dag.spec().groups[group], answer);
  for (const TaskIndex task : order.tasks) AddTask(dag, task, *usual, answer);
  return answer;
}

}  // namespace gale::verbs
