#include "master/api/http/rest_api.h"

#include <algorithm>

#include "common/base/log.h"
#include "master/api/caller.h"
#include "master/api/http/answers.h"
#include "master/api/http/encoding.h"
#include "master/api/http/handlers.h"
#include "master/api/http/json_writer.h"
#include "master/api/http/request_reader.h"
#include "master/api/http/rest_tables.h"
#include "master/api/http/session.h"
#include "master/api/verbs.h"

namespace gale::http {
// An operation, with all that its words name looked up.
struct RestApi::Route {
  explicit Route(const Operation& row) : operation(row) {
    const google::protobuf::Message* kind = nullptr;
    if (!row.verb.empty()) {
      verb = &FindVerb(row.verb);
      kind = &verb->request;
      needs = verb->needs;
      if (row.answer != nullptr) {
        GALE_CHECK(row.answer->message == verb->answer.GetDescriptor()->name(),
                   "openapi.json: {}: {} answers with {}, and the schema {} is of {}", row.id,
                   row.verb, verb->answer.GetDescriptor()->name(), row.answer->name,
                   row.answer->message);
        writer.emplace(*row.answer, verb->answer.GetDescriptor());
      }
    } else {
      handler = &FindHandler(row.handler);
      kind = handler->request;
    }
    if (kind != nullptr) {
      request = kind;
      reader.emplace(row, kind->GetDescriptor());
    }
    for (size_t i = 0, arg = 0; i < row.inputs.size(); ++i) {
      if (row.inputs[i].place != Place::kPath) continue;
      if (row.inputs[i].name == "dag_id") dag_arg = arg;
      ++arg;
    }
  }

  const Operation& operation;
  const Verb* verb = nullptr;  // or:
  const NamedHandler* handler = nullptr;
  v1::Needs needs;
  const google::protobuf::Message* request = nullptr;
  std::optional<RequestReader> reader;
  std::optional<JsonWriter> writer;
  std::optional<size_t> dag_arg;  // which of the path's values is the DAG's id
};

RestApi::~RestApi() = default;

RestApi::RestApi(Control& control, Auth& auth, std::span<const WebFile> web)
    : control_(control), auth_(auth), web_(web) {
  for (const Operation& operation : kOperations) {
    router_.Add(std::string(operation.method), std::string(operation.path));
    routes_.push_back(std::make_unique<const Route>(operation));
  }
}

Lane RestApi::LaneOf(const Request& request) const { return LaneOf(router_.Find(request)); }

Lane RestApi::LaneOf(const Router::Match& match) const {
  // What is no operation's waits for nothing: a page, a file, an error.
  return match.index == Router::Match::kNone ? Lane::kAtOnce : routes_[match.index]->operation.lane;
}

void RestApi::Report(MetricSink& sink) const { router_.Report(sink); }

Response RestApi::Handle(const Request& request, const HandOn& hand_on) const {
  const Router::Match match = router_.Find(request);
  const MonoTime began = Clock::Real().Mono();
  Response response = Answer(request, match, hand_on);
  // Not on the I/O thread, which packs nothing while others wait.
  if (LaneOf(match) != Lane::kAtOnce) PackAnswer(request, response);
  if (match.metrics != nullptr) {
    const auto hundreds = static_cast<size_t>(response.status / 100);
    match.metrics->answers[std::min(hundreds, match.metrics->answers.size() - 1)].Add();
    match.metrics->took.Observe(Clock::Real().Mono() - began);
  }
  return response;
}

Response RestApi::AnswerOther(const Request& request, const Router::Match& match) const {
  if (match.allowed.empty()) {
    std::optional<Response> page;
    if (request.method == "GET") page = web_.Answer(request);
    return page ? *std::move(page) : Failure(404, fmt::format("there is no path {}", request.path));
  }
  Response response =
      Failure(405, fmt::format("{} of {} is not allowed", request.method, request.path));
  std::vector<std::string> allowed = match.allowed;
  std::ranges::sort(allowed);
  response.headers.emplace_back("Allow", fmt::format("{}", fmt::join(allowed, ", ")));
  return response;
}

Response RestApi::Answer(const Request& request, const Router::Match& match,
                         const HandOn& hand_on) const {
  if (match.index == Router::Match::kNone) return AnswerOther(request, match);
  try {
    return Run(*routes_[match.index], request, match, hand_on);
  } catch (const std::exception& error) {  // of the JSON library, or no memory: this request only
    GALE_ERROR("{} {}: {}", request.method, request.path, error.what());
    return Failure(500, "internal error; the master's log tells more");
  }
}

// Who asks and may he, what does he ask, who can answer it: in this order.
Response RestApi::Run(const Route& route, const Request& request, const Router::Match& match,
                      const HandOn& hand_on) const {
  Identity who;
  Caller caller;
  if (!route.operation.open) {
    auto known = WhoAsks(request, auth_);
    if (!known.ok()) return Failure(known.status());
    who = *std::move(known);
    caller = CallerOf(who, who.name, "rest_api");
    const Status may =
        CheckMay(caller, route.needs.right(), route.dag_arg ? match.args[*route.dag_arg] : "");
    if (!may.ok()) return Failure(may);
  }
  std::unique_ptr<google::protobuf::Message> message;
  if (route.reader) {
    message.reset(route.request->New());
    if (auto wrong = route.reader->Read(request, match.args, *message)) return *wrong;
  }
  if (route.handler != nullptr) {
    return route.handler->handler({request, message.get(), control_, auth_, who, web_, texts_});
  }
  if (route.needs.leader() && hand_on) {
    if (auto handed = hand_on(request)) return *std::move(handed);
  }
  const std::unique_ptr<google::protobuf::Message> answer(route.verb->answer.New());
  const Status status = route.verb->call(control_, *message, caller.actor, *answer);
  if (!status.ok()) return Failure(status);
  return {route.operation.status,
          "application/json",
          route.writer ? route.writer->Write(*answer) : "",
          {}};
}

}  // namespace gale::http
