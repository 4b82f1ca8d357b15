#include "common/queue/redis_client.h"

#include <hiredis/hiredis.h>

#include <algorithm>
#include <charconv>

#include "common/base/log.h"
#include "common/queue/redis_error.h"

namespace gale {
namespace {

void Encode(const RedisCommand& command, std::string& out) {
  auto number = std::back_inserter(out);
  fmt::format_to(number, "*{}\r\n", command.size());
  for (const std::string& word : command) {
    fmt::format_to(number, "${}\r\n", word.size());
    out.append(word).append("\r\n");
  }
}

bool IsError(const RedisReply& reply) { return reply->type == REDIS_REPLY_ERROR; }
std::string_view Text(const RedisReply& reply) { return {reply->str, reply->len}; }

}  // namespace

void FreeRedisReply::operator()(redisReply* reply) const { freeReplyObject(reply); }

// A stream that has been let in, and the reader of its replies.
struct RedisClient::Connection {
  explicit Connection(std::unique_ptr<RedisSocket> open)
      : socket(std::move(open)), reader(redisReaderCreate()) {}
  ~Connection() { redisReaderFree(reader); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // All replies, errors among them. A Status means that the connection is of no use any more.
  Result<std::vector<RedisReply>> Run(std::span<const RedisCommand> commands, MonoTime deadline) {
    std::vector<RedisReply> replies;
    replies.reserve(commands.size());
    while (!commands.empty()) {
      auto chunk = commands.first(std::min(commands.size(), kRedisPipelineCommandsMax));
      commands = commands.subspan(chunk.size());
      std::string bytes;
      for (const RedisCommand& command : chunk) Encode(command, bytes);
      GALE_RETURN_IF_ERROR(socket->Write(bytes, deadline));
      for (size_t i = 0; i < chunk.size(); ++i) {
        GALE_ASSIGN_OR_RETURN(RedisReply reply, ReadReply(deadline));
        replies.push_back(std::move(reply));
      }
    }
    return replies;
  }

  Result<RedisReply> ReadReply(MonoTime deadline) {
    for (;;) {
      void* reply = nullptr;
      if (redisReaderGetReply(reader, &reply) != REDIS_OK) {
        return Unavailable("it does not speak Redis's protocol ({}): is the address right?",
                           reader->errstr);
      }
      if (reply != nullptr) return RedisReply(static_cast<redisReply*>(reply));
      GALE_ASSIGN_OR_RETURN(std::string_view bytes, socket->Read(deadline));
      if (redisReaderFeed(reader, bytes.data(), bytes.size()) != REDIS_OK) {
        return Unavailable("reading its answer: {}", reader->errstr);
      }
    }
  }

  std::unique_ptr<RedisSocket> socket;
  redisReader* reader;
};

RedisClient::RedisClient(RedisUrl url, RedisLimits limits, const RedisInterrupt* interrupt)
    : url_(std::move(url)),
      limits_(limits),
      interrupt_(interrupt),
      name_("Redis at " + url_.Describe()) {}
RedisClient::~RedisClient() = default;

// Connecting.

Result<std::unique_ptr<RedisClient::Connection>> RedisClient::Dial(const RedisAddress& address,
                                                                   const std::string& user,
                                                                   const std::string& password,
                                                                   MonoTime deadline) {
  auto socket = RedisSocket::Connect(address, url_, deadline, interrupt_);
  // Of several, which one; a single one the caller names.
  const auto which = [&](const Status& status) {
    return url_.sentinel() ? status.WithContext(address.ToString()) : status;
  };
  if (!socket.ok()) return which(socket.status());
  auto connection = std::make_unique<Connection>(std::move(*socket));
  std::vector<RedisCommand> hello;
  if (!password.empty()) {
    hello.push_back(user.empty() ? RedisCommand{"AUTH", password}
                                 : RedisCommand{"AUTH", user, password});
  }
  hello.push_back({"PING"});  // tells a server that doesn't let us in, or still loads
  auto replies = connection->Run(hello, deadline);
  if (!replies.ok()) return which(replies.status());
  for (const RedisReply& reply : *replies) {
    const bool forbidden_ping =
        &reply == &replies->back() && IsError(reply) && Text(reply).starts_with("NOPERM");
    if (IsError(reply) && !forbidden_ping) {
      return RedisError("Redis at " + address.ToString(), Text(reply), password);
    }
  }
  return connection;
}

Result<RedisAddress> RedisClient::AskSentinel(const RedisAddress& sentinel, MonoTime deadline) {
  GALE_ASSIGN_OR_RETURN(auto connection, Dial(sentinel, "", url_.sentinel_password, deadline));
  const RedisCommand ask = {"SENTINEL", "get-master-addr-by-name", url_.sentinel_master};
  auto replies = connection->Run({&ask, 1}, deadline);
  if (!replies.ok()) return replies.status().WithContext(sentinel.ToString());
  const redisReply& reply = *(*replies)[0];
  if (reply.type == REDIS_REPLY_ERROR) {
    return RedisError(sentinel.ToString(), {reply.str, reply.len}, url_.sentinel_password);
  }
  if (reply.type != REDIS_REPLY_ARRAY || reply.elements != 2) {
    return Unavailable(
        "sentinel {} knows no master '{}': correct the name in the URL, or SENTINEL "
        "MONITOR it",
        sentinel.ToString(), url_.sentinel_master);
  }
  RedisAddress master{.host = {reply.element[0]->str, reply.element[0]->len}};
  const redisReply& port = *reply.element[1];
  std::from_chars(port.str, port.str + port.len, master.port);
  return master;
}

Result<RedisAddress> RedisClient::AskSentinels(MonoTime deadline) {
  std::string reasons;
  Code code = Code::kUnavailable;
  for (size_t i = 0; i < url_.addresses.size(); ++i) {
    // A dead sentinel must leave time for the others, and for the master.
    const MonoTime now = Clock::Real().Mono();
    const Duration share = (deadline - now) / static_cast<int64_t>(url_.addresses.size() - i + 1);
    auto master = AskSentinel(url_.addresses[i], now + share);
    if (master.ok() || master.status().code() == Code::kCancelled) return master;
    code = master.status().code();
    reasons += (i == 0 ? "" : "; ") + std::string(master.status().message());
  }
  return Status(code, std::move(reasons));
}

Result<std::unique_ptr<RedisClient::Connection>> RedisClient::OpenAt(const RedisAddress& address,
                                                                     MonoTime deadline) {
  GALE_ASSIGN_OR_RETURN(auto connection, Dial(address, url_.user, url_.password, deadline));
  std::vector<RedisCommand> commands;
  if (url_.db != 0) commands.push_back({"SELECT", std::to_string(url_.db)});
  if (url_.sentinel())
    commands.push_back({"ROLE"});  // a sentinel may not have noticed a failover yet
  GALE_ASSIGN_OR_RETURN(auto replies, connection->Run(commands, deadline));
  for (const RedisReply& reply : replies) {
    if (IsError(reply)) return RedisError(name_, Text(reply), url_.password);
  }
  if (url_.sentinel() && replies.back()->type == REDIS_REPLY_ARRAY &&
      replies.back()->elements > 0) {
    const redisReply& role = *replies.back()->element[0];
    if (std::string_view(role.str, role.len) != "master") {
      return Unavailable("{} is no master yet: a failover is under way", address.ToString());
    }
  }
  return connection;
}

Result<std::unique_ptr<RedisClient::Connection>> RedisClient::Open(MonoTime deadline) {
  RedisAddress address = url_.addresses.front();
  if (url_.sentinel()) {
    GALE_ASSIGN_OR_RETURN(address, AskSentinels(deadline));
  }
  return OpenAt(address, deadline);
}

Status RedisClient::Ensure(MonoTime deadline) {
  // Bytes that nobody asked for, or the end: a restart, or a server that closes idle connections.
  if (connection_ && !connection_->socket->Quiet()) connection_.reset();
  if (connection_) return OkStatus();
  const MonoTime now = Clock::Real().Mono();
  if (now < next_try_) {
    return Status(down_.code(), fmt::format("{} (tried again in {} ms)", down_.message(),
                                            (next_try_ - now) / std::chrono::milliseconds(1)));
  }
  auto opened = Open(std::min(deadline, now + limits_.connect));
  if (opened.ok()) {
    if (!down_.ok()) GALE_INFO("{}: connected again", name_);
    connection_ = std::move(*opened);
    down_ = OkStatus();
    backoff_ = Duration(0);
    return OkStatus();
  }
  if (opened.status().code() == Code::kCancelled) return opened.status();
  Status failed = opened.status();
  if (failed.message().find(name_) == std::string_view::npos) failed = failed.WithContext(name_);
  if (down_.ok()) GALE_WARN("{}", failed.ToString());  // once an outage
  down_ = failed;
  backoff_ = std::clamp(backoff_ * 2, limits_.backoff_min, limits_.backoff_max);
  next_try_ = Clock::Real().Mono() + backoff_;
  return failed;
}

// Calls.

Result<std::vector<RedisReply>> RedisClient::Run(std::span<const RedisCommand> commands,
                                                 Duration wait) {
  const MonoTime deadline = Clock::Real().Mono() + limits_.command + wait;
  std::unique_lock lock(mutex_, deadline - Clock::Real().Mono());
  if (!lock.owns_lock()) return Unavailable("{}: other calls take all the time", name_);
  GALE_RETURN_IF_ERROR(Ensure(deadline));
  auto replies = connection_->Run(commands, deadline);
  if (!replies.ok()) {
    connection_.reset();  // its replies would come to the wrong call
    return replies.status().WithContext(name_);
  }
  for (const RedisReply& reply : *replies) {
    if (!IsError(reply)) continue;
    if (RedisErrorNeedsReconnect(Text(reply))) connection_.reset();
    return RedisError(name_, Text(reply), url_.password);
  }
  return replies;
}

}  // namespace gale
