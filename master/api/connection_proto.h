// A connection from its message, for the verbs and for the CLI. Pure; checks nothing.
#pragma once

#include "gale/v1/secrets.pb.h"
#include "master/secrets/connection.h"

namespace gale {

Connection ConnectionFromProto(const v1::Connection& in);

}  // namespace gale
