#include "master/engine/worker_lease.h"

#include <gtest/gtest.h>

namespace gale {
namespace {

using namespace std::chrono_literals;

constexpr MonoTime kStart{100s};

TEST(WorkerLease, BeginsWithTheHello) {
  WorkerLease lease;
  EXPECT_FALSE(lease.Renew(kStart));
  lease.Begin(kStart);
  EXPECT_TRUE(lease.Renew(kStart + 1s));
  EXPECT_EQ(lease.heard(), kStart + 1s);
}

TEST(WorkerLease, OnceGivenUpIsNeverRenewed) {
  WorkerLease lease;
  lease.Begin(kStart);
  EXPECT_TRUE(lease.EndIfSilentSince(kStart));
  EXPECT_FALSE(lease.Renew(kStart + 1s)) << "its attempts are declared lost";
  EXPECT_TRUE(lease.EndIfSilentSince(kStart - 1s));
}

TEST(WorkerLease, OnceRenewedIsNotGivenUp) {
  WorkerLease lease;
  lease.Begin(kStart);
  EXPECT_TRUE(lease.Renew(kStart + 1s));
  EXPECT_FALSE(lease.EndIfSilentSince(kStart));
  EXPECT_TRUE(lease.Renew(kStart + 2s));
}

TEST(WorkerLease, TimeDoesNotGoBack) {
  WorkerLease lease;
  lease.Begin(kStart + 2s);
  EXPECT_TRUE(lease.Renew(kStart));
  EXPECT_EQ(lease.heard(), kStart + 2s);
}

}  // namespace
}  // namespace gale
