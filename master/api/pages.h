// What all lists of verbs have in common: limit, offset, order_by.
#pragma once

#include <algorithm>

#include "common/base/limits.h"
#include "master/store/reads.h"

namespace gale {

// gRPC clients page less than browsers do.
inline constexpr uint32_t kVerbRowsMax = 10'000;

template <class Request>
void ReadPage(const Request& request, PageQuery& query,
              uint32_t limit_default = limits::kPageRowsDefault) {
  query.limit = request.has_limit() ? std::min(request.limit(), kVerbRowsMax) : limit_default;
  query.offset = request.offset();
  query.order_by.assign(request.order_by().begin(), request.order_by().end());
}

}  // namespace gale
