#include "cli/logs.h"

#include <filesystem>
#include <functional>
#include <ostream>

#include "cli/rows.h"
#include "common/base/clock.h"
#include "common/base/files.h"
#include "common/base/ids.h"
#include "common/base/limits.h"
#include "common/rpc/convert.h"
#include "master/logs/log_store.h"

namespace gale::cli {
namespace {

using enum Arg::Kind;

using OnPart = std::function<Status(const v1::TailLogResponse&)>;

// Until its end; with `follow` the attempt's.
Status Tail(Client* client, v1::TailLogRequest request, const OnPart& on_part) {
  for (int failures = 0;;) {
    grpc::ClientContext call;
    client->Prepare(call);
    auto reader = client->stub().TailLog(&call, request);
    v1::TailLogResponse part;
    while (reader->Read(&part)) {
      failures = 0;
      if (Status status = on_part(part); !status.ok()) {
        call.TryCancel();
        (void)reader->Finish();
        return status;
      }
      request.set_offset(part.offset() + part.data().size());
      request.set_try_number(part.try_number());
    }
    const grpc::Status end = reader->Finish();
    if (end.ok()) return OkStatus();
    const Status why = client->Explain(end);
    const bool waits = request.follow() && why.code() == Code::kUnavailable;
    // Another master goes on where this one ended.
    if (!waits || ++failures > Client::kReconnectsMax) return why;
    (void)client->Reconnect();
  }
}

// Each line behind the time when its first byte came; "-" if that isn't known.
class TimedLines {
 public:
  explicit TimedLines(std::ostream& out) : out_(out) {}

  void Write(const v1::TailLogResponse& part) {
    std::string_view data = part.data();
    uint64_t offset = part.offset();
    int next = 0;
    std::string time = "-";
    while (!data.empty()) {
      for (; next < part.times_size() && part.times(next).offset() <= offset; ++next) {
        time = FormatTime(FromProto(part.times(next).time()));
      }
      if (std::exchange(begins_, false)) out_ << time << ' ';
      const size_t newline = data.find('\n');
      const size_t n = newline == std::string_view::npos ? data.size() : newline + 1;
      out_ << data.substr(0, n);
      begins_ = newline != std::string_view::npos;
      data.remove_prefix(n);
      offset += n;
    }
  }

 private:
  std::ostream& out_;
  bool begins_ = true;  // a line
};

Status Logs(Context& context) {
  const Args& args = context.args;
  GALE_ASSIGN_OR_RETURN(const int64_t try_number, args.Int("try", 0, 1, limits::kTriesMax));
  GALE_ASSIGN_OR_RETURN(const int64_t map_index, args.Int("map-index", kUnmapped, -1, INT32_MAX));
  GALE_ASSIGN_OR_RETURN(Client * client, context.Connect());
  v1::TailLogRequest request;
  request.set_dag_id(args.Get("dag_id"));
  request.set_run_id(args.Get("run_id"));
  request.set_task_id(args.Get("task_id"));
  if (map_index != kUnmapped) request.set_map_index(static_cast<int32_t>(map_index));
  request.set_try_number(static_cast<uint32_t>(try_number));
  request.set_follow(args.Has("follow"));
  TimedLines timed(context.io.out);
  return Tail(client, request, [&](const v1::TailLogResponse& part) {
    if (args.Has("timestamps")) {
      timed.Write(part);
    } else {
      context.io.out << part.data();
    }
    context.io.out.flush();
    return OkStatus();
  });
}

// One try's log into its file; how many bytes.
Result<uint64_t> ExportOne(Client* client, const LogKey& key, const std::filesystem::path& folder) {
  v1::TailLogRequest request;
  request.set_dag_id(key.dag_id);
  request.set_run_id(key.run_id);
  request.set_task_id(key.task_id);
  request.set_map_index(key.map_index);
  request.set_try_number(key.try_number);
  const std::filesystem::path path = folder / key.Path();
  Files& files = Files::Real();
  File file;
  uint64_t bytes = 0;
  GALE_RETURN_IF_ERROR(Tail(client, request, [&](const v1::TailLogResponse& part) -> Status {
    if (part.data().empty()) return OkStatus();
    if (!file.open()) {
      std::error_code error;
      std::filesystem::create_directories(path.parent_path(), error);
      if (error) return FileError(error.value(), "make the folder", path.parent_path().string());
      GALE_ASSIGN_OR_RETURN(file, files.Open(path.string(), Access::kTruncate));
    }
    bytes += part.data().size();
    return files.WriteAll(file, part.data());
  }));
  return bytes;
}

Status ExportLogs(Context& context) {
  const Args& args = context.args;
  GALE_ASSIGN_OR_RETURN(Client * client, context.Connect());
  GALE_ASSIGN_OR_RETURN(
      const v1::ListTaskInstancesResponse tasks,
      ListTasksOfRun(*client, args.Get("dag_id"), args.Get("run_id"), /*task_id=*/""));
  uint64_t logs = 0, bytes = 0;
  for (const v1::TaskInstance& ti : tasks.task_instances()) {
    for (uint32_t n = 1; n <= ti.try_number(); ++n) {
      const LogKey key{ti.dag_id(), ti.run_id(), ti.task_id(), ti.map_index(), n};
      GALE_ASSIGN_OR_RETURN(const uint64_t size, ExportOne(client, key, args.Get("folder")));
      bytes += size;
      if (size > 0) ++logs;
    }
  }
  context.io.out << fmt::format("{} logs, {} bytes, under '{}'\n", logs, bytes, args.Get("folder"));
  return OkStatus();
}

}  // namespace

Command LogsCommand() {
  return {"tasks logs",
          "The output of a task in a run",
          {kDagId,
           kRunId,
           kTaskId,
           {kValue, "--try", "of this try (default: the latest)", "N"},
           kMapIndex,
           {kFlag, "-f,--follow", "go on until the task ends"},
           {kFlag, "--timestamps", "each line behind the time when it came to the master"}},
          "  gale tasks logs my_dag my_run my_task\n"
          "  gale tasks logs my_dag my_run my_task --try 1\n"
          "  gale tasks logs my_dag my_run my_task --follow",
          Logs};
}

Command ExportLogsCommand() {
  return {
      "logs export",
      "A run's logs as files: DIR/dag_id=.../run_id=.../task_id=.../attempt=N.log",
      {kDagId, kRunId, {kOne, "folder", "where to; made if missing, files in it are written over"}},
      "  gale logs export my_dag my_run /tmp/logs",
      ExportLogs};
}

}  // namespace gale::cli
