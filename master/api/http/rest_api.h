// The REST interface: Airflow 3's paths under /api/v2 and /auth, and Gale's own under /api/gale/v1.
//
//   http::RestApi api(control, auth);
//   http::Server server([&api](const http::Request& r) { return api.Handle(r); }, options,
//                       [&api](const http::Request& r) { return api.LaneOf(r); });
#pragma once

#include "master/api/auth.h"
#include "master/api/control.h"
#include "master/api/http/http.h"
#include "master/api/http/router.h"

namespace gale::http {

class RestApi {
 public:
  // Both must outlive it.
  RestApi(Control& control, Auth& auth);

  // Answers one request; every error is an answer, too. Blocks. Thread-safe.
  Response Handle(const Request& request) const;
  // Doesn't block.
  Lane LaneOf(const Request& request) const;
  void Report(MetricSink& sink) const;

 private:
  Response Answer(const Request& request, Router::Match match) const;

  Control& control_;
  Auth& auth_;
  Router router_;
};

}  // namespace gale::http
