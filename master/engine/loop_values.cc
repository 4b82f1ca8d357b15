// What tasks returned that others are mapped over: judged, kept while the run is in memory, and cut
// into the arguments of elements.
#include "common/base/text.h"
#include "common/base/text_limits.h"
#include "common/model/element.h"
#include "master/engine/loop.h"
#include "master/store/bounds.h"

namespace gale {

core::AttemptFinished Loop::Judge(const Dag& dag, const AttemptResult& result) const {
  core::AttemptFinished out = JudgeValue(dag, result);
  for (const AttemptResult::Skip& skip : result.skips) {
    const auto task = dag.Find(skip.task_id);
    if (!task) {
      out.skips.clear();
      out.outcome = core::Outcome::kFailed;
      out.value_length.reset();
      out.reason =
          fmt::format("it skips task '{}', which version {} of dag '{}' does not have",
                      RepairText(skip.task_id, limits::kIdBytesMax), dag.version(), dag.id());
      return out;
    }
    out.skips.push_back({*task, skip.map_index});
  }
  return out;
}

Status Loop::CheckRuns(const AttemptId& attempt) const {
  const core::Run* run = scheduler_->Find(attempt.run);
  const core::Inst inst = core::InstOf(attempt);
  if (run != nullptr && run->has(inst) && run->ti(inst).try_number == attempt.try_number &&
      run->ti(inst).state == TiState::kRunning) {
    return OkStatus();
  }
  return FailedPrecondition("attempt {} isn't running any more", attempt.ToString());
}

Status Loop::SetXCom(const AttemptId& by, XComRow row) {
  GALE_RETURN_IF_ERROR(CheckRuns(by));
  row.timestamp = now_;
  GALE_RETURN_IF_ERROR(CheckRow(row));
  batch_.xcoms.push_back(std::move(row));
  return OkStatus();
}

Status Loop::DeleteXCom(const AttemptId& by, const XComName& name) {
  GALE_RETURN_IF_ERROR(CheckRuns(by));
  std::erase_if(batch_.xcoms, [&](const XComRow& row) {
    return row.run == name.ti.run && row.task == name.ti.task &&
           row.map_index == name.ti.map_index && row.key == name.key;
  });
  batch_.xcom_name_deletes.push_back(name);
  return OkStatus();
}

void Loop::KeepRendered(const AttemptResult& result) {
  const AttemptId& id = result.finished.attempt;
  if (!result.rendered_json.empty()) {
    batch_.rendered.push_back({id.run, id.task, id.map_index, result.rendered_json});
  }
  if (!result.rendered_map_index.empty()) map_index_texts_[id] = result.rendered_map_index;
}

// Source: Airflow, task_runner.py, _push_xcom_if_needed.
core::AttemptFinished Loop::JudgeValue(const Dag& dag, const AttemptResult& result) const {
  core::AttemptFinished out = result.finished;
  const TaskIndex task = out.attempt.task;
  if (out.outcome != core::Outcome::kSuccess || !dag.is_map_source(task)) return out;
  if (dag.is_mapped(task)) return out;
  auto fail = [&](std::string reason) {
    out.outcome = core::Outcome::kFailed;
    out.value_length.reset();
    out.reason = std::move(reason);
  };
  if (!out.value_length) {
    fail("it returned nothing, and others are mapped over what it returns");
  } else if (!result.value_is_mappable) {
    fail("it returned neither a list nor an object, and others are mapped over what it returns");
  } else if (*out.value_length > options_.map_length_max) {
    fail(
        fmt::format("it returned {} elements to be mapped over, at most {} may be ([core] "
                    "max_map_length)",
                    *out.value_length, options_.map_length_max));
  }
  return out;
}

void Loop::KeepValue(const AttemptId& id, const std::string& json) {
  auto elements = JsonElements::Parse("[" + json + "]");  // may be no list itself
  if (!elements) return;
  if (id.map_index < 0) {
    if (auto own = JsonElements::Parse(json)) elements = std::move(own);
  }
  values_[{id.run, core::InstOf(id)}] = std::make_shared<const JsonElements>(*std::move(elements));
}

void Loop::ForgetValues(RunId run) {
  const auto begin = values_.lower_bound({run, core::Inst(TaskIndex(0), kUnmapped)});
  auto end = begin;
  while (end != values_.end() && end->first.first == run) ++end;
  values_.erase(begin, end);
}

Result<std::string> Loop::ArgumentsOf(const core::Run& run, const AttemptId& attempt) const {
  const ValueOf value_of = [&](TaskIndex task) {
    TaskValue out;
    if (!run.expanded(task)) {
      auto found = values_.find({run.id(), core::Inst(task)});
      if (found != values_.end()) out.whole = found->second;
      return out;
    }
    run.ForEachOf(task, [&](core::Inst i) {
      auto found = values_.find({run.id(), i});
      if (run.ti(i).has_value && found != values_.end()) out.each.push_back(found->second->at(0));
    });
    return out;
  };
  return ElementArguments(run.dag(), attempt.task, attempt.map_index, value_of);
}

}  // namespace gale
