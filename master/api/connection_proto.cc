#include "master/api/connection_proto.h"

namespace gale {

Connection ConnectionFromProto(const v1::Connection& in) {
  Connection out;
  out.conn_id = in.conn_id();
  out.conn_type = in.conn_type();
  out.description = in.description();
  out.host = in.host();
  out.schema = in.schema();
  out.login = in.login();
  if (in.has_port()) out.port = in.port();
  out.password = in.password();
  out.extra = in.extra();
  return out;
}

}  // namespace gale
