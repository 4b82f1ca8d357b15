#include "master/forward.h"

namespace gale {

v1::RestRequest ToProto(const http::Request& request) {
  v1::RestRequest out;
  out.set_method(request.method);
  out.set_target(request.target);
  for (const auto& [name, value] : request.headers) (*out.mutable_headers())[name] = value;
  out.set_body(request.body);
  out.set_peer(request.peer);
  return out;
}

http::Request FromProto(const v1::RestRequest& request) {
  http::Request out;
  out.SetTarget(request.target());  // one that is malformed finds no route
  out.method = request.method();
  for (const auto& [name, value] : request.headers()) out.headers[name] = value;
  out.body = request.body();
  out.peer = request.peer();
  return out;
}

v1::RestAnswer ToProto(const http::Response& response) {
  v1::RestAnswer out;
  out.set_status(static_cast<uint32_t>(response.status));
  out.set_content_type(response.content_type);
  for (const auto& [name, value] : response.headers) (*out.mutable_headers())[name] = value;
  out.set_body(response.body);
  return out;
}

http::Response FromProto(const v1::RestAnswer& answer) {
  http::Response out;
  out.status = static_cast<int>(answer.status());
  out.content_type = answer.content_type();
  for (const auto& [name, value] : answer.headers()) out.headers.emplace_back(name, value);
  out.body = answer.body();
  return out;
}

}  // namespace gale
