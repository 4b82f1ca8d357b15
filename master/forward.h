// REST requests and answers, on their way between masters.
#pragma once

#include "gale/v1/control.pb.h"
#include "master/api/http/http.h"

namespace gale {

v1::RestRequest ToProto(const http::Request& request);
http::Request FromProto(const v1::RestRequest& request);
v1::RestAnswer ToProto(const http::Response& response);
http::Response FromProto(const v1::RestAnswer& answer);

}  // namespace gale
