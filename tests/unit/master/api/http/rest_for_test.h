// REST without its server: requests in, answers out, each held to the document.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "master/api/http/rest_api.h"
#include "master/api/json.h"
#include "tests/unit/master/api/http/documented.h"
#include "tests/unit/master/api/server_for_test.h"

namespace gale::http {

class RestForTest : public testing::Test {
 protected:
  RestForTest() : api_(*server_.control, *server_.auth, {}) {
    EXPECT_TRUE(server_.auth->SetUser("admin", "secret", Role::kAdmin).ok());
    token_ = server_.auth->IssueToken({"admin", Role::kAdmin});
  }
  Response Ask(const std::string& method, const std::string& target, const std::string& body = "",
               std::map<std::string, std::string> headers = {}) {
    Request request;
    request.method = method;
    EXPECT_TRUE(request.SetTarget(target));
    request.body = body;
    request.headers = std::move(headers);
    if (!token_.empty()) request.headers["authorization"] = "Bearer " + token_;
    Response response = api_.Handle(request);
    Documented::Check(request, response);
    return response;
  }
  Json Get(const std::string& target, int status = 200) {
    Response response = Ask("GET", target);
    EXPECT_EQ(response.status, status) << response.body;
    return Json::parse(response.body);
  }

  ServerForTest server_;
  RestApi api_;
  std::string token_;
};

}  // namespace gale::http
