// A person at redis-cli. Link common_queue.
#pragma once

#include <gtest/gtest.h>
#include <hiredis/hiredis.h>

#include <string>

#include "common/queue/redis_client.h"
#include "common/queue/redis_replies.h"
#include "tests/support/redis_server.h"

namespace gale {

class RedisPerson {
 public:
  explicit RedisPerson(const RedisServer& server) : client_(*RedisUrl::Parse(server.Url()), {}) {}
  // The answer's number; what fails, fails the test.
  int64_t operator()(RedisCommand command) {
    auto replies = client_.Run({&command, 1});
    EXPECT_TRUE(replies.ok()) << replies.status().ToString();
    return replies.ok() ? (*replies)[0]->integer : -1;
  }
  // The answer's text.
  std::string Ask(RedisCommand command) {
    auto replies = client_.Run({&command, 1});
    EXPECT_TRUE(replies.ok()) << replies.status().ToString();
    return replies.ok() ? std::string(RedisText(*(*replies)[0])) : "";
  }

 private:
  RedisClient client_;
};

}  // namespace gale
