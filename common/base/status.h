// Status and Result<T>: how every operation that a user, a file or a peer can make fail reports it.
//
// The codes are gRPC's canonical ones, so a Status crosses the wire unchanged. Pick the code by
// what the caller would do:
//   kInvalidArgument     the input is wrong whatever the state (bad cron, unknown key): don't retry
//   kFailedPrecondition  the input is fine, the state forbids it (run already finished)
//   kNotFound            the named thing is missing
//   kAlreadyExists       the named thing is taken
//   kUnavailable         try again, it heals by itself (lost connection, busy database)
//   kAborted             somebody else won (stale epoch, superseded attempt): re-read, then decide
//   kResourceExhausted   a named limit was hit
//   kInternal            a bug, or corrupt data
// A message names the thing, the place and what to do. Context is prefixed on the way up.
// Programmer errors are not Statuses: they CHECK (base/check.h).
#pragma once

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "common/base/check.h"

namespace gale {

enum class Code {
  kOk = 0,
  kCancelled = 1,
  kUnknown = 2,
  kInvalidArgument = 3,
  kDeadlineExceeded = 4,
  kNotFound = 5,
  kAlreadyExists = 6,
  kPermissionDenied = 7,
  kResourceExhausted = 8,
  kFailedPrecondition = 9,
  kAborted = 10,
  kOutOfRange = 11,
  kUnimplemented = 12,
  kInternal = 13,
  kUnavailable = 14,
  kDataLoss = 15,
  kUnauthenticated = 16,
};

std::string_view CodeName(Code code);

class [[nodiscard]] Status {
 public:
  Status() = default;  // OK
  Status(Code code, std::string message)
      : rep_(code == Code::kOk ? nullptr : std::make_unique<Rep>(Rep{code, std::move(message)})) {}
  Status(const Status& other) : rep_(other.rep_ ? std::make_unique<Rep>(*other.rep_) : nullptr) {}
  Status& operator=(const Status& other) {
    if (this != &other) rep_ = other.rep_ ? std::make_unique<Rep>(*other.rep_) : nullptr;
    return *this;
  }
  Status(Status&&) noexcept = default;
  Status& operator=(Status&&) noexcept = default;

  bool ok() const { return rep_ == nullptr; }
  Code code() const { return rep_ ? rep_->code : Code::kOk; }
  std::string_view message() const { return rep_ ? std::string_view(rep_->message) : ""; }
  // "INVALID_ARGUMENT: dag 'x': ..." for logs.
  std::string ToString() const;
  // The same code with `context` and ": " put before the message. OK stays OK.
  Status WithContext(std::string_view context) const;

 private:
  struct Rep {
    Code code;
    std::string message;
  };
  std::unique_ptr<Rep> rep_;
};

inline Status OkStatus() { return {}; }

// Status makers: InvalidArgument("dag '{}': ...", id).
#define GALE_STATUS_MAKER(Name)                                          \
  template <class... A>                                                  \
  Status Name(fmt::format_string<A...> f, A&&... a) {                    \
    return Status(Code::k##Name, fmt::format(f, std::forward<A>(a)...)); \
  }
GALE_STATUS_MAKER(Cancelled)
GALE_STATUS_MAKER(InvalidArgument)
GALE_STATUS_MAKER(DeadlineExceeded)
GALE_STATUS_MAKER(NotFound)
GALE_STATUS_MAKER(AlreadyExists)
GALE_STATUS_MAKER(PermissionDenied)
GALE_STATUS_MAKER(ResourceExhausted)
GALE_STATUS_MAKER(FailedPrecondition)
GALE_STATUS_MAKER(Aborted)
GALE_STATUS_MAKER(OutOfRange)
GALE_STATUS_MAKER(Unimplemented)
GALE_STATUS_MAKER(Internal)
GALE_STATUS_MAKER(Unavailable)
GALE_STATUS_MAKER(DataLoss)
GALE_STATUS_MAKER(Unauthenticated)
#undef GALE_STATUS_MAKER

// A value, or the Status that says why there is none. Reading the value of a failed Result CHECKs.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}         // NOLINT(google-explicit-constructor)
  Result(Status status) : status_(std::move(status)) {  // NOLINT(google-explicit-constructor)
    GALE_CHECK(!status_.ok(), "a Result without a value needs an error");
  }
  bool ok() const { return value_.has_value(); }
  const Status& status() const { return status_; }
  T& value() & { return GALE_CHECK(ok(), "{}", status_.ToString()), *value_; }
  const T& value() const& { return GALE_CHECK(ok(), "{}", status_.ToString()), *value_; }
  T&& value() && { return GALE_CHECK(ok(), "{}", status_.ToString()), std::move(*value_); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  T value_or(T other) && { return ok() ? std::move(*value_) : std::move(other); }

 private:
  Status status_;
  std::optional<T> value_;
};

#define GALE_CONCAT_INNER(a, b) a##b
#define GALE_CONCAT(a, b) GALE_CONCAT_INNER(a, b)
// Leaves the function with the error, if there is one.
#define GALE_RETURN_IF_ERROR(expr)                                   \
  do {                                                               \
    if (::gale::Status gale_s = (expr); !gale_s.ok()) return gale_s; \
  } while (false)
// GALE_ASSIGN_OR_RETURN(auto x, F()): x is F's value, or leaves with its error.
#define GALE_ASSIGN_OR_RETURN(lhs, expr) \
  GALE_ASSIGN_OR_RETURN_INNER(GALE_CONCAT(gale_result_, __LINE__), lhs, expr)
#define GALE_ASSIGN_OR_RETURN_INNER(tmp, lhs, expr) \
  auto tmp = (expr);                                \
  if (!tmp.ok()) return tmp.status();               \
  lhs = std::move(tmp).value()

}  // namespace gale
