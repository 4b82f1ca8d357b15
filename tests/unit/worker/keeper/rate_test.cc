// Not a test but a measure: --gtest_also_run_disabled_tests --gtest_filter='*Rate*'.
#include <algorithm>
#include <cstdio>
#include <semaphore>

#include "harness.h"

namespace gale::keeper {
namespace {

void Measure(const std::string& home, const SpawnRequest& like, int in_flight, int count) {
  std::counting_semaphore<64> ended(0);
  std::vector<int64_t> from(count), took;
  took.reserve(count);
  KeeperClient* self = nullptr;
  auto client = KeeperClient::Connect(SocketPath(home), {.on_event = [&](const KeeperEvent& event) {
                                        const auto* exit = std::get_if<Exited>(&event);
                                        if (exit == nullptr) return;
                                        took.push_back(BootNowUs() - from[std::stoi(exit->key)]);
                                        (void)self->Take(exit->key);
                                        ended.release();
                                      }});
  ASSERT_TRUE(client.ok());
  self = client->get();
  int64_t start = BootNowUs();
  for (int i = 0; i < count; ++i) {
    if (i >= in_flight) ended.acquire();
    SpawnRequest request = like;
    request.key = std::to_string(i);
    from[i] = BootNowUs();
    ASSERT_TRUE((*client)->Spawn(request).ok());
  }
  for (int i = 0; i < std::min(in_flight, count); ++i) ended.acquire();
  double seconds = static_cast<double>(BootNowUs() - start) / 1e6;
  std::sort(took.begin(), took.end());
  std::printf("%s, cwd %s, %d in flight: %.0f/s, p50 %.2f ms, p99 %.2f ms\n", like.argv[0].c_str(),
              like.cwd.empty() ? "fresh" : "given", in_flight, count / seconds,
              took[count / 2] / 1e3, took[count * 99 / 100] / 1e3);
}

TEST_F(KeeperTest, DISABLED_Rate) {
  Start();
  SpawnRequest sh = Sh("x", "true"), program = sh, fresh = sh;
  program.argv = {"/bin/true"};
  fresh.cwd.clear();
  for (int in_flight : {1, 4}) {
    for (const SpawnRequest& request : {sh, fresh, program}) {
      Measure(Home(), request, in_flight, 1'000);
    }
  }
}

}  // namespace
}  // namespace gale::keeper
