// What a task's words become where the disk refuses them.
#include "worker/tasks/task_desk.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support/faulty_files.h"

namespace gale::worker {
namespace {

TEST(TaskDesk, WhatTheDiskRefusesIsNotAnsweredAndIsTakenOnceItDoesnt) {
  std::string home = testing::TempDir() + "gale-desk-XXXXXX";
  ASSERT_NE(::mkdtemp(home.data()), nullptr);
  FaultyFiles disk;
  const AttemptFiles files(home, disk);
  const TaskDesk desk(files);
  TaskDesk::Welcomed who;
  who.attempt = {RunId(12), TaskIndex(3), kUnmapped, 2};
  ASSERT_TRUE(files.Create().ok());
  ASSERT_TRUE(files.CreateSaid(who.attempt).ok());
  const std::string body = R"({"type":"SucceedTask","state":"success"})";
  const Question end{4, "SucceedTask", body};

  for (const auto fault : {FaultyFiles::Fault::kDiskFull, FaultyFiles::Fault::kIoError}) {
    disk.FailAt(1, fault, /*lasting=*/true);
    EXPECT_EQ(desk.Ask(who, end).status().code(), Code::kUnavailable) << "the task asks again";
    EXPECT_TRUE(disk.failed());
    disk.Heal();
    EXPECT_TRUE(files.ReadSaid(who.attempt)->empty());
  }
  const auto answer = desk.Ask(who, end);
  ASSERT_TRUE(answer.ok());
  EXPECT_TRUE((*answer)->error.empty());
  EXPECT_EQ(files.ReadSaid(who.attempt)->size(), 1u);
  std::filesystem::remove_all(home);
}

}  // namespace
}  // namespace gale::worker
