#include "master/dags/dag_sink.h"

#include <memory>

namespace gale {

bool EngineDagSink::Report(FileReport report) {
  auto shared = std::make_shared<FileReport>(std::move(report));
  return engine_.Post([shared](Loop& loop) { loop.ReportFile(*shared); });
}

bool EngineDagSink::Gone(const std::string& path) {
  return engine_.Post([path](Loop& loop) { loop.ReportFileGone(path); });
}

bool EngineDagSink::KeepOnly(const std::string& folder, std::set<std::string> here) {
  return engine_.Post([here = std::move(here), prefix = folder + "/"](Loop& loop) {
    for (const std::string& path : loop.KnownFiles()) {
      if (path.starts_with(prefix) && !here.contains(path)) loop.ReportFileGone(path);
    }
  });
}

bool EngineDagSink::SetBundle(const std::string& digest, std::set<std::string> unread) {
  return engine_.Post(
      [digest, unread = std::move(unread)](Loop& loop) { loop.SetBundle(digest, unread); });
}

}  // namespace gale
