#include "common/base/service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gale {
namespace {

using testing::ElementsAre;

// Writes what happens to it into a log that it shares with the others.
class Recorder : public Service {
 public:
  Recorder(std::string name, std::vector<std::string>& log, Status start = OkStatus())
      : name_(std::move(name)), log_(log), start_(std::move(start)) {}
  std::string_view name() const override { return name_; }
  Status Start() override {
    log_.push_back("start " + name_);
    return start_;
  }
  void Stop(MonoTime) override { log_.push_back("stop " + name_); }

 private:
  std::string name_;
  std::vector<std::string>& log_;
  Status start_;
};

TEST(ServiceGroup, StopsInTheReverseOfItsStart) {
  std::vector<std::string> log;
  Recorder store("store", log), engine("engine", log), server("server", log);
  ServiceGroup group;
  group.Add(store);
  group.Add(engine);
  group.Add(server);
  ASSERT_TRUE(group.Start().ok());
  group.Stop(MonoTime());
  EXPECT_THAT(log, ElementsAre("start store", "start engine", "start server", "stop server",
                               "stop engine", "stop store"));
  group.Stop(MonoTime());  // nothing is left to stop
  EXPECT_EQ(log.size(), 6u);
}

TEST(ServiceGroup, AFailedStartStopsWhatRunsAndNamesTheCulprit) {
  std::vector<std::string> log;
  Recorder store("store", log), engine("engine", log, Unavailable("no disk")),
      server("server", log);
  ServiceGroup group;
  group.Add(store);
  group.Add(engine);
  group.Add(server);
  EXPECT_EQ(group.Start().ToString(), "UNAVAILABLE: engine: no disk");
  EXPECT_THAT(log, ElementsAre("start store", "start engine", "stop store"));
  group.Stop(MonoTime());
  EXPECT_EQ(log.size(), 3u);
}

TEST(ServiceGroup, MayBeAServiceOfAnotherGroup) {
  std::vector<std::string> log;
  Recorder store("store", log);
  ServiceGroup inner, outer;
  inner.Add(store);
  outer.Add(inner);
  ASSERT_TRUE(outer.Start().ok());
  outer.Stop(MonoTime());
  EXPECT_THAT(log, ElementsAre("start store", "stop store"));
}

}  // namespace
}  // namespace gale
