// The operations of the document that are no verb's: who logs in, pages for people and machines, logs as
// text. By the name that openapi.json gives them (x-gale-handler).
#pragma once

#include <google/protobuf/message.h>

#include "master/api/auth.h"
#include "master/api/control.h"
#include "master/api/http/turn_texts.h"
#include "master/api/http/http.h"
#include "master/api/http/web_pages.h"

namespace gale::http {

struct Call {
  const Request& request;
  const google::protobuf::Message* message;  // what was read; nullptr if it has no x-gale-request
  Control& control;
  Auth& auth;
  const Identity& who;  // asks; nobody, if the operation is open
  const WebPages& web;
  const std::shared_ptr<TurnTexts>& texts;
};
using Handler = Response (*)(const Call&);

struct NamedHandler {
  std::string_view name;
  Handler handler;
  const google::protobuf::Message* request = nullptr;  // an empty one of its kind
};
// Crashes if there is none.
const NamedHandler& FindHandler(std::string_view name);

Response GetLog(const Call& call);
Response GetLogRange(const Call& call);
Response GetEvents(const Call& call);
Response BeginSession(const Call& call);
Response GetSession(const Call& call);
Response EndSession(const Call& call);
// Into the answer to who has just changed his password: his own browser's session goes on.
void RenewSession(const Call& call, std::string_view password_hash, Response& response);
Response ChangePassword(const Call& call);
Response GetDagSource(const Call& call);

}  // namespace gale::http
