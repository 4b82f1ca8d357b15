// What a worker says of its machine.
#include "worker/load.h"

#include <gtest/gtest.h>
#include <poll.h>

#include "common/base/limits.h"
#include "common/base/limits_standing.h"
#include "worker/load_watch.h"

namespace gale::worker {
namespace {

constexpr char kStat[] =
    "cpu  100 10 40 800 50 0 0 0 7 7\ncpu0 50 5 20 400 25 0 0 0 3 3\n"
    "cpu1 50 5 20 400 25 0 0 0 4 4\nintr 1 2 3\n";
constexpr char kLater[] = "cpu  250 10 40 850 50 0 0 0 7 7\ncpu0 1 1\ncpu1 1 1\nintr 1\n";

TEST(Load, CoresInUseAreWhatWasNeitherIdleNorWaitingForTheDisk) {
  const auto before = ParseStat(kStat), after = ParseStat(kLater);
  ASSERT_TRUE(before && after);
  EXPECT_EQ(std::tuple(before->cores, before->busy, before->all), std::tuple(2u, 150u, 1000u));
  EXPECT_DOUBLE_EQ(CoresInUse(*before, *after), 2 * 150.0 / 200);
  EXPECT_EQ(CoresInUse(*after, *before), 0) << "counters that went back";
  EXPECT_EQ(CoresInUse(*before, *before), 0);
  EXPECT_FALSE(ParseStat(""));
  EXPECT_FALSE(ParseStat("cpu x y\n"));
}

TEST(Load, MemoryThatIsUsedIsNotAvailable) {
  const auto memory = ParseMeminfo("MemTotal:  1000 kB\nMemFree: 1 kB\nMemAvailable:   400 kB\n");
  ASSERT_TRUE(memory);
  EXPECT_EQ(memory->bytes, 1000u << 10);
  EXPECT_EQ(memory->used_bytes, 600u << 10);
  EXPECT_FALSE(ParseMeminfo("MemTotal: 1000 kB\n"));
  EXPECT_FALSE(ParseMeminfo("MemTotal: 10 kB\nMemAvailable: 11 kB\n"));
}

TEST(Load, DevicesAreTakenAsFarAsTheyAreKnown) {
  const auto devices = ParseDevices(
      "0, NVIDIA H200, 97, 120000, 143771, 64\n"
      "1, NVIDIA H200, [N/A], 0, 143771, [N/A]\n"
      "No devices were found\n2, x, 1, 1\nx, y, 1, 1, 1, 1\n");
  ASSERT_EQ(devices.size(), 2u);
  EXPECT_EQ(devices[0].model(), "NVIDIA H200");
  EXPECT_DOUBLE_EQ(devices[0].load(), 0.97);
  EXPECT_EQ(devices[0].memory_used_bytes(), uint64_t{120000} << 20);
  EXPECT_DOUBLE_EQ(devices[0].temperature(), 64);
  EXPECT_EQ(devices[1].index(), 1u);
  EXPECT_FALSE(devices[1].has_load() || devices[1].has_temperature());
  std::string many;
  for (int i = 0; i < 100; ++i) many += fmt::format("{}, m, 1, 1, 1, 1\n", i);
  EXPECT_EQ(ParseDevices(many).size(), limits::kDevicesMax);
}

// Until it has looked once.
v1::Load First(LoadWatch& watch) {
  for (int i = 0; i < 1000; ++i) {
    if (auto load = watch.Take()) return *load;
    std::this_thread::yield();
    ::poll(nullptr, 0, 10);
  }
  ADD_FAILURE() << "it never looked";
  return {};
}

TEST(LoadWatch, TellsWhatTheMachineDoesOnce) {
  LoadWatch watch("echo 3, model, 50, 1, 2, 40");
  ASSERT_TRUE(watch.Start().ok());
  const v1::Load load = First(watch);
  EXPECT_GE(load.cpu_count(), 1);
  EXPECT_GT(load.memory_bytes(), load.memory_used_bytes());
  ASSERT_EQ(load.devices_size(), 1);
  EXPECT_EQ(load.devices(0).index(), 3u);
  EXPECT_FALSE(watch.Take()) << "it was taken";
  watch.Anew();
  EXPECT_TRUE(watch.Take()) << "another master is told, too";
  watch.Stop(MonoTime());
}

TEST(LoadWatch, WithoutTheProgramThereAreNoDevices) {
  LoadWatch watch("/no/such/program --query");
  ASSERT_TRUE(watch.Start().ok());
  EXPECT_EQ(First(watch).devices_size(), 0);
}

}  // namespace
}  // namespace gale::worker
