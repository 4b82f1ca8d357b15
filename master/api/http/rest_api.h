// The REST interface: what openapi.json says, which is Airflow 3's paths under /api/v2 and /auth, and
// Gale's own under /api/gale/v1.
//
//   http::RestApi api(control, auth);
//   http::Server server([&api](const http::Request& r) { return api.Handle(r); }, options,
//                       [&api](const http::Request& r) { return api.LaneOf(r); });
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "master/api/auth.h"
#include "master/api/control.h"
#include "master/api/http/turn_texts.h"
#include "master/api/http/http.h"
#include "master/api/http/http_server.h"
#include "master/api/http/router.h"
#include "master/api/http/web_pages.h"

namespace gale::http {

class RestApi {
 public:
  // Hands a request on to the master that leads. nullopt: it is this one, or nobody is known to.
  using HandOn = std::function<std::optional<Response>(const Request&)>;

  // All must outlive it. `web`: the files of the pages.
  RestApi(Control& control, Auth& auth, std::span<const WebFile> web = PackedWebFiles());
  ~RestApi();

  // Answers one request; every error is an answer, too. Blocks. Thread-safe. `hand_on` is asked
  // first for what only the leader can answer; without it, it is answered here or not at all.
  Response Handle(const Request& request, const HandOn& hand_on = nullptr) const;
  // Doesn't block.
  Lane LaneOf(const Request& request) const;
  void Report(MetricSink& sink) const;

 private:
  struct Route;

  Lane LaneOf(const Router::Match& match) const;
  Response Answer(const Request& request, const Router::Match& match, const HandOn& hand_on) const;
  // Of what is no operation's: a page or a file, or an error.
  Response AnswerOther(const Request& request, const Router::Match& match) const;
  Response Run(const Route& route, const Request& request, const Router::Match& match,
               const HandOn& hand_on) const;

  Control& control_;
  Auth& auth_;
  const WebPages web_;
  const std::shared_ptr<TurnTexts> texts_ = std::make_shared<TurnTexts>();
  Router router_;
  std::vector<std::unique_ptr<const Route>> routes_;  // by the router's index
};

}  // namespace gale::http
