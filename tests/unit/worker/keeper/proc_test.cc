#include "worker/keeper/proc.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

namespace gale::keeper {
namespace {

// A fixed bug: the field after the start time (the memory's size) was taken for it.
TEST(KeeperProc, ABirthdayStaysWhenTheProcessGrowsAndWhenItIsAZombie) {
  auto before = ReadProcess(getpid());
  ASSERT_TRUE(before.has_value());
  void* memory = mmap(nullptr, 64 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  EXPECT_EQ(ReadProcess(getpid())->birthday, before->birthday);
  munmap(memory, 64 << 20);

  pid_t child = fork();
  if (child == 0) _exit(0);
  siginfo_t info;
  ASSERT_EQ(waitid(P_PID, child, &info, WEXITED | WNOWAIT), 0);
  auto zombie = ReadProcess(child);
  ASSERT_TRUE(zombie.has_value());
  EXPECT_FALSE(zombie->alive());
  EXPECT_EQ(zombie->parent, getpid());
  EXPECT_GE(zombie->birthday, before->birthday);
  auto children = ReadOwnChildren();
  EXPECT_NE(std::find(children.begin(), children.end(), child), children.end());
  waitpid(child, nullptr, 0);
  EXPECT_FALSE(ReadProcess(child).has_value());
}

TEST(KeeperProc, AFamilyIsItsRootsAndTheirDescendantsButNotAnothersRoot) {
  auto process = [](pid_t pid, pid_t parent, char state = 'S') {
    return Process{.pid = pid, .parent = parent, .session = pid, .state = state};
  };
  std::vector<Process> all = {process(1, 0),   process(10, 1),       process(11, 10),
                              process(12, 11), process(13, 11, 'Z'), process(20, 11),
                              process(21, 20), process(30, 1)};
  auto families = Families(all, [](const Process& p) {
    return p.pid == 10 ? 1 : p.pid == 20 ? 2 : -1;
  });
  for (auto& [id, pids] : families) std::sort(pids.begin(), pids.end());
  EXPECT_EQ(families.size(), 2u);
  EXPECT_EQ(families[1], (std::vector<pid_t>{10, 11, 12}));
  EXPECT_EQ(families[2], (std::vector<pid_t>{20, 21}));
}

}  // namespace
}  // namespace gale::keeper
