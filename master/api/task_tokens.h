// The token of an attempt: who has it may ask for that attempt. An HMAC with a secret of the
// installation, which stands in the ledger: any master makes and knows the same.
#pragma once

#include <string>
#include <string_view>

#include "master/store/store.h"

namespace gale {

class TaskTokens {
 public:
  // Reads the secret, or makes it: whoever is first wins.
  Status Prepare(Store& store);
  // Empty, if there is no secret.
  std::string Of(const AttemptId& attempt) const;
  bool Is(const AttemptId& attempt, std::string_view token) const;

 private:
  std::string key_;
};

}  // namespace gale
