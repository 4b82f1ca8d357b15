// Who asks: by a bearer token, or by the cookie that a browser holds.
//
// The cookie is a token of Auth that scripts can't read and other sites' requests don't bring
// (HttpOnly, SameSite=Strict). Whatever changes something needs the header X-CSRF-Token with it,
// which is bound to that token. A bearer token needs none: no browser sends it by itself.
#pragma once

#include "master/api/auth.h"
#include "master/api/http/http.h"

namespace gale::http {

inline constexpr std::string_view kSessionCookie = "gale_session";

// UNAUTHENTICATED: nobody, or not any more; PERMISSION_DENIED: no token of ours, or the header
// X-CSRF-Token is missing. An Authorization header counts more than the cookie.
Result<Identity> WhoAsks(const Request& request, Auth& auth);

// The value of the request's cookie of that name; "": there is none.
std::string_view CookieOf(const Request& request, std::string_view name);

}  // namespace gale::http
