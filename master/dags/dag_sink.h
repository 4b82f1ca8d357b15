// Where the DAG processor tells what the files say: the engine, or in tests something that can be
// looked into.
#pragma once

#include <set>
#include <string>

#include "master/engine/engine.h"

namespace gale {

// Everything may be called by any thread and doesn't wait. False: it wasn't taken (the mailbox is
// full, this master doesn't lead), and has to be said again.
class DagSink {
 public:
  virtual ~DagSink() = default;
  [[nodiscard]] virtual bool Report(FileReport report) = 0;
  [[nodiscard]] virtual bool Gone(const std::string& path) = 0;
  // What is known of a file below `folder` that isn't in `here` goes too.
  [[nodiscard]] virtual bool KeepOnly(const std::string& folder, std::set<std::string> here) = 0;
  [[nodiscard]] virtual bool SetBundle(const std::string& digest, std::set<std::string> unread) = 0;
};

class EngineDagSink : public DagSink {
 public:
  // The engine must outlive it.
  explicit EngineDagSink(Engine& engine) : engine_(engine) {}
  bool Report(FileReport report) override;
  bool Gone(const std::string& path) override;
  bool KeepOnly(const std::string& folder, std::set<std::string> here) override;
  bool SetBundle(const std::string& digest, std::set<std::string> unread) override;

 private:
  Engine& engine_;
};

}  // namespace gale
