#include "common/base/status.h"

#include <gtest/gtest.h>

namespace gale {
namespace {

TEST(Status, SaysItsCodeAndWhy) {
  Status status = NotFound("dag '{}': no such DAG", "etl");
  EXPECT_FALSE(status.ok());
  EXPECT_EQ(status.code(), Code::kNotFound);
  EXPECT_EQ(status.ToString(), "NOT_FOUND: dag 'etl': no such DAG");
  EXPECT_EQ(OkStatus().ToString(), "OK");
}

TEST(Status, ContextGoesInFrontAndLeavesOkAlone) {
  EXPECT_EQ(NotFound("no row").WithContext("run 7").ToString(), "NOT_FOUND: run 7: no row");
  EXPECT_TRUE(OkStatus().WithContext("run 7").ok());
}

TEST(Status, ACopyIsItsOwn) {
  Status first = Internal("broken");
  Status second = first;
  first = OkStatus();
  EXPECT_TRUE(first.ok());
  EXPECT_EQ(second.message(), "broken");
}

TEST(Status, EveryCodeHasItsOwnName) {
  for (int a = 0; a <= static_cast<int>(Code::kUnauthenticated); ++a) {
    for (int b = 0; b < a; ++b) {
      EXPECT_NE(CodeName(static_cast<Code>(a)), CodeName(static_cast<Code>(b)));
    }
  }
}

Result<int> Half(int n) {
  if (n % 2 != 0) return InvalidArgument("{} is odd", n);
  return n / 2;
}

Result<int> Quarter(int n) {
  GALE_ASSIGN_OR_RETURN(int half, Half(n));
  GALE_ASSIGN_OR_RETURN(int quarter, Half(half));
  return quarter;
}

Status CheckQuarter(int n) {
  GALE_RETURN_IF_ERROR(Quarter(n).status());
  return OkStatus();
}

TEST(Result, TheFirstErrorLeavesTheFunction) {
  EXPECT_EQ(Quarter(12).value(), 3);
  EXPECT_EQ(Quarter(6).status().message(), "3 is odd");
  EXPECT_EQ(Quarter(6).value_or(-1), -1);
  EXPECT_TRUE(CheckQuarter(12).ok());
  EXPECT_EQ(CheckQuarter(5).code(), Code::kInvalidArgument);
}

TEST(ResultDeathTest, TheValueOfAFailureEndsTheProcessSayingWhy) {
  Result<int> odd = Half(1);
  EXPECT_DEATH(static_cast<void>(odd.value()), "CHECK failed.*INVALID_ARGUMENT: 1 is odd");
}

}  // namespace
}  // namespace gale
