// What a DAG file says, as the master knows it: plain data, one struct a message of
// proto/gale/v1/dag.proto (the fields' meanings are Airflow's where they bear Airflow's names). Not
// yet validated: Dag::Make (model/dag.h) turns it into something that can be run, or says what is
// wrong.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/base/clock.h"

namespace gale {

// When runs are made. `kind` decides which of the other fields count.
struct ScheduleSpec {
  enum class Kind {
    kNone,          // only by hand
    kOnce,          // one run, at the start date
    kContinuous,    // the next as soon as the last has ended
    kCronTrigger,   // Airflow 3: logical date = the tick, interval of zero length
    kCronInterval,  // Airflow 1 and 2: the run of [tick, next tick) starts at its end
    kDeltaTrigger,
    kDeltaInterval,
  };
  Kind kind = Kind::kNone;
  std::string cron;          // 5 or 6 fields or a preset ("@daily")
  Duration delta{0};         // absolute time, for the delta kinds
  int32_t delta_months = 0;  // calendar months on top (relativedelta)
  std::string timezone = "UTC";

  bool operator==(const ScheduleSpec&) const = default;
};

// Runs one command in bash.
struct BashWork {
  std::string command;                     // may hold Jinja: see `templated`
  std::map<std::string, std::string> env;  // instead of the worker's environment, unless append_env
  bool append_env = false;
  bool has_env = false;  // env was given, even if empty
  std::string cwd;       // empty: a fresh temporary directory, as in Airflow
  std::vector<int32_t> skip_on_exit_code = {99};
  bool templated = false;               // command or env hold Jinja: rendered before it starts
  bool needs_dag_file = false;          // rendering wants the DAG's own macros, filters or settings
  std::vector<std::string> as_is = {};  // arguments that are no templates (dag.proto)
  bool output_json = false;             // the output's last line is JSON
  bool needs_previous_success = false;  // and which run succeeded before
  bool operator==(const BashWork&) const = default;
};

// A Python process runs the DAG's file, finds the task by its id and executes it. The texts are for
// people and for workers; the master decides nothing by them.
struct PythonWork {
  std::string operator_class;  // "module:name"; an empty module is the file's own
  std::string callable;        // the same of its function; empty: none
  std::vector<std::string> template_fields;
  std::vector<std::string>
      callbacks;  // which the file gives: execute, success, failure, retry, ...
  bool multiple_outputs = false;
  bool is_sensor = false;
  bool reschedules = false;  // gives its slot back between two looks
  std::string interpreter;   // of its environment; empty: the worker's
  std::string isolation;     // file, sdk, fresh; empty: the worker's setting
  bool operator==(const PythonWork&) const = default;
};

// Does nothing, needs no worker: succeeds the moment it may run.
struct EmptyWork {
  bool operator==(const EmptyWork&) const = default;
};

// Where the elements of a mapped argument come from.
struct ExpandSource {
  enum class Kind {
    kLiteral,  // `json`: a list or an object
    kXCom,     // what `task_id` returned under `key`
    kMap,      // parts[0], each through a function of the DAG file
    kZip,      // as long as the shortest of its parts; with has_fill, as the longest
    kConcat,   // its parts, one after the other
  };
  Kind kind = Kind::kLiteral;
  std::string json;  // kLiteral; kZip: what fills up
  std::string task_id;
  std::string key = "return_value";
  std::string function;  // kMap: its name, for display
  bool has_fill = false;
  std::vector<ExpandSource> parts;
  bool operator==(const ExpandSource&) const = default;
};

struct ExpandArgument {
  std::string name;  // empty: of expand_kwargs
  ExpandSource source;
  bool operator==(const ExpandArgument&) const = default;
};

// What makes the elements of a mapped task or group: the cross product of the arguments, the last
// one varies fastest; or expand_kwargs: one source, whose elements are objects.
struct ExpandSpec {
  std::vector<ExpandArgument> arguments;
  bool is_kwargs = false;  // then there is one argument, without a name
  bool operator==(const ExpandSpec&) const = default;
};

struct TaskGroupSpec {
  std::string group_id;
  std::string parent_group_id;  // empty: the DAG itself
  std::optional<ExpandSpec> expand;
  std::string tooltip;       // what it is for, in a sentence
  std::string display_name;  // for people, instead of group_id
  bool operator==(const TaskGroupSpec&) const = default;
};

struct TaskSpec {
  std::string task_id;
  std::string operator_name = "EmptyOperator";  // the class that the file used, for display
  std::vector<std::string> downstream_task_ids;
  std::string owner = "airflow";
  std::string doc_md;
  std::string trigger_rule = "all_success";
  uint32_t retries = 0;
  Duration retry_delay = std::chrono::seconds(300);
  double retry_backoff = 0;  // 0: none; else the multiplier (True in Airflow is 2.0)
  std::optional<Duration> max_retry_delay;
  uint32_t lost_retries = 0;  // further starts if its host is lost; see DESIGN §9
  std::optional<Duration> execution_timeout;
  std::string pool = "default_pool";
  uint32_t pool_slots = 1;
  int32_t priority_weight = 1;
  std::string weight_rule = "downstream";  // downstream, upstream, absolute
  std::string queue = "default";
  bool depends_on_past = false;
  bool wait_for_downstream = false;
  bool ignore_first_depends_on_past = true;
  std::optional<TimePoint> start_date;
  std::optional<TimePoint> end_date;
  std::optional<uint32_t> max_active_tis_per_dag;
  std::optional<uint32_t> max_active_tis_per_dagrun;
  bool do_xcom_push = true;
  bool is_setup = false;
  bool is_teardown = false;
  bool on_failure_fail_dagrun = false;
  std::string params_json;           // of this task only: over the DAG's, under the run's conf
  std::string task_group_id;         // the innermost; empty: none
  std::optional<ExpandSpec> expand;  // mapped by itself; `work` is then what partial() gave
  std::string map_index_template;
  std::string arguments_json;  // arguments with references in them (dag.proto); empty: none
  // Of downstream_task_ids: what the edge to it is called.
  std::map<std::string, std::string> edge_labels;
  std::string display_name;  // for people, instead of task_id
  std::variant<EmptyWork, BashWork, PythonWork> work;

  bool operator==(const TaskSpec&) const = default;
};

struct DagSpec {
  std::string dag_id;
  std::string description;
  std::string doc_md;
  ScheduleSpec schedule;
  std::optional<TimePoint> start_date;
  std::optional<TimePoint> end_date;
  bool catchup = false;
  uint32_t max_active_runs = 16;
  uint32_t max_active_tasks = 16;  // queued and running task instances of one run (Airflow 3)
  uint32_t max_consecutive_failed_dag_runs = 0;  // 0: no limit; else the DAG pauses itself
  std::optional<Duration> dagrun_timeout;
  bool fail_fast = false;
  std::optional<bool> is_paused_upon_creation;
  std::vector<std::string> tags;
  std::string params_json = "{}";  // name -> default value
  std::string param_schemas_json;  // name -> {"schema", "description"}: params.h; empty: none
  std::string profile = "3";       // whose defaults the file was read with: "1.10", "2", "3"
  std::string fileloc;             // not part of the version's hash
  std::vector<TaskSpec> tasks;
  std::vector<TaskGroupSpec> groups;               // parents before their children
  std::vector<std::string> param_order;            // as people are to see them; the rest comes last
  std::string display_name;                        // for people, instead of dag_id
  std::map<std::string, std::string> owner_links;  // owner -> http, https or mailto
  std::vector<std::string> warnings;               // what the file asks for and isn't done

  bool operator==(const DagSpec&) const = default;
};

}  // namespace gale
